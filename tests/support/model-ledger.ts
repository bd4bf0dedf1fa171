import { isDeepStrictEqual } from 'node:util'
import { DaybreakError } from '../../functions/errors.ts'
import { type Incident, type Run, type SliceKey, TERMINAL_RUN_STATES } from '../../functions/pipeline/entities.ts'
import type { Change, Ledger } from '../../functions/pipeline/ports.ts'

type Rows = Map<string, Record<string, unknown>>

/** A ledger in a few maps: slow, and simple enough to be believed. */
export interface ModelLedger {
  /** The error code that the changes meet; null when they apply. */
  apply(changes: readonly Change[]): string | null
  /** Everything in it, in the order ledgers list it. */
  dump(): unknown
  incidents(): readonly Incident[]
}

const keyOf = ({ window: date, shard: location, stream, pipeline }: SliceKey) =>
  [date, location, stream, pipeline].join('/')
const byKey = (rows: Rows) => [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
const TABLES = ['slice', 'delivery', 'partition', 'run', 'run_slice', 'message', 'checks', 'backfill'] as const

export function createModelLedger(): ModelLedger {
  let tables = new Map<string, Rows>(TABLES.map((name) => [name, new Map()]))
  let incidents: Incident[] = []
  let audit: unknown[] = []

  const put = (table: string, key: string, row: object) => tables.get(table)!.set(key, { ...row })
  const set = (table: string, key: string, row: { readonly version: number }) => {
    const stored = tables.get(table)!.get(key)
    if ((stored?.version ?? 0) !== row.version) throw new DaybreakError('LEDGER_CONFLICT', key)
    put(table, key, { ...row, version: Number(row['version']) + 1 })
  }
  const setRun = (run: Run) => {
    const stored = tables.get('run')!.get(run.id) as Run | undefined
    if (!stored || !TERMINAL_RUN_STATES.includes(stored.state)) {
      const isWaiting = [...tables.get('message')!.values()].some(
        (row) => row.runId === run.id && row.state === 'pending',
      )
      if (isWaiting && ['succeeded', 'partial', 'failed', 'skipped'].includes(run.state))
        throw new DaybreakError('LEDGER_CONFLICT', run.id)
      return set('run', run.id, run)
    }
    if (!isDeepStrictEqual({ ...stored }, { ...run, version: stored.version }))
      throw new DaybreakError('LEDGER_CONFLICT', run.id)
  }
  const isOpen = (key: string) => (incident: Incident) => incident.key === key && incident.state !== 'resolved'
  const update = (which: (incident: Incident) => boolean, changes: (incident: Incident) => Partial<Incident>) => {
    incidents = incidents.map((incident) => (which(incident) ? { ...incident, ...changes(incident) } : incident))
  }
  const open = (opened: Extract<Change, { change: 'incident_opened' }>) => {
    const { change: _, subject: __, severity, reason, runId, at, ...cause } = opened
    const { key } = cause
    const words = { severity, reason, runId, updatedAt: at }
    const wakes = (incident: Incident) =>
      incident.state === 'snoozed' && incident.snoozedUntil !== null && incident.snoozedUntil <= at
    if (incidents.some(isOpen(key))) {
      return update(isOpen(key), (incident) => ({
        ...words,
        occurrences: incident.occurrences + 1,
        state: wakes(incident) ? 'open' : incident.state,
      }))
    }
    const times = { openedAt: at, resolvedAt: null, snoozedUntil: null }
    const subjects = { count: 0, first: [] }
    const id = `${incidents.length}`
    incidents = [...incidents, { id, ...cause, state: 'open', ...words, ...times, occurrences: 1, subjects }]
  }
  const setState = ({ id, state, at, until }: Extract<Change, { change: 'incident_state' }>) => {
    const incident = incidents.find((one) => one.id === id)
    if (!incident) throw new DaybreakError('NOT_FOUND', id)
    if (incident.state === 'resolved' && state === 'resolved') return
    if (incident.state === 'resolved') throw new DaybreakError('LEDGER_CONFLICT', id)
    const snoozedUntil = state === 'snoozed' ? (until ?? null) : null
    update(
      (one) => one.id === id,
      ({ resolvedAt }) => ({ state, updatedAt: at, snoozedUntil, resolvedAt: state === 'resolved' ? at : resolvedAt }),
    )
  }
  const applyOne = (change: Change) => {
    if (change.change === 'slice') set('slice', keyOf(change.slice), change.slice)
    if (change.change === 'partition') set('partition', keyOf({ ...change.partition, shard: '' }), change.partition)
    if (change.change === 'run') setRun(change.run)
    if (change.change === 'message') set('message', change.message.id, change.message)
    if (change.change === 'messages_folded') {
      const { id, runId, work } = change.into
      const kept = new Set<unknown>()
      for (const [key, row] of [...tables.get('message')!].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
        const isSame = row.state === 'pending' && row.sentAt === null && isDeepStrictEqual(row.work, work)
        if (!isSame || key === id) continue
        // The first one of each other run is left.
        if (row.runId !== runId && !kept.has(row.runId)) kept.add(row.runId)
        else put('message', key, { ...row, state: 'done', version: Number(row['version']) + 1 })
      }
    }
    if (change.change === 'backfill') set('backfill', change.backfill.id, change.backfill)
    if (change.change === 'delivery')
      put('delivery', `${keyOf(change.delivery)}/${change.delivery.raw.sha256}`, change.delivery)
    if (change.change === 'run_slice')
      put('run_slice', `${keyOf(change.runSlice)}/${change.runSlice.runId}`, change.runSlice)
    if (change.change === 'run_slices_unchanged')
      for (const stream of change.streams)
        tables.get('run_slice')!.delete(`${keyOf({ ...change.day, stream })}/${change.runId}`)
    if (change.change === 'checks')
      put('checks', keyOf(change.key), {
        rows: change.results.map((row) => ({ ...row, ...change.key, at: change.at })),
      })
    if (change.change === 'incident_opened') open(change)
    if (change.change === 'incident_resolved')
      update(isOpen(change.key), () => ({ state: 'resolved', resolvedAt: change.at, updatedAt: change.at }))
    if (change.change === 'incident_state') setState(change)
    if (change.change === 'audit') audit = [change.entry, ...audit]
  }

  return {
    apply(changes) {
      const before = { tables: new Map([...tables].map(([name, rows]) => [name, new Map(rows)])), incidents, audit }
      try {
        changes.forEach(applyOne)
        return null
      } catch (error) {
        ;({ tables, incidents, audit } = before)
        if (error instanceof DaybreakError) return error.code
        throw error
      }
    },
    dump: () => ({
      ...Object.fromEntries(TABLES.map((name) => [name, byKey(tables.get(name)!)])),
      checks: byKey(tables.get('checks')!).flatMap(({ rows }) => rows),
      incidents: incidents.toReversed().map(({ id: _, ...incident }) => incident),
      audit,
    }),
    incidents: () => incidents.toReversed(),
  }
}

/** Everything in a ledger, as the model dumps it: runs are asked for by their ids, and incidents lose theirs. */
export async function dumpLedger(ledger: Ledger, runIds: readonly string[]): Promise<unknown> {
  const runSlices = await Promise.all(runIds.map((id) => ledger.runSlices(id)))
  const byId = <Row extends { readonly id: string }>(rows: readonly Row[]) =>
    rows.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  return {
    slice: await ledger.slices({}),
    delivery: await ledger.deliveries({}),
    partition: await ledger.partitions({}),
    run: byId(await ledger.runs({})),
    run_slice: runSlices.flat().toSorted((a, b) => (`${keyOf(a)}/${a.runId}` < `${keyOf(b)}/${b.runId}` ? -1 : 1)),
    message: byId(await ledger.messages({})),
    checks: await ledger.checks({}),
    backfill: byId(await ledger.backfills({})),
    incidents: (await ledger.incidents({})).map(({ id: _, ...incident }) => incident),
    audit: await ledger.audit({}),
  }
}
