import { describe, expect, it } from 'vitest'
import { resolveOptions } from '../../../cli/options.ts'
import { duration, startProgress, summary } from '../../../cli/progress.ts'
import { collectedStream, testContext } from '../../support/cli.ts'

function setup(overrides: Parameters<typeof testContext>[0] = {}) {
  let now = 0
  const stderr = collectedStream()
  const context = testContext({ stderr, clock: { now: () => now, sleep: async () => undefined }, ...overrides })
  return { context, stderr, pass: (milliseconds: number) => (now += milliseconds) }
}

describe('progress', () => {
  it('is a line every five seconds where there is no terminal', () => {
    const { context, stderr, pass } = setup()
    const progress = startProgress({ label: 'toast', unit: 'rows', total: 1_000 }, context, resolveOptions({}, context))
    for (const done of [100, 200, 300, 400, 500]) {
      pass(2_000)
      progress.update(done)
    }
    progress.stop()
    expect(stderr.text()).toBe('toast: 300 of 1,000 rows, 50/s, 14 s left\n')
  })

  it('is a bar on a terminal, and a log line does not tear it', () => {
    const { context, stderr, pass } = setup({ isTTY: { stdin: true, stdout: true, stderr: true } })
    const progress = startProgress(
      { label: 'toast', unit: 'bytes', total: 2_000_000 },
      context,
      resolveOptions({}, context),
    )
    pass(1_000)
    progress.update(1_000_000)
    progress.line('a line of the log')
    progress.stop()
    progress.stop()
    expect(stderr.text()).toContain('\r\u001b[Ka line of the log\n')
  })

  it.each([
    ['with -q', { quiet: true }, {}],
    ['in CI, where a bar would fill the log', {}, { CI: 'true' }],
  ])('draws no bar %s', (_, flags, env) => {
    const { context, stderr, pass } = setup({ env, isTTY: { stdin: true, stdout: true, stderr: true } })
    const progress = startProgress({ label: 'toast', unit: 'rows', total: 10 }, context, resolveOptions(flags, context))
    pass(1_000)
    progress.update(5)
    progress.stop()
    expect(stderr.text()).toBe('')
  })
})

describe('the summary', () => {
  it.each([
    [{ done: 0, total: null, unit: 'rows', milliseconds: 0 }, '0 rows'],
    [{ done: 1_234, total: null, unit: 'slices', milliseconds: 2_000 }, '1,234 slices, 617/s'],
    [{ done: 5e8, total: 1e9, unit: 'bytes', milliseconds: 5_000 }, '500.0 MB of 1.0 GB, 100.0 MB/s, 5 s left'],
    [{ done: 10, total: 10, unit: 'files', milliseconds: 1_000 }, '10 of 10 files, 10/s'],
  ] as const)('of %j is %s', (state, expected) => {
    expect(summary(state)).toBe(expected)
  })

  it.each([
    [900, '1 s'],
    [125_000, '2 min 5 s'],
    [3_780_000, '1 h 3 min'],
  ])('says %i ms as %s', (milliseconds, expected) => {
    expect(duration(milliseconds)).toBe(expected)
  })
})
