import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { correlate, isRoot, type Member } from '../../../functions/notify/correlate.ts'
import { incidentCause } from '../../../functions/pipeline/incident-cause.ts'

const shardsOf = (count: number) => new Map([['toast', { count, noun: { one: 'location', many: 'locations' } }]])
const SHARDS = shardsOf(40)
let number = 0

function incident(changes: Partial<Member>): Member {
  number++
  return {
    ...incidentCause.missing('toast', `${number}`),
    id: `i${number}`,
    state: 'open',
    severity: 'warning',
    reason: { code: 'INCOMPLETE', message: `location ${number}, 2026-11-29: missing orders` },
    runId: null,
    openedAt: 0,
    updatedAt: 0,
    resolvedAt: null,
    snoozedUntil: null,
    occurrences: 1,
    subjects: { count: 1, first: ['2026-11-29'] },
    parentId: null,
    ...changes,
  }
}

const missing = (shard: string, dates = ['2026-11-29']) =>
  incident({ ...incidentCause.missing('toast', shard), subjects: { count: dates.length, first: dates } })
const unreachable = (shard: string) =>
  incident({
    ...incidentCause.message({ kind: 'ingest', pipeline: 'toast', shard, windows: ['2026-11-29'] }),
    severity: 'error',
    reason: { code: 'SOURCE_UNREACHABLE', message: 'the server does not answer' },
  })
const many = <Entry>(count: number, make: (shard: string) => Entry) =>
  Array.from({ length: count }, (_, at) => make(String(100 + at)))

describe('incidents of one cause become one root', () => {
  it('when the source fails for 1,000 locations', () => {
    const storm = [
      ...many(1000, unreachable),
      incident({
        ...incidentCause.source('toast'),
        reason: { code: 'SOURCE_UNREACHABLE', message: 'the server does not answer' },
      }),
    ]
    const { opened, joined, resolved } = correlate(storm, shardsOf(1000))
    expect(opened.map(({ cause, severity, members }) => [cause.key, severity, members.length])).toEqual([
      ['source/toast/SOURCE_UNREACHABLE', 'error', 1001],
    ])
    expect([joined, resolved]).toEqual([[], []])
    expect(opened[0]?.reason).toEqual({
      code: 'SOURCE_UNREACHABLE',
      message: '1,000 locations of toast: the server does not answer',
    })
  })

  it('when the source fails at two locations, and not when it fails at one', () => {
    expect(correlate(many(2, unreachable), SHARDS).opened).toHaveLength(1)
    expect(correlate(many(1, unreachable), SHARDS).opened).toHaveLength(0)
  })

  it.each([
    [40, 2, 0],
    [40, 3, 1],
    [100, 4, 0],
    [100, 5, 1],
  ])('of %i locations, %i lack files of one date: %i roots', (shards, count, roots) => {
    const { opened } = correlate(
      many(count, (shard) => missing(shard)),
      shardsOf(shards),
    )
    expect(opened.map(({ cause }) => cause.key)).toEqual(roots === 0 ? [] : ['late/toast/2026-11-29'])
  })

  it('not when the dates differ, and the largest date takes an incident of several', () => {
    const dates = ['2026-11-27', '2026-11-28', '2026-11-29'] as const
    expect(
      correlate(
        dates.map((date, at) => missing(String(at), [date])),
        SHARDS,
      ).opened,
    ).toEqual([])
    const { opened } = correlate(
      [
        missing('1', ['2026-11-27', '2026-11-28']),
        missing('2', ['2026-11-27', '2026-11-28']),
        missing('3', ['2026-11-28']),
        missing('4', ['2026-11-27']),
        missing('5', ['2026-11-27']),
      ],
      SHARDS,
    )
    expect(opened.map(({ cause, members }) => [cause.key, members.length])).toEqual([['late/toast/2026-11-27', 4]])
  })

  it('when a check fails on one date, check by check', () => {
    const failed = (check: string) => (shard: string) =>
      incident({ ...incidentCause.check('toast', shard, check), reason: { code: 'DAY_DISPUTED', message: check } })
    const { opened } = correlate([...many(3, failed('paid_in_full')), ...many(2, failed('tax_below_amount'))], SHARDS)
    expect(opened.map(({ cause }) => cause.key)).toEqual(['spread/toast/2026-11-29/DAY_DISPUTED.paid_in_full'])
  })

  it('when the same columns are new, and another column is another root', () => {
    const drifted = (column: string) => (shard: string) =>
      incident({
        ...incidentCause.drift('toast', shard, 'orders'),
        reason: {
          code: 'DRIFT_NEW_COLUMN',
          message: `orders.csv of location ${shard} has columns the contract does not know: "${column}"`,
        },
        subjects: { count: 0, first: [] },
      })
    const { opened } = correlate([...many(2, drifted('Tip Pool')), ...many(3, drifted('Fee'))], SHARDS)
    expect(opened.map(({ cause, members }) => [cause.key, members.length])).toEqual([
      ['columns/toast/orders/Fee', 3],
      ['columns/toast/orders/Tip_Pool', 2],
    ])
  })

  it('and what belongs to no shard stays alone', () => {
    const alone = [
      incident({
        ...incidentCause.load('toast', 'orders', '2026-11-29'),
        reason: { code: 'LOAD_REJECTED', message: 'it' },
      }),
      incident({
        ...incidentCause.load('toast', 'payments', '2026-11-29'),
        reason: { code: 'LOAD_REJECTED', message: 'it' },
      }),
      incident({ ...incidentCause.unknownMessage('/ingest'), reason: { code: 'MESSAGE_INVALID', message: 'it' } }),
    ]
    expect(correlate(alone, SHARDS)).toEqual({ opened: [], joined: [], resolved: [] })
  })
})

