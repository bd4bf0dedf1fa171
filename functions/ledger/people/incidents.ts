import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { DaybreakError } from '../../errors.ts'
import type { PeopleChange } from '../../pipeline/people/changes.ts'
import type { IncidentListFilter, Listed, Part, TimePlace } from '../../pipeline/people/reads.ts'
import type { IncidentEvent, IncidentView } from '../../pipeline/people/records.ts'
import { all, among, is } from '../filter.ts'
import { toIncidents } from '../incidents.ts'
import type { Database, IncidentRow } from '../schema.ts'
import type { Writer } from '../writer.ts'
import { newestFirst } from './parts.ts'

type Placed = Extract<PeopleChange, { change: 'incident_placed' }>

// The condition of an index. Written out, not bound: SQLite finds a partial index only by a condition it can read.
const IS_UNRESOLVED = sql<SqlBool>`state <> 'resolved'`
// Lines of one timeline.
const MOST_EVENTS = 1_000

/** Adds a line to the timeline of an incident. */
export async function addIncidentEvent(writer: Writer, event: IncidentEvent, id: string): Promise<void> {
  const { incidentId, at, actor, kind, text } = event
  await writer.insert('incident_events', { id, incident_id: incidentId, at, actor, kind, text })
}

/** Sets root, assignee and end of an acknowledgement, as far as they are given. @throws {DaybreakError} NOT_FOUND. */
export async function placeIncident({ db }: Writer, placed: Placed): Promise<void> {
  const { id, parentId, assignee, ackedUntil } = placed
  const change = {
    ...(parentId !== undefined && { parent_id: parentId }),
    ...(assignee !== undefined && { assignee }),
    ...(ackedUntil !== undefined && { acked_until: ackedUntil }),
  }
  if (Object.keys(change).length === 0) return
  const { numUpdatedRows } = await db.updateTable('incidents').set(change).where('id', '=', id).executeTakeFirst()
  if (numUpdatedRows === 1n) return
  throw new DaybreakError('NOT_FOUND', `no incident has the id ${JSON.stringify(id)}; nothing was applied`)
}

/** Incidents, the newest first. */
export async function listIncidentViews(
  db: Database,
  filter: IncidentListFilter & Part<TimePlace>,
): Promise<Listed<IncidentView, TimePlace>> {
  const query = db
    .selectFrom('incidents')
    .selectAll()
    .where(
      all(
        among('state', filter.states),
        filter.states?.every((state) => state !== 'resolved') ? IS_UNRESOLVED : null,
        is('severity', filter.severity),
        is('pipeline', filter.pipeline),
        belongs(filter.of ?? 'roots'),
        isOfKind(filter),
        concerns(filter.shards),
      ),
    )
  const from = (row: Awaited<ReturnType<typeof query.execute>>[number]) => row
  const { rows, next } = await newestFirst(query, { ...filter, time: 'opened_at', from, range: filter })
  return { rows: await toViews(db, rows), next }
}

function belongs(of: NonNullable<IncidentListFilter['of']>): RawBuilder<SqlBool> | null {
  if (of === 'all') return null
  return of === 'roots' ? sql<SqlBool>`parent_id is null` : sql<SqlBool>`parent_id = ${of.parentId}`
}

/** Of this kind itself; a root also by a member that is as unresolved as was asked. */
function isOfKind({ kind, states, of = 'roots' }: IncidentListFilter): RawBuilder<SqlBool> | null {
  if (kind === undefined) return null
  if (of !== 'roots') return is('kind', kind)
  const members = all(
    sql<SqlBool>`parent_id is not null`,
    is('kind', kind),
    states?.every((state) => state !== 'resolved') ? IS_UNRESOLVED : null,
  )
  return sql<SqlBool>`(kind = ${kind} or id in (select parent_id from incidents where ${members}))`
}

/** About one of these shards, or about no shard at all; a root is about those of its members, too. */
function concerns(shards: readonly string[] | undefined): RawBuilder<SqlBool> | null {
  if (shards === undefined) return null
  const own = all(among('shard', shards))
  const members = sql`select 1 from incidents as member where member.parent_id = incidents.id`
  const hasMember = sql`id in (select parent_id from incidents where parent_id is not null and ${own})`
  const isWide = sql`(shard is null and not exists (${members}))`
  return sql<SqlBool>`(${own} or ${isWide} or ${hasMember})`
}

/** One incident, or null. */
export async function readIncidentView(db: Database, id: string): Promise<IncidentView | null> {
  const rows = await db.selectFrom('incidents').selectAll().where('id', '=', id).execute()
  return (await toViews(db, rows))[0] ?? null
}

async function toViews(db: Database, rows: readonly (IncidentRow & Placement)[]): Promise<readonly IncidentView[]> {
  const incidents = await toIncidents(db, rows)
  const members = await countMembers(
    db,
    rows.filter(({ parent_id }) => parent_id === null).map(({ id }) => id),
  )
  const placements = new Map(rows.map((row) => [row.id, row]))
  return incidents.map((incident) => {
    const { parent_id = null, assignee = null, acked_until = null } = placements.get(incident.id) ?? {}
    const place = { parentId: parent_id, assignee, ackedUntil: acked_until }
    return { ...incident, ...place, members: members.get(incident.id) ?? 0 }
  })
}

interface Placement {
  readonly id: string
  readonly parent_id: string | null
  readonly assignee: string | null
  readonly acked_until: number | null
}

async function countMembers(db: Database, roots: readonly string[]): Promise<ReadonlyMap<string, number>> {
  if (roots.length === 0) return new Map()
  const rows = await db
    .selectFrom('incidents')
    .select(({ fn }) => ['parent_id', fn.countAll<number | string>().as('members')])
    .where('parent_id', 'in', roots)
    .groupBy('parent_id')
    .execute()
  return new Map(rows.map(({ parent_id, members }) => [parent_id ?? '', Number(members)]))
}

/** Timeline of an incident and its members, oldest first. */
export async function listIncidentEvents(db: Database, id: string): Promise<readonly IncidentEvent[]> {
  const concerned = sql`select cast(${id} as text) as id union all select id from incidents where parent_id = ${id}`
  const rows = await db
    .selectFrom('incident_events')
    .selectAll()
    .where(sql<SqlBool>`incident_id in (${concerned})`)
    .orderBy('at')
    .orderBy('id')
    .limit(MOST_EVENTS)
    .execute()
  return rows.map(({ incident_id, at, actor, kind, text }) => ({ incidentId: incident_id, at, actor, kind, text }))
}
