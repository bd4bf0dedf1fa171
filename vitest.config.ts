import { defineConfig } from 'vitest/config'

// A machine that counts the results asks for a report beside the one for people.
const report = process.env['DAYBREAK_TEST_REPORT']

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    setupFiles: ['tests/support/seed.ts'],
    // A guard against what never ends, not a measure: a shared machine may take ten times as long.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    pool: 'forks',
    // Many tests wait for processes and servers of their own; vitest would leave a processor of two idle.
    maxWorkers: 2,
    // DuckDB holds a thread of libuv's pool per running statement; four would leave none for files.
    env: { UV_THREADPOOL_SIZE: '8' },
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
  },
})