describe('a root', () => {
  const root = incident({ ...incidentCause.late('toast', '2026-11-29') })
  const member = { ...missing('1'), parentId: root.id }

  it('takes further incidents of its cause, however few', () => {
    const late = missing('2')
    const { opened, joined, resolved } = correlate([root, member, late], SHARDS)
    expect([opened, resolved]).toEqual([[], []])
    expect(joined.map(({ cause, members }) => [cause.key, members])).toEqual([['late/toast/2026-11-29', [late.id]]])
  })

  it('stays as long as it has a member, and is resolved with the last', () => {
    expect(correlate([root, member], SHARDS).resolved).toEqual([])
    expect(correlate([root], SHARDS).resolved).toEqual([root.key])
    expect(correlate([root, missing('3')], SHARDS)).toMatchObject({
      joined: [{ members: [expect.any(String)] }],
      resolved: [],
    })
  })

  it('is never a member of another', () => {
    const roots = ['27', '28', '29'].map((day) => incident({ ...incidentCause.late('toast', `2026-11-${day}`) }))
    expect(roots.every(isRoot)).toBe(true)
    expect(correlate(roots, SHARDS).opened).toEqual([])
  })
})

it('of any open incidents, each has one root at most, and a second look finds nothing new', () => {
  const kinds = fc.constantFrom(
    (shard: string, date: string) => missing(shard, [date]),
    (shard: string) => unreachable(shard),
    (shard: string, date: string) =>
      incident({
        ...incidentCause.check('toast', shard, 'c'),
        reason: { code: 'CHECK_FAILED', message: 'c' },
        subjects: { count: 1, first: [date] },
      }),
  )
  const open = fc.array(
    fc.tuple(kinds, fc.constantFrom('1', '2', '3', '4', '5'), fc.constantFrom('2026-11-28', '2026-11-29')),
    { maxLength: 30 },
  )
  fc.assert(
    fc.property(open, (drawn) => {
      const all = drawn.map(([make, shard, date]) => make(shard, date))
      const { opened } = correlate(all, SHARDS)
      const members = opened.flatMap((root) => root.members)
      expect(new Set(members).size).toBe(members.length)
      const roots = opened.map(({ cause }) => incident({ ...cause }))
      const parents = new Map(
        opened.flatMap((root, at) => root.members.map((id) => [id, roots[at]?.id ?? null] as const)),
      )
      const settled = [...roots, ...all.map((each) => ({ ...each, parentId: parents.get(each.id) ?? null }))]
      expect(correlate(settled, SHARDS)).toEqual({ opened: [], joined: [], resolved: [] })
    }),
  )
})
