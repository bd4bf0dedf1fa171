import { type SelectQueryBuilder, type SqlBool, sql } from 'kysely'
import type { Instant } from '../../pipeline/entities.ts'
import type { Listed, Part, TimePlace } from '../../pipeline/people/reads.ts'

const MOST = 500

/** Rows of a part: one more than asked for tells whether another part follows. */
export function sizeOf({ limit }: { readonly limit: number }): number {
  return Math.min(Math.max(1, Math.trunc(limit)), MOST)
}

/** A part of rows that were read, of which there may be one more than asked for. */
export function toPart<Row, Found, Place>(
  found: readonly Found[],
  { limit, from, placeOf }: { limit: number; from: (row: Found) => Row; placeOf: (row: Found) => Place },
): Listed<Row, Place> {
  const size = sizeOf({ limit })
  const rows = found.slice(0, size)
  const last = rows.at(-1)
  return { rows: rows.map(from), next: found.length > size && last !== undefined ? placeOf(last) : null }
}

interface ByTime<Found, Row> extends Part<TimePlace> {
  /** Column of the instant that the list is ordered by. */
  readonly time: 'at' | 'created_at' | 'opened_at'
  readonly from: (row: Found) => Row
  readonly range?: { readonly from?: Instant; readonly to?: Instant }
}

/** A part of the rows of a query, the newest first. */
export async function newestFirst<DB, Tables extends keyof DB, Found extends { readonly id: string }, Row>(
  query: SelectQueryBuilder<DB, Tables, Found>,
  { limit, after, time, from, range = {} }: ByTime<Found, Row>,
): Promise<Listed<Row, TimePlace>> {
  const column = sql.ref<number>(time)
  const conditions = [
    ...(after ? [sql<SqlBool>`(${column}, id) < (${after.at}, ${after.id})`] : []),
    ...(range.from === undefined ? [] : [sql<SqlBool>`${column} >= ${range.from}`]),
    ...(range.to === undefined ? [] : [sql<SqlBool>`${column} < ${range.to}`]),
  ]
  const some = conditions.reduce((one, condition) => one.where(condition), query)
  const rows = await some
    .orderBy(column, 'desc')
    .orderBy(sql.ref('id'), 'desc')
    .limit(sizeOf({ limit }) + 1)
    .execute()
  return toPart(rows, { limit, from, placeOf: (row) => ({ at: Number(Reflect.get(row, time)), id: row.id }) })
}
