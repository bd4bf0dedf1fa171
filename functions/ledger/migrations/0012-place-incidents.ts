import type { LedgerDialect } from '../dialect.ts'
import type { Database } from '../schema.ts'

type Column = 'stream' | 'shard' | 'window_id'
type Place = Readonly<Record<'kind', string> & Record<'pipeline' | Column, string | null>>

/** Columns of what follows kind and pipeline in a key; null for a part that has none. */
const COLUMNS: Readonly<Record<string, readonly (Column | null)[]>> = {
  missing: ['shard'],
  unreadable: ['shard'],
  waiting: ['shard'],
  archive: ['shard'],
  clock: ['shard'],
  refused: ['shard', null],
  quarantine: ['shard', 'stream'],
  rejects: ['shard', 'stream'],
  check: ['shard', null],
  drift: ['shard', 'stream'],
  arrival: ['shard', 'window_id'],
  load: ['stream', 'window_id'],
  ahead: [],
  source: [],
  schedule: [],
  run: [],
}
const MESSAGES: Readonly<Record<string, readonly Column[]>> = {
  tick: [],
  ingest: ['shard'],
  load: ['stream', 'window_id'],
}
const DATE = /^\d{4}-\d\d-\d\d$/

/** Gives what an incident is about columns of its own, and fills them from the keys. */
export async function placeIncidents(transaction: Database, { text }: LedgerDialect): Promise<void> {
  const { schema } = transaction
  await schema
    .alterTable('incidents')
    .addColumn('kind', text, (column) => column.notNull().defaultTo(''))
    .execute()
  for (const name of ['pipeline', 'stream', 'shard', 'window_id'])
    await schema.alterTable('incidents').addColumn(name, text).execute()
  const keys = await transaction.selectFrom('incidents').select('key').distinct().execute()
  for (const { key } of keys)
    await transaction.updateTable('incidents').set(placeOf(key)).where('key', '=', key).execute()
}

function placeOf(key: string): Place {
  const [kind = '', pipeline = '', ...rest] = key.split('/')
  const work = kind === 'message' ? rest.shift() : undefined
  const columns = work === undefined ? COLUMNS[kind] : MESSAGES[work]
  const nothing = { kind, pipeline: null, stream: null, shard: null, window_id: null }
  if (columns === undefined || pipeline === '') return nothing
  const place = { ...nothing, pipeline }
  // Before incidents had subjects, a date followed the location.
  const [shard, date = '', ...more] = rest
  const isDated = columns[0] === 'shard' && columns[1] !== 'window_id' && DATE.test(date)
  const parts = isDated ? [shard, ...more] : rest
  const named = columns.flatMap((column, at) => (column === null ? [] : [[column, parts[at] ?? null] as const]))
  return { ...place, ...(isDated && { window_id: date }), ...Object.fromEntries(named) }
}
