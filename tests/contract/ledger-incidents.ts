import { expect, it } from 'vitest'
import type { Change, Ledger } from '../../functions/pipeline/ports.ts'
import { anIncident } from '../support/ledger-rows.ts'

const KEY = 'missing/toast/185129/2025-02-05'

/** Promises of every ledger about incidents: one open problem per key, however often it is reported. */
export function testIncidents(ledgerOf: () => Ledger): void {
  const apply = (...changes: Change[]) => ledgerOf().apply(changes)
  const incidents = () => ledgerOf().incidents({})
  const only = async () => {
    const [incident, ...others] = await incidents()
    expect(others).toEqual([])
    return incident!
  }
  const set = async (state: 'open' | 'acknowledged' | 'snoozed' | 'resolved', at: number, until?: number) =>
    apply({ change: 'incident_state', id: (await only()).id, state, at, ...(until !== undefined && { until }) })

  it('opens one', async () => {
    await apply(anIncident({ at: 10 }))
    expect(await only()).toEqual({
      id: expect.any(String),
      key: KEY,
      kind: 'missing',
      pipeline: 'toast',
      stream: null,
      shard: '185129',
      window: null,
      state: 'open',
      severity: 'warning',
      reason: { code: 'INCOMPLETE', message: 'missing order_details' },
      runId: 'run-1',
      openedAt: 10,
      updatedAt: 10,
      resolvedAt: null,
      snoozedUntil: null,
      occurrences: 1,
      subjects: { count: 0, first: [] },
    })
  })

  it('is one per cause, which ends with its last subject', async () => {
    const days = ['2025-02-03', '2025-02-01', '2025-02-02', '2025-02-06', '2025-02-05', '2025-02-04']
    await apply(
      ...days.map((subject) => anIncident({ subject, at: 10 })),
      anIncident({ subject: '2025-02-01', at: 11 }),
    )
    const first = ['2025-02-01', '2025-02-02', '2025-02-03', '2025-02-04', '2025-02-05']
    expect(await only()).toMatchObject({ occurrences: 7, subjects: { count: 6, first } })
    const solve = (subject: string): Change => ({ change: 'incident_resolved', key: KEY, subject, at: 20 })
    await apply(...first.map(solve), solve('2025-01-01'))
    expect(await only()).toMatchObject({ state: 'open', subjects: { count: 1, first: ['2025-02-06'] } })
    await apply(solve('2025-02-06'))
    expect(await only()).toMatchObject({ state: 'resolved', resolvedAt: 20, subjects: { count: 0 } })
  })

  it('begins without the subjects of one that a person resolved, or that was resolved whole', async () => {
    await apply(anIncident({ subject: 'a', at: 10 }), anIncident({ subject: 'b', at: 10 }))
    await set('resolved', 12)
    await apply(anIncident({ subject: 'c', at: 14 }))
    const open = async () => (await ledgerOf().incidents({ states: ['open'] })).map(({ subjects }) => subjects.first)
    expect(await open()).toEqual([['c']])
    await apply({ change: 'incident_resolved', key: KEY, at: 15 }, anIncident({ subject: 'd', at: 16 }))
    expect(await open()).toEqual([['d']])
  })

  it('stays grave while one of its subjects was', async () => {
    await apply(anIncident({ subject: 'a', severity: 'error' }), anIncident({ subject: 'b', severity: 'warning' }))
    expect(await only()).toMatchObject({ severity: 'error' })
  })

  it('counts further reports of the open one, and keeps the newest words', async () => {
    const reason = { code: 'INCOMPLETE' as const, message: 'one day left' }
    await apply(anIncident({ at: 10 }), anIncident({ at: 11 }))
    await apply(anIncident({ at: 12, severity: 'error', reason, runId: null }))
    expect(await only()).toMatchObject({
      occurrences: 3,
      openedAt: 10,
      updatedAt: 12,
      severity: 'error',
      reason,
      runId: null,
    })
  })

  it('resolves the open one; nothing if there is none', async () => {
    await apply({ change: 'incident_resolved', key: KEY, at: 9 })
    expect(await incidents()).toEqual([])
    await apply(anIncident({ at: 10 }), anIncident({ key: 'other', at: 10 }))
    await apply({ change: 'incident_resolved', key: KEY, at: 20 })
    const [other, resolved] = (await incidents()).toSorted((a, b) => (a.key < b.key ? 1 : -1))
    expect(other).toMatchObject({ key: 'other', state: 'open', resolvedAt: null })
    expect(resolved).toMatchObject({ key: KEY, state: 'resolved', resolvedAt: 20, updatedAt: 20 })
  })

  it('resolves many of one list, each at its own instant and after what stands before it', async () => {
    const keys = Array.from({ length: 230 }, (_, at) => `key/${String(at).padStart(3, '0')}`)
    await apply(...keys.map((key) => anIncident({ key, at: 1 })))
    await apply(
      ...keys.slice(0, 220).map((key, at): Change => ({ change: 'incident_resolved', key, at: at < 210 ? 5 : 6 })),
      anIncident({ key: 'key/221', at: 7 }),
      { change: 'incident_resolved', key: 'key/221', at: 7 },
      { change: 'incident_resolved', key: 'key/222', at: 7 },
      anIncident({ key: 'key/222', at: 7 }),
    )
    const all = (await incidents()).toSorted((a, b) =>
      a.key < b.key ? -1 : a.key > b.key ? 1 : a.openedAt - b.openedAt,
    )
    const ended = all.map(({ key, resolvedAt, occurrences }) => `${key} ${resolvedAt} ${occurrences}`)
    expect(ended.filter((text) => text.endsWith(' 5 1'))).toHaveLength(210)
    expect(ended.slice(209, 211)).toEqual(['key/209 5 1', 'key/210 6 1'])
    expect(ended.slice(219, 225)).toEqual([
      ...['key/219 6 1', 'key/220 null 1', 'key/221 7 2', 'key/222 7 1', 'key/222 null 1', 'key/223 null 1'],
    ])
  })

  it('opens a new one after the last was resolved, and keeps the old one as it is', async () => {
    await apply(anIncident({ at: 10 }), { change: 'incident_resolved', key: KEY, at: 20 }, anIncident({ at: 30 }))
    await apply({ change: 'incident_resolved', key: KEY, at: 40 })
    const all = await incidents()
    expect(all.map(({ openedAt, resolvedAt, occurrences }) => [openedAt, resolvedAt, occurrences])).toEqual([
      [30, 40, 1],
      [10, 20, 1],
    ])
    expect(new Set(all.map(({ id }) => id)).size).toBe(2)
  })

  it('keeps an acknowledged one acknowledged while it is reported again', async () => {
    await apply(anIncident({ at: 10 }))
    await set('acknowledged', 11)
    await apply(anIncident({ at: 12 }))
    expect(await only()).toMatchObject({ state: 'acknowledged', occurrences: 2 })
  })

  it('lets a snoozed one sleep until its time, and opens it at the next report after that', async () => {
    await apply(anIncident({ at: 10 }))
    await set('snoozed', 11, 100)
    await apply(anIncident({ at: 99 }))
    expect(await only()).toMatchObject({ state: 'snoozed', snoozedUntil: 100, occurrences: 2 })
    await apply(anIncident({ at: 100 }))
    expect(await only()).toMatchObject({ state: 'open', occurrences: 3 })
  })

  it('resolves snoozed and acknowledged ones, too', async () => {
    await apply(anIncident({ at: 10 }))
    await set('snoozed', 11, 100)
    await apply({ change: 'incident_resolved', key: KEY, at: 12 })
    expect(await only()).toMatchObject({ state: 'resolved', resolvedAt: 12 })
  })

  it('is resolved by hand, once: it is not opened again, and resolving it again changes nothing', async () => {
    await apply(anIncident({ at: 10 }))
    await set('resolved', 11)
    await set('resolved', 12)
    await expect(set('acknowledged', 13)).rejects.toMatchObject({ code: 'LEDGER_CONFLICT' })
    expect(await only()).toMatchObject({ state: 'resolved', resolvedAt: 11, updatedAt: 11 })
  })

  it('refuses to change one that does not exist', async () => {
    const change = { change: 'incident_state', id: 'unknown', state: 'acknowledged', at: 1 } as const
    await expect(apply(anIncident(), change)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await incidents()).toEqual([])
  })

  it('lists them by when they were opened, not by the clock that opened them', async () => {
    const instants = { first: 5, ahead: 4_102_444_800_000, last: 4 }
    for (const [key, at] of Object.entries(instants)) await apply(anIncident({ key, at }))
    await apply(anIncident({ key: 'first', at: 7 }))
    expect((await incidents()).map(({ key }) => key)).toEqual(['last', 'ahead', 'first'])
  })

  it('lists them by state and by the beginning of the key, taken literally', async () => {
    const keys = ['missing/toast/1', 'missing/toast/10', 'Missing/toast/1', 'missing_toast', 'missing%', 'quarantine/é']
    await apply(...keys.map((key, at) => anIncident({ key, at })))
    await apply({ change: 'incident_resolved', key: 'missing%', at: 50 })
    const list = async (filter: Parameters<Ledger['incidents']>[0]) =>
      (await ledgerOf().incidents(filter)).map(({ key }) => key)
    expect(await list({})).toEqual(keys.toReversed())
    expect(await list({ keyPrefix: 'missing/toast/1' })).toEqual(['missing/toast/10', 'missing/toast/1'])
    expect(await list({ keyPrefix: 'missing_' })).toEqual(['missing_toast'])
    expect(await list({ keyPrefix: 'missing%' })).toEqual(['missing%'])
    expect(await list({ keyPrefix: 'quarantine/é' })).toEqual(['quarantine/é'])
    expect(await list({ keyPrefix: '' })).toHaveLength(6)
    expect(await list({ states: ['resolved'], keyPrefix: 'missing' })).toEqual(['missing%'])
    const open = await list({ states: ['open', 'snoozed'] })
    expect(await list({ states: ['open', 'snoozed'], limit: 2 })).toEqual(open.slice(0, 2))
  })

  it('lists them by what they are about', async () => {
    const nothing = { pipeline: null, stream: null, shard: null, window: null }
    const places = {
      a: { ...nothing, kind: 'missing', pipeline: 'toast', shard: '1' },
      b: { ...nothing, kind: 'rejects', pipeline: 'toast', shard: '1', stream: 'checks' },
      c: { ...nothing, kind: 'load', pipeline: 'other', stream: 'checks', window: '2025-02-05' },
      d: { ...nothing, kind: 'message' },
    }
    for (const [key, place] of Object.entries(places)) await apply(anIncident({ key, ...place }))
    const list = async (filter: Parameters<Ledger['incidents']>[0]) =>
      (await ledgerOf().incidents(filter)).map(({ key }) => key)
    expect((await incidents()).toReversed()).toMatchObject(Object.values(places))
    expect(await list({ kind: 'message' })).toEqual(['d'])
    expect(await list({ pipeline: 'toast' })).toEqual(['b', 'a'])
    expect(await list({ shard: '1', kind: 'missing' })).toEqual(['a'])
    expect(await list({ stream: 'checks' })).toEqual(['c', 'b'])
    expect(await list({ window: '2025-02-05', limit: 1 })).toEqual(['c'])
    expect(await list({ stream: 'checks', pipeline: 'nowhere' })).toEqual([])
  })
}
