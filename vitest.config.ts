import { join } from 'node:path'
import { defineConfig, type TestUserConfig } from 'vitest/config'
import { deepFiles, LongestFirst, pureFiles } from './tests/support/order.ts'
import { scratchFolder } from './tests/support/scratch.ts'
import { SlowestFiles } from './tests/support/slowest-files.ts'

// A machine that counts the results asks for one more report than people read.
const report = process.env['DAYBREAK_TEST_REPORT']
type Reporters = Extract<TestUserConfig['reporters'], readonly unknown[]>
// Long draws, every kill and every call: `npm run soak`.
const soak = process.env['DAYBREAK_SOAK'] === '1'

const forPeople: Reporters = [['default', { summary: false }], new SlowestFiles()]

const BROWSER = 'tests/browser/**/*.test.ts'
const CONFORMANCE = 'tests/conformance/**/*.test.ts'

const pure = pureFiles()
const deep = deepFiles()

const everywhere = {
  setupFiles: ['tests/support/seed.ts'],
  // A guard against a test that never ends, not a measure: a busy machine may take ten times as long.
  testTimeout: soak ? 3_600_000 : 600_000,
  hookTimeout: 600_000,
  // DuckDB holds a thread of libuv's pool per running statement; four would leave none for files.
  // Processes that the tests start read their compiled modules from the cache.
  env: {
    UV_THREADPOOL_SIZE: '8',
    NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/compiled'),
    TMPDIR: scratchFolder(),
  },
}

export default defineConfig({
  test: {
    pool: 'forks',
    // Many tests wait for processes and servers of their own; vitest would leave a processor of two idle.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    reporters: report ? [...forPeople, ['json', { outputFile: report }]] : forPeople,
    coverage: {
      provider: 'v8',
      reportOnFailure: true,
      include: ['functions/**/*.ts', 'cli/**/*.ts', 'mock/**/*.ts'],
      reporter: ['text-summary', 'json-summary'],
      thresholds: { lines: 80 },
    },
    projects: [
      // Tests without servers, processes or state of a module: their workers load each module once.
      { test: { ...everywhere, name: 'pure', include: pure, isolate: false } },
      // Servers and processes of their own, and no state in a module: a worker loads each module once here as well.
      {
        test: {
          ...everywhere,
          name: 'whole',
          include: ['tests/**/*.test.ts'],
          exclude: [...pure, ...deep, BROWSER, CONFORMANCE],
          isolate: false,
        },
      },
      { test: { ...everywhere, name: 'deep', include: deep } },
      // The dashboard in a real Chromium: `npm run test:browser`.
      { test: { ...everywhere, name: 'browser', include: [BROWSER] } },
      // Judges that others wrote, in Python: `npm run conformance`.
      { test: { ...everywhere, name: 'conformance', include: [CONFORMANCE] } },
    ],
  },
})
