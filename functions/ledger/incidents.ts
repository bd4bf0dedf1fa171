import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { DaybreakError } from '../errors.ts'
import type { Incident, Instant } from '../pipeline/entities.ts'
import type { Change, IncidentFilter, Page } from '../pipeline/ports.ts'
import { checkWords } from './check-words.ts'
import { all, among, is, page, startsWith } from './filter.ts'
import type { Database, IncidentRow } from './schema.ts'
import { value, type Writer } from './writer.ts'

type Opened = Extract<Change, { change: 'incident_opened' }>
type StateChange = Extract<Change, { change: 'incident_state' }>

// Written out, not bound: SQLite finds a partial index only by a condition it can read.
const UNRESOLVED = sql<SqlBool>`state <> 'resolved'`

/** Opens an incident, or counts one more occurrence of the unresolved one with its key; a snooze that has ended ends now. */
export async function openIncident(writer: Writer, opened: Opened, id: string): Promise<void> {
  const { db } = writer
  const row = toRow(opened, id)
  checkWords('incidents', row)
  const { severity, reason_code, reason_message, run_id, updated_at } = row
  if (opened.subject !== undefined)
    await writer.insert('incident_subjects', { key: opened.key, subject: opened.subject, at: opened.at })
  await db
    .insertInto('incidents')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .column('key')
        .where(UNRESOLVED)
        .doUpdateSet(({ ref, eb }) => ({
          occurrences: eb('incidents.occurrences', '+', 1),
          // Another subject of the same cause may be a grave one.
          severity:
            opened.subject === undefined
              ? severity
              : eb
                  .case()
                  .when('incidents.severity', '=', 'error')
                  .then('error' as const)
                  .else(severity)
                  .end(),
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

/** One subject of an incident, or all of them. */
interface Solved {
  readonly key: string
  readonly subject?: string
}

/**
 * Takes subjects off the unresolved incidents of these keys and resolves those that have none left: by two statements, since
 * nearly always there are none.
 */
export async function resolveIncidents(writer: Writer, solved: readonly Solved[], at: Instant): Promise<void> {
  const some = solved.flatMap(({ key, subject }) => (subject === undefined ? [] : [key, subject]))
  const whole = solved.flatMap(({ key, subject }) => (subject === undefined ? [key] : []))
  const [pairs, keys] = [some.length / 2, solved.length]
  const build = () => subjectsSql(pairs, whole.length)
  await writer.run({ name: `delete ${pairs} + ${whole.length} subjects`, build, parameters: [...some, ...whole] })
  const parameters = [at, at, ...solved.map(({ key }) => key)]
  await writer.run({ name: `resolve ${keys} incidents`, build: () => resolveSql(keys), parameters })
}

function subjectsSql(pairs: number, keys: number): RawBuilder<unknown> {
  const some = sql.join(Array.from({ length: pairs }, () => sql`(${value}, ${value})`))
  const whole = sql.join(Array.from({ length: keys }, () => value))
  const conditions = [
    ...(pairs > 0 ? [sql`(key, subject) in (values ${some})`] : []),
    ...(keys > 0 ? [sql`key in (${whole})`] : []),
  ]
  return sql`delete from incident_subjects where ${sql.join(conditions, sql` or `)}`
}

function resolveSql(keys: number): RawBuilder<unknown> {
  const changes = sql`state = 'resolved', resolved_at = ${value}, updated_at = ${value}`
  const among = sql.join(Array.from({ length: keys }, () => value))
  const left = sql`not exists (select 1 from incident_subjects where incident_subjects.key = incidents.key)`
  return sql`update incidents set ${changes} where key in (${among}) and ${UNRESOLVED} and ${left}`
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
  if (numUpdatedRows === 1n) return state === 'resolved' ? await forgetSubjects(db, id) : undefined
  const known = await db.selectFrom('incidents').select('id').where('id', '=', id).executeTakeFirst()
  if (!known) throw new DaybreakError('NOT_FOUND', `no incident has the id ${JSON.stringify(id)}; nothing was applied`)
  if (state === 'resolved') return
  throw new DaybreakError(
    'LEDGER_CONFLICT',
    `incidents ${id}: expected an unresolved one to become ${state}, found it resolved; nothing was applied`,
  )
}

/** A person said that it is over; the next report begins with its own subject. */
async function forgetSubjects(db: Database, id: string): Promise<void> {
  const key = db.selectFrom('incidents').select('key').where('id', '=', id)
  await db.deleteFrom('incident_subjects').where('key', '=', key).execute()
}

/** Incidents, the one that was added last first. */
export async function listIncidents(db: Database, filter: IncidentFilter & Page): Promise<readonly Incident[]> {
  const query = db
    .selectFrom('incidents')
    .selectAll()
    .where(
      all(
        among('state', filter.states),
        is('kind', filter.kind),
        is('pipeline', filter.pipeline),
        is('stream', filter.stream),
        is('shard', filter.shard),
        is('window_id', filter.window),
        startsWith('key', filter.keyPrefix),
      ),
    )
    .orderBy('sequence', 'desc')
  return await toIncidents(db, await page(query, filter).execute())
}

/** Incidents of rows, in their order, with their first subjects. */
export async function toIncidents(db: Database, rows: readonly IncidentRow[]): Promise<readonly Incident[]> {
  const subjects = await listSubjects(
    db,
    rows.filter(({ state }) => state !== 'resolved').map(({ key }) => key),
  )
  return rows.map((row) =>
    fromRow(row, row.state === 'resolved' ? NO_SUBJECTS : (subjects.get(row.key) ?? NO_SUBJECTS)),
  )
}

type Subjects = Incident['subjects']

const NO_SUBJECTS: Subjects = { count: 0, first: [] }
// Enough to see the extent.
const MOST_NAMED = 5
// Parameters of one statement.
const MOST_KEYS = 500

async function listSubjects(db: Database, keys: readonly string[]): Promise<ReadonlyMap<string, Subjects>> {
  const found = new Map<string, Subjects>()
  for (let start = 0; start < keys.length; start += MOST_KEYS) {
    const some = sql.join(keys.slice(start, start + MOST_KEYS))
    const { rows } = await sql<{ key: string; subject: string; total: number | string }>`
      select key, subject, total from (
        select key, subject, count(*) over (partition by key) as total,
          row_number() over (partition by key order by subject) as place
        from incident_subjects where key in (${some})
      ) as placed where place <= ${MOST_NAMED} order by key, subject`.execute(db)
    for (const { key, subject, total } of rows)
      found.set(key, { count: Number(total), first: [...(found.get(key)?.first ?? []), subject] })
  }
  return found
}

function toRow({ key, severity, reason, runId, at, ...place }: Opened, id: string): IncidentRow {
  return {
    id,
    key,
    kind: place.kind,
    pipeline: place.pipeline,
    stream: place.stream,
    shard: place.shard,
    window_id: place.window,
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

function fromRow(row: IncidentRow, subjects: Subjects): Incident {
  return {
    id: row.id,
    key: row.key,
    kind: row.kind,
    pipeline: row.pipeline,
    stream: row.stream,
    shard: row.shard,
    window: row.window_id,
    state: row.state,
    severity: row.severity,
    reason: { code: row.reason_code, message: row.reason_message },
    runId: row.run_id,
    openedAt: row.opened_at,
    updatedAt: row.updated_at,
    resolvedAt: row.resolved_at,
    snoozedUntil: row.snoozed_until,
    occurrences: row.occurrences,
    subjects,
  }
}
