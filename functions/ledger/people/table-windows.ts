import { sql } from 'kysely'
import type { SliceState, WindowRecord } from '../../pipeline/entities.ts'
import type { TableWindow, TableWindowFilter } from '../../pipeline/people/reads.ts'
import type { LedgerDialect } from '../dialect.ts'
import { among } from '../filter.ts'
import type { Database } from '../schema.ts'

interface Row {
  readonly window_id: string
  readonly mode: WindowRecord['mode']
  readonly at: number | string
  readonly state: SliceState | null
  readonly shard: string | null
  readonly slices: number | string
  readonly rows: number | string | null
  readonly rejected: number | string | null
  readonly updated_at: number | string | null
}

/** The newest windows of a table, found by an index, with the slices of each summed by state. */
export async function listTableWindows(
  db: Database,
  { asJson }: LedgerDialect,
  { pipeline, stream, limit, shards, isLoaded }: TableWindowFilter,
): Promise<readonly TableWindow[]> {
  const join = shards === undefined ? sql`left join` : sql`join`
  const seen = among('slices.shard', shards) ?? sql`1 = 1`
  const loaded = isLoaded === true ? sql`and state = 'loaded'` : sql``
  const part = sql`cast(${asJson('delivery')} -> 'part' ->> 'rows' as bigint)`
  const { rows } = await sql<Row>`
    select found.window_id, found.mode, found.at, slices.state, min(slices.shard) as shard, count(slices.shard) as slices,
      sum(${part}) as rows, sum(slices.rejects_rows) as rejected, max(slices.updated_at) as updated_at
    from (
      select window_id, mode, at from windows where pipeline = ${pipeline} and stream = ${stream} ${loaded}
      order by at desc, window_id desc limit ${sql.lit(Math.trunc(limit))}
    ) as found ${join} slices on slices.pipeline = ${pipeline} and slices.window_id = found.window_id
      and slices.stream = ${stream} and ${seen}
    group by found.window_id, found.mode, found.at, slices.state
    order by found.at desc, found.window_id desc
  `.execute(db)
  return [...Map.groupBy(rows, ({ window_id }) => window_id).values()].flatMap(toWindow)
}

// States from the furthest to the nearest to the table.
const FURTHEST: readonly SliceState[] = [
  ...(['quarantined', 'held', 'missing', 'expected', 'seen', 'landed', 'staged'] as const),
  ...(['loaded', 'waived'] as const),
]

function toWindow(rows: readonly Row[]): readonly TableWindow[] {
  const [first] = rows
  if (!first) return []
  const worst = FURTHEST.flatMap((state) => rows.find((row) => row.state === state) ?? [])[0] ?? first
  const known = rows.filter(({ state }) => state !== null)
  const counts = known.map(({ rows: count }) => count).filter((count) => count !== null)
  const changes = known.flatMap(({ updated_at: at }) => (at === null ? [] : [Number(at)]))
  return [
    {
      ...{ window: first.window_id, mode: first.mode, at: Number(first.at), shard: worst.shard },
      state: worst.state ?? 'expected',
      slices: Object.fromEntries(known.map(({ state, slices }) => [state, Number(slices)])),
      rows: counts.length === 0 ? null : counts.reduce((sum: number, count) => sum + Number(count), 0),
      rejected: known.reduce((sum, { rejected }) => sum + Number(rejected ?? 0), 0),
      updatedAt: changes.length === 0 ? null : Math.max(...changes),
    },
  ]
}
