import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { correlate, isRoot } from '../../../functions/notify/correlate.ts'
import type { Member } from '../../../functions/notify/effects.ts'
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

describe('checks that fail for a faulty file of the same day', () => {
  const on = (dates: readonly string[]) => ({ subjects: { count: dates.length, first: dates } })
  const rejects = (shard: string, date: string, stream = 'orders', openedAt = 0) =>
    incident({
      ...{ ...incidentCause.rejects('toast', shard, stream), ...on([date]), openedAt },
      reason: { code: 'ROWS_REJECTED', message: `5 of 107 rows of ${stream}` },
    })
  const check = (shard: string, date: string, name: string, openedAt = 0) =>
    incident({
      ...{ ...incidentCause.check('toast', shard, name), ...on([date]), openedAt },
      reason: { code: 'DAY_DISPUTED', message: `check ${name}` },
    })
  const model = (name: string, date: string, changes: Partial<Member> = {}) =>
    incident({
      ...{ ...incidentCause.model(name, 'adds_up'), ...on([date]) },
      ...{ reason: { code: 'CHECK_FAILED', message: `${name} found 1 row` }, ...changes },
    })
  const grouping = (incidents: readonly Member[], sources?: ReadonlyMap<string, ReadonlySet<string>>) =>
    correlate(incidents, SHARDS, sources).opened.map(({ cause, members }) => [cause.key, members.length])

  it('are one root with it, which has its message and the gravest severity', () => {
    const file = rejects('1', '2026-11-29')
    const all = [check('1', '2026-11-29', 'paid'), model('sales', '2026-11-29', { severity: 'error' }), file]
    const { opened } = correlate([...all, check('1', '2026-11-28', 'paid')], SHARDS)
    expect(opened).toEqual([
      {
        cause: incidentCause.day('toast', '1', '2026-11-29'),
        severity: 'error',
        reason: {
          code: 'ROWS_REJECTED',
          message: '5 of 107 rows of orders; with 1 check of files, 1 check of models of the same day',
        },
        members: [file.id, ...all.slice(0, 2).map(({ id }) => id)],
      },
    ])
  })

  it('are one root among themselves, where no file has a fault; one alone stays alone', () => {
    expect(grouping([check('1', '2026-11-29', 'paid'), check('1', '2026-11-29', 'tax')])).toEqual([
      ['day/toast/1/2026-11-29', 2],
    ])
    expect(grouping([check('1', '2026-11-29', 'paid'), check('2', '2026-11-29', 'tax')])).toEqual([])
    expect(grouping([rejects('1', '2026-11-29'), rejects('1', '2026-11-29', 'payments')])).toEqual([])
  })

  it('join the root of a fault of many shards', () => {
    const storm = [...many(3, (shard) => rejects(shard, '2026-11-29')), check('100', '2026-11-29', 'paid')]
    expect(grouping([...storm, model('sales', '2026-11-29')])).toEqual([['spread/toast/2026-11-29/ROWS_REJECTED', 5]])
  })

  it('of a model belong to a stream that it is made of, and to the newest fault before', () => {
    const sources = new Map([['cash', new Set(['toast.payments'])]])
    const orders = rejects('1', '2026-11-29')
    const payments = rejects('2', '2026-11-29', 'payments', 5)
    const later = rejects('1', '2026-11-29', 'payments', 9)
    const cash = model('cash', '2026-11-29', { openedAt: 6 })
    expect(grouping([payments, later, cash], sources)).toEqual([['day/toast/2/2026-11-29', 2]])
    expect(grouping([orders, cash], sources)).toEqual([])
  })

  it('keep the message of the fault when more of them join', () => {
    const root = incident({ ...incidentCause.day('toast', '1', '2026-11-29') })
    const file = { ...rejects('1', '2026-11-29'), parentId: root.id }
    const paid = { ...check('1', '2026-11-29', 'paid'), parentId: root.id }
    const tax = check('1', '2026-11-29', 'tax')
    const late = rejects('1', '2026-11-29', 'payments')
    const { joined, resolved } = correlate([root, file, paid, tax, late], SHARDS)
    expect(resolved).toEqual([])
    expect(joined.map(({ members, reason }) => [members, reason.message])).toEqual([
      [[tax.id, late.id], '5 of 107 rows of orders; with 1 other fault, 2 checks of files of the same day'],
    ])
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
    (_: string, date: string) =>
      incident({
        ...incidentCause.model('daily_sales', 'adds_up'),
        reason: { code: 'CHECK_FAILED', message: 'm' },
        subjects: { count: 1, first: [date] },
      }),
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
