import type pg from 'pg'
import copyStreams from 'pg-copy-streams'
import { DaybreakError } from '../../errors.ts'
import type { Bounds, KeyRange, SourceTable, TableReader, WindowAsk, WindowView } from '../../pipeline/tables/ports.ts'
import { POSTGRES_DIGEST } from '../../sql/dialects/postgres/canonical.ts'
import { quoteIdentifier, quoteString } from '../../sql/dialects/postgres/quote.ts'
import { totalSql } from '../../sql/dialects/postgres/totals.ts'
import { evenLimits } from '../../sql/even-limits.ts'
import { type AskedRows, digestOf, rowsSql, selectTotals } from '../../sql/window-rows.ts'
import { describeTable, discoverTables, parseName, rowsOf } from './discover.ts'
import { connect, nameOf, type TableOptions, toFailure } from './table-client.ts'
import { measuredSql, readSql } from './value-types.ts'

/** Kind of the connection. */
export const SYSTEM = 'postgres'

const CHUNK = 1 << 20

/** Reads the tables of a PostgreSQL server as its own text, in sessions that cannot write. */
export function openPostgresTableReader(options: TableOptions): TableReader {
  const name = nameOf(options)
  let shared: Promise<pg.Client> | null = null
  const client = async () => {
    shared ??= connect(options, 'source')
    try {
      return await shared
    } catch (error) {
      shared = null
      throw error
    }
  }
  const ask = async <Result>(what: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> => {
    const connected = await client()
    try {
      return await work(connected)
    } catch (error) {
      shared = null
      await connected.end().catch(() => undefined)
      throw toFailure(error, `${what} at ${name}`)
    }
  }
  return {
    name,
    system: SYSTEM,
    test: () => ask('look around', (connected) => report(connected, options)),
    async *discover(pattern) {
      const own = await connect(options, 'source')
      try {
        yield* discoverTables(own, pattern)
      } finally {
        await own.end()
      }
    },
    describe: (table) => ask(`describe ${table}`, (connected) => describeTable(connected, parseName(table))),
    bounds: (window, cursor) =>
      ask(`ask for bounds of ${window.table.name}`, (connected) => boundsOf(connected, window, cursor)),
    earlier: (cursor, value, milliseconds) =>
      ask(`subtract from ${value}`, (connected) => earlier(connected, cursor, { value, milliseconds })),
    side: (rows, key) => ({
      digest: digestOf(rows, key, {
        ...WRITER,
        value: (source, { name, type }) =>
          source === undefined ? quoteIdentifier(name) : readSql(source, rows.asText || type === 'bytes'),
      }),
      dialect: POSTGRES_DIGEST,
      query: (sql) =>
        ask('compare', async (connected) => (await rowsOf(connected, sql)).map((row) => Object.values(row))),
    }),
    open: (window, signal) => openView(options, window, signal),
    async close() {
      const open = await shared?.catch(() => null)
      shared = null
      await open?.end().catch(() => undefined)
    },
  }
}

async function report(client: pg.Client, options: TableOptions) {
  const before = performance.now()
  const [row] = await rowsOf(
    client,
    `SELECT current_setting('server_version') AS version,
      coalesce((SELECT ssl::text FROM pg_stat_ssl WHERE pid = pg_backend_pid()), 'false') AS ssl,
      EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p')
        AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_'
        AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE'))::text AS writes`,
  )
  return {
    name: nameOf(options),
    version: `PostgreSQL ${row?.version ?? ''}`,
    isEncrypted: row?.ssl === 'true',
    milliseconds: Math.round(performance.now() - before),
    mayWrite: row?.writes === 'true',
  }
}

const tableSql = ({ schema, name }: SourceTable): string => `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`

const isTimeSql = (column: string): string => `pg_typeof(max(${column}))::text ~ '^(timestamp|date)'`

// A time without a zone is on the wall clock of the database, which writers have unless they say otherwise.
const nowSql = (type: string): string =>
  type.includes('without time zone')
    ? `(now() AT TIME ZONE (SELECT reset_val FROM pg_settings WHERE name = 'TimeZone'))`
    : 'now()'

async function boundsOf(
  client: pg.Client,
  { table, where }: Pick<WindowAsk, 'table' | 'where'>,
  { column, lag }: { readonly column: string; readonly lag: number },
): Promise<Bounds> {
  const cursor = quoteIdentifier(column)
  const from = `FROM ${tableSql(table)}${where === null ? '' : ` WHERE (${where})`}`
  const [row] = await rowsOf(
    client,
    `SELECT max(${cursor})::text AS high, count(*)::text AS rows, (count(*) - count(${cursor}))::text AS nulls,
      (${isTimeSql(cursor)})::text AS time ${from}`,
  )
  const bounds = { rows: BigInt(row?.rows ?? 0), nulls: BigInt(row?.nulls ?? 0) }
  if (row?.time !== 'true' || row.high == null) return { ...bounds, high: row?.high ?? null }
  // In the type of the column, or an index would not serve the comparison.
  const type = await typeOf(client, table, column)
  const now = `(${nowSql(type)} - ${milliseconds(lag)})::${type}`
  const [capped] = await rowsOf(client, `SELECT least(${quoteString(row.high)}::${type}, ${now})::text AS high`)
  return { ...bounds, high: capped?.high ?? row.high }
}

async function earlier(
  client: pg.Client,
  { table, column }: { readonly table: SourceTable; readonly column: string },
  { value, milliseconds: by }: { readonly value: string; readonly milliseconds: number },
): Promise<string> {
  const type = await typeOf(client, table, column)
  if (by === 0 || !/^(timestamp|date)/.test(type)) return value
  const [row] = await rowsOf(
    client,
    `SELECT (${quoteString(value)}::${type} - ${milliseconds(by)})::${type}::text AS value`,
  )
  return row?.value ?? value
}

async function typeOf(client: pg.Client, { schema, name }: SourceTable, column: string): Promise<string> {
  const [row] = await rowsOf(
    client,
    `SELECT format_type(a.atttypid, a.atttypmod) AS type FROM pg_attribute a
     JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = ${quoteString(schema)} AND c.relname = ${quoteString(name)} AND a.attname = ${quoteString(column)}`,
  )
  if (row?.type != null) return row.type
  throw new DaybreakError(
    'DRIFT_MISSING_REQUIRED',
    `${schema}.${name} has no column ${JSON.stringify(column)} any more`,
  )
}

function milliseconds(amount: number): string {
  return `interval '${Math.trunc(amount)} milliseconds'`
}

/** Connections in one snapshot, of which each is given to one piece of work at a time. */
interface Snapshot {
  take(): Promise<pg.Client>
  give(client: pg.Client): void
  close(): Promise<void>
}

/** Opens as many connections as there are workers, all in the snapshot of the first. */
async function openSnapshot(options: TableOptions, workers: number): Promise<Snapshot> {
  const clients: pg.Client[] = []
  const close = async () => {
    await Promise.all(clients.map((client) => client.end().catch(() => undefined)))
  }
  try {
    const first = await connect(options, 'source')
    clients.push(first)
    await first.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    const [row] = await rowsOf(first, 'SELECT pg_export_snapshot() AS snapshot')
    for (let more = 1; more < workers; more++) {
      const client = await connect(options, 'source')
      clients.push(client)
      await client.query(
        `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT ${quoteString(row?.snapshot ?? '')}`,
      )
    }
  } catch (error) {
    await close()
    throw error
  }
  const free = [...clients]
  const waiting: ((client: pg.Client) => void)[] = []
  return {
    take: async () => free.shift() ?? (await new Promise<pg.Client>((resolve) => waiting.push(resolve))),
    give(client) {
      const next = waiting.shift()
      if (next) next(client)
      else free.push(client)
    },
    close,
  }
}

/** Reads the shards of a window from one snapshot, as many at a time as there are workers. */
async function openView(options: TableOptions, ask: WindowAsk, signal?: AbortSignal): Promise<WindowView> {
  const what = `read ${ask.table.schema}.${ask.table.name} at ${nameOf(options)}`
  const fail = (error: unknown): never => {
    throw toFailure(error, what)
  }
  const { take, give, close } = await openSnapshot(options, ask.workers).catch(fail)
  const onOne = async <Result>(work: (client: pg.Client) => Promise<Result>): Promise<Result> => {
    const client = await take()
    return await work(client)
      .catch(fail)
      .finally(() => give(client))
  }
  const abort = () => void close()
  signal?.addEventListener('abort', abort, { once: true })
  return {
    isShared: true,
    read(shard) {
      let rows = 0
      return {
        rows: () => rows,
        async *[Symbol.asyncIterator]() {
          const client = await take()
          try {
            const stream = client.query(copyStreams.to(copySql(ask, shard), { highWaterMark: CHUNK }))
            yield* stream
            rows = stream.rowCount
          } catch (error) {
            throw toFailure(error, what)
          } finally {
            give(client)
          }
        },
      }
    },
    totals: (shard, totals) =>
      onOne(async (client) => {
        const { sql, read } = selectTotals(ask, totals, (total, column) =>
          totalSql(total, measuredSql(column, ask.asText)),
        )
        const [row] = await rowsOf(
          client,
          `SELECT ${['count(*)::text AS rows', ...sql].join(', ')} ${fromSql(ask, shard)}`,
        )
        return read(Object.values(row ?? {}))
      }),
    limits: (column, parts) => onOne((client) => limitsOf(client, ask, { column, parts })),
    async close() {
      signal?.removeEventListener('abort', abort)
      await close()
    },
  }
}

/** Limits at even distances between the least and the largest value: an index knows both. */
async function limitsOf(
  client: pg.Client,
  ask: WindowAsk,
  { column, parts }: { readonly column: string; readonly parts: number },
): Promise<readonly string[]> {
  const key = quoteIdentifier(column)
  const [row] = await rowsOf(client, `SELECT min(${key})::text AS low, max(${key})::text AS high ${fromSql(ask, null)}`)
  return row?.low == null || row.high == null ? [] : evenLimits(BigInt(row.low), BigInt(row.high), parts)
}

function copySql(ask: WindowAsk, shard: KeyRange): string {
  const values = ask.from.map((column) => readSql(column, ask.asText))
  // An empty line would stand for a row whose only value is NULL.
  const list = values.length === 1 ? [...values, '1'] : values
  return `COPY (SELECT ${list.join(', ')} ${fromSql(ask, shard)}) TO STDOUT (FORMAT csv)`
}

const WRITER = { table: tableSql, identifier: quoteIdentifier, literal: quoteString }

const fromSql = (ask: AskedRows, shard: KeyRange | null): string => `FROM ${rowsSql(ask, shard, WRITER)}`
