import { describe, expect, it } from 'vitest'
import { exitCodeOf } from '../../../cli/exit-code.ts'
import { ERRORS, type ErrorCode } from '../../../functions/errors.ts'
import { wordsOf } from '../../../functions/pipeline/slice-words.ts'
import { WORDS } from '../../../functions/pipeline/words.ts'
import { conclude } from '../../../functions/pipeline/work/record.ts'
import { aDefinition } from '../../support/definition.ts'

const OF_KIND = { machinery: 1, usage: 2, data: 3, drift: 4, incomplete: 5 } as const
const codes = Object.keys(ERRORS).filter((code): code is ErrorCode => Object.hasOwn(ERRORS, code))
const states = WORDS.backfills.state

describe('the exit code of an outcome', () => {
  it.each(states)('of a run or backfill that is %s', (state) => {
    const expected = (code: ErrorCode): number => {
      const kind = OF_KIND[ERRORS[code].kind]
      if (state === 'succeeded' || state === 'skipped') return 0
      if (state === 'failed' || state === 'cancelled' || state === 'timed_out') return kind
      return kind === 3 || kind === 4 ? kind : 5
    }
    for (const code of codes) expect(exitCodeOf({ state, reason: { code } }), `${state} ${code}`).toBe(expected(code))
    const bare = exitCodeOf({ state, reason: null })
    expect(bare === 0).toBe(state === 'succeeded' || state === 'skipped')
  })

  it('of a failed backfill without configuration is 2, and of one that nothing explains 1', () => {
    expect(exitCodeOf({ state: 'failed', reason: { code: 'CONFIG_MISSING' } })).toBe(2)
    expect(exitCodeOf({ state: 'failed', reason: null })).toBe(1)
  })
})

describe('a run concludes with its gravest reason', () => {
  const slice = (outcome: 'failed' | 'held' | 'quarantined' | 'missing' | 'staged', code: ErrorCode | null) => ({
    ...{ pipeline: 'toast', stream: 's', shard: '1', window: '2025-02-05', runId: 'r', counts: null, milliseconds: 1 },
    outcome,
    reason: code === null ? null : { code, message: code },
  })
  const dispute = {
    ...{ pipeline: 'toast', stream: '*', shard: '1', window: '2025-02-05', check: 'sums', rule: null, tested: 1 },
    ...({ state: 'fail', effect: 'dispute', failed: 1, message: 'a 1.00, b 2.00' } as const),
  }
  const of = (runSlices: readonly ReturnType<typeof slice>[], disputes = [dispute].slice(1)) =>
    conclude({ runSlices, dead: [], disputes, words: wordsOf(aDefinition()) })

  it.each([
    [['missing', 'INCOMPLETE'], 5],
    [['quarantined', 'DRIFT_NEW_COLUMN'], 4],
    [['held', 'FILE_HELD'], 3],
    [['failed', 'STORAGE_FAILED'], 1],
  ] as const)('%j next to a missing file gives %i', ([outcome, code], expected) => {
    expect(exitCodeOf(of([slice('missing', 'INCOMPLETE'), slice(outcome, code)]))).toBe(expected)
  })

  it('a dispute counts before drift and what is missing, and names both sides', () => {
    const runSlices = [slice('quarantined', 'DRIFT_NEW_COLUMN'), slice('missing', 'INCOMPLETE')]
    const concluded = of(runSlices, [dispute])
    expect(concluded).toMatchObject({ state: 'partial', reason: { code: 'DAY_DISPUTED' } })
    expect(concluded.reason?.message).toContain('sums: a 1.00, b 2.00')
    expect(exitCodeOf(concluded)).toBe(3)
    expect(of([slice('staged', null)], [dispute])).toMatchObject({ state: 'partial' })
    expect(of([slice('staged', null)])).toEqual({ state: 'succeeded', reason: null })
  })
})
