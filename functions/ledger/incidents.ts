import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { DaybreakError } from '../errors.ts'
import type { Incident, IncidentState, Instant } from '../pipeline/model.ts'
import type { Change, Page } from '../pipeline/ports.ts'
import { checkWords } from './check-words.ts'
import { all, among, page, startsWith } from './filter.ts'
import type { Database, IncidentRow } from './schema.ts'
import { value, type Writer } from './writer.ts'

type Opened = Extract<Change, { change: 'incident_opened' }>
type StateChange = Extract<Change, { change: 'incident_state' }>

/** Which incidents to list; absent members match all. */
export interface IncidentFilter extends Page {
  readonly states?: readonly IncidentState[]
  readonly keyPrefix?: string
}

// Written out, not bound: SQLite finds a partial index only by a condition it can read.
const UNRESOLVED = sql<SqlBool>`state <> 'resolved'`

/** Opens an incident, or counts one more occurrence of the unresolved one with its key; a snooze that has ended ends now. */
export async function openIncident({ db }: Writer, opened: Opened, id: string): Promise<void> {
  const row = toRow(opened, id)
  checkWords('incidents', row)
  const { severity, reason_code, reason_message, run_id, updated_at } = row
  await db
    .insertInto('incidents')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .column('key')
        .where(UNRESOLVED)
        .doUpdateSet(({ ref, eb }) => ({
          occurrences: eb('incidents.occurrences', '+', 1),
          severity,
          reason_code,
          reason_message,
          run_id,
          updated_at,
          state: eb
            .case()
            .when(eb.and([eb('incidents.state', '=', 'snoozed'), eb('incidents.snoozed_until', '<=', opened.at)]))
            .then('open' as const)
            .else(ref('incidents.state'))
            .end(),
        })),
    )
    .execute()
}

/** Resolves the unresolved incidents of these keys, if there are any: by one statement, since nearly always there are none. */
export async function resolveIncidents(writer: Writer, keys: readonly string[], at: Instant): Promise<void> {
  const build = () => resolveSql(keys.length)
  await writer.run({ name: `resolve ${keys.length} incidents`, build, parameters: [at, at, ...keys] })
}

function resolveSql(keys: number): RawBuilder<unknown> {
  const changes = sql`state = 'resolved', resolved_at = ${value}, updated_at = ${value}`
  const among = sql.join(Array.from({ length: keys }, () => value))
  return sql`update incidents set ${changes} where key in (${among}) and ${UNRESOLVED}`
}

/**
 * Acknowledges, snoozes, reopens or resolves an incident. What is resolved stays so: the next report opens a new one.
 * @throws {DaybreakError} NOT_FOUND for an unknown id, LEDGER_CONFLICT for one that is resolved already.
 */
export async function setIncidentState({ db }: Writer, { id, state, at, until }: StateChange): Promise<void> {
  const change = { state, updated_at: at, snoozed_until: state === 'snoozed' ? (until ?? null) : null }
  checkWords('incidents', change)
  const resolved = state === 'resolved' ? { resolved_at: at } : {}
  const update = db.updateTable('incidents').set({ ...change, ...resolved })
  const { numUpdatedRows } = await update.where('id', '=', id).where('state', '<>', 'resolved').executeTakeFirst()
  if (numUpdatedRows === 1n) return
  const known = await db.selectFrom('incidents').select('id').where('id', '=', id).executeTakeFirst()
  if (!known) throw new DaybreakError('NOT_FOUND', `no incident has the id ${JSON.stringify(id)}; nothing was applied`)
  if (state === 'resolved') return
  throw new DaybreakError(
    'LEDGER_CONFLICT',
    `incidents ${id}: expected an unresolved one to become ${state}, found it resolved; nothing was applied`,
  )
}

/** Incidents, the one that was added last first. */
export async function listIncidents(db: Database, filter: IncidentFilter): Promise<readonly Incident[]> {
  const query = db
    .selectFrom('incidents')
    .selectAll()
    .where(all(among('state', filter.states), startsWith('key', filter.keyPrefix)))
    .orderBy('sequence', 'desc')
  return (await page(query, filter).execute()).map(fromRow)
}

function toRow({ key, severity, reason, runId, at }: Opened, id: string): IncidentRow {
  return {
    id,
    key,
    state: 'open',
    severity,
    reason_code: reason.code,
    reason_message: reason.message,
    run_id: runId,
    opened_at: at,
    updated_at: at,
    resolved_at: null,
    snoozed_until: null,
    occurrences: 1,
  }
}

function fromRow(row: IncidentRow): Incident {
  return {
    id: row.id,
    key: row.key,
    state: row.state,
    severity: row.severity,
    reason: { code: row.reason_code, message: row.reason_message },
    runId: row.run_id,
    openedAt: row.opened_at,
    updatedAt: row.updated_at,
    resolvedAt: row.resolved_at,
    snoozedUntil: row.snoozed_until,
    occurrences: row.occurrences,
  }
}
