import { describe, expect, it } from 'vitest'
import type { RunFact, SliceFact } from '../../../functions/notify/facts.ts'
import { watch } from '../../../functions/notify/watch.ts'
import { countInWords, lengthInWords, namesInWords, shareInWords } from '../../../functions/notify/words.ts'

const HOUR = 3_600_000
const NOW = 100 * HOUR
const slice = (changes: Partial<SliceFact> = {}): SliceFact => ({
  ...{ pipeline: 'toast', shard: '7', stream: 'orders', window: '2026-11-29' },
  ...{ dueAt: NOW - 4 * HOUR, lateAt: NOW - HOUR, goneAt: NOW + 100 * HOUR },
  ...{ lookedAt: NOW - 3 * HOUR, landedAt: null, loadedAt: null, heldAt: null, isWaived: false, rows: null },
  ...changes,
})
const run = (changes: Partial<RunFact>): RunFact => ({
  ...{ id: 'r1', pipeline: 'toast', state: 'running', createdAt: NOW - 9 * HOUR, finishedAt: null, leaseUntil: NOW },
  ...changes,
})
const found = (slices: readonly SliceFact[], runs: readonly RunFact[] = []) =>
  watch({ slices, runs, noun: { one: 'store', many: 'stores' } }, NOW).map(({ name, reason }) => {
    expect(reason.code).toBe('WATCH_OVERDUE')
    return [name, reason.message]
  })

describe('the watch', () => {
  it('finds files that no run has looked for since they were due', () => {
    const never = slice({ lookedAt: null })
    const before = slice({ stream: 'payments', shard: '19', lookedAt: NOW - 5 * HOUR })
    expect(found([never, before])).toEqual([
      ['unlooked', '2 files of 2 stores are due, the first for 4 h, and no run has looked for them'],
    ])
  })

  it.each([
    ['looked for', slice()],
    ['not late yet', slice({ lookedAt: null, lateAt: NOW + 1 })],
    ['deleted at the source', slice({ lookedAt: null, goneAt: NOW })],
    ['waived', slice({ lookedAt: null, isWaived: true })],
    ['loaded', slice({ lookedAt: null, landedAt: 1, loadedAt: 2 })],
  ])('finds nothing in a file that is %s', (_, one) => expect(found([one])).toEqual([]))

  it('finds a run that did not end and whose lease no worker renews', () => {
    expect(
      found([], [run({ leaseUntil: NOW - HOUR }), run({ id: 'r0', leaseUntil: NOW - HOUR, createdAt: 0 })]),
    ).toEqual([['stuck', '2 runs did not end, and no worker renews the lease; the oldest is r0, begun 4 d 4 h ago']])
    expect(found([], [run({ leaseUntil: NOW - HOUR / 4 }), run({ leaseUntil: 0, finishedAt: 1 })])).toEqual([])
  })

  it('finds files that are archived and in no table', () => {
    expect(found([slice({ landedAt: NOW - 3 * HOUR })])).toEqual([
      ['unloaded', '1 file of 1 store are archived, the first for 3 h, and in no table'],
    ])
    expect(found([slice({ landedAt: NOW - HOUR }), slice({ landedAt: 1, heldAt: 2 })])).toEqual([])
  })
})

it.each([
  [6 * 24 * HOUR + 21 * HOUR + 59, '6 d 21 h'],
  [72 * 60_000, '1 h 12 min'],
  [HOUR, '1 h'],
  [45_300, '45 s'],
  [999, '0 s'],
])('%i ms are %s', (length, words) => expect(lengthInWords(length)).toBe(words))

it('names, counts and shares read as a person writes them', () => {
  expect(namesInWords(['a'], 3)).toBe('a')
  expect(namesInWords(['a', 'b'], 3)).toBe('a and b')
  expect(namesInWords(['a', 'b', 'c', 'd', 'e'], 3)).toBe('a, b, c and 2 more')
  expect([countInWords(1, 'run'), countInWords(1_200, 'run'), countInWords(2, 'city', 'cities')]).toEqual([
    '1 run',
    '1,200 runs',
    '2 cities',
  ])
  expect([shareInWords(2, 40), shareInWords(1, 300), shareInWords(0, 0), shareInWords(399, 400)]).toEqual([
    '5 %',
    '0.3 %',
    '0 %',
    '100 %',
  ])
})
