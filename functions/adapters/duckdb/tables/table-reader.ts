import { createReadStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { DaybreakError } from '../../../errors.ts'
import type {
  Bounds,
  DiscoveredTable,
  KeyRange,
  SourceTable,
  TableReader,
  WindowAsk,
  WindowView,
} from '../../../pipeline/tables/ports.ts'
import { DUCKDB_DIGEST } from '../../../sql/dialects/duckdb/canonical.ts'
import { quoteIdentifier, quoteString } from '../../../sql/dialects/duckdb/quote.ts'
import { totalSql } from '../../../sql/dialects/duckdb/totals.ts'
import { evenLimits } from '../../../sql/even-limits.ts'
import { type AskedRows, digestOf, rowsSql, selectTotals } from '../../../sql/window-rows.ts'
import { readRows } from '../connection.ts'
import { firstLine } from '../errors.ts'
import { createWarehouseFile } from '../warehouse/file.ts'
import { measuredSql, readSql, toValueType } from './read-types.ts'

const SYSTEM = 'duckdb'
const CHUNK = 1 << 20

/** The file, and the memory of DuckDB. */
interface ReaderOptions {
  readonly path: string
  readonly memoryLimit: string
}

/** Reads the tables of a DuckDB file, which is opened for reading alone. */
export function openDuckdbTableReader({ path, memoryLimit }: ReaderOptions): TableReader {
  const file = createWarehouseFile({
    ...{ path, memoryLimit, patience: 5_000, idle: 200, readOnly: true, onCheckpointFailure: () => undefined },
  })
  const ask = async <Result>(what: string, work: (connection: DuckDBConnection) => Promise<Result>): Promise<Result> =>
    await file.read(pinned(work)).catch((error: unknown) => {
      throw toFailure(error, `${what} at ${path}`)
    })
  return {
    name: path,
    system: SYSTEM,
    async test() {
      const before = performance.now()
      const [row] = await ask('look around', (connection) => readRows(connection, 'SELECT version()'))
      const milliseconds = Math.round(performance.now() - before)
      return { name: path, version: `DuckDB ${row?.[0] ?? ''}`, isEncrypted: false, milliseconds, mayWrite: false }
    },
    async *discover(pattern) {
      yield* await ask('list tables', async (connection) => {
        const found: DiscoveredTable[] = []
        for (const table of await tableNames(connection, pattern)) found.push(...(await described(connection, table)))
        return found
      })
    },
    describe: (name) =>
      ask(`describe ${name}`, async (connection) => (await described(connection, parseName(name)))[0] ?? null),
    bounds: (window, cursor) =>
      ask(`ask for bounds of ${window.table.name}`, (connection) => boundsOf(connection, window, cursor)),
    earlier: ({ table, column }, value, milliseconds) =>
      ask(`subtract from ${value}`, async (connection) => {
        const [found] = await described(connection, table)
        const type = found?.columns.find(({ name }) => name === column)?.native ?? ''
        if (milliseconds === 0 || !/^(TIMESTAMP|DATE)/.test(type)) return value
        const [row] = await readRows(
          connection,
          `SELECT CAST(CAST(CAST(${quoteString(value)} AS ${type}) - INTERVAL ${Math.trunc(milliseconds)} MILLISECOND AS ${type}) AS VARCHAR)`,
        )
        return row?.[0] ?? value
      }),
    side: (rows, key) => ({
      digest: digestOf(rows, key, {
        ...WRITER,
        value: (source, { name }) => (source ? measuredSql(source, false) : quoteIdentifier(name)),
      }),
      dialect: DUCKDB_DIGEST,
      query: (sql) => ask('compare', (connection) => readRows(connection, sql)),
    }),
    open: (window) => openView({ window, path }, (work) => file.read(pinned(work))),
    close: () => file.close(),
  }
}

/** An instant has one text, in UTC. */
function pinned<Result>(work: (connection: DuckDBConnection) => Promise<Result>) {
  return async (connection: DuckDBConnection): Promise<Result> => {
    await connection.run("SET TimeZone = 'UTC'")
    return await work(connection)
  }
}

function toFailure(error: unknown, what: string): DaybreakError {
  if (error instanceof DaybreakError && error.code === 'NOT_FOUND')
    return new DaybreakError('SOURCE_UNREACHABLE', `cannot ${what}: there is no such file`, { cause: error })
  if (error instanceof DaybreakError) return error
  return new DaybreakError('SOURCE_READ_FAILED', `cannot ${what}: ${firstLine(error)}`, { cause: error })
}

const tableSql = ({ schema, name }: SourceTable): string => `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`

/** The parts of a name as people write it: `orders`, `shop.orders`, `"odd name"`. */
function parseName(text: string): SourceTable {
  const parts = [...text.matchAll(/"((?:[^"]|"")+)"|([^."]+)/g)].map(
    ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? '',
  )
  const [first = text, second] = parts
  return second === undefined ? { schema: 'main', name: first } : { schema: first, name: second }
}

async function tableNames(connection: DuckDBConnection, pattern = '*'): Promise<readonly SourceTable[]> {
  const full = pattern.includes('.') ? "schema_name || '.' || name" : 'name'
  const rows = await readRows(
    connection,
    `SELECT schema_name, name FROM (SELECT schema_name, table_name AS name FROM duckdb_tables() WHERE NOT internal AND database_name = current_database()
       UNION ALL SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal AND database_name = current_database())
     WHERE ${full} GLOB ${quoteString(pattern)} ORDER BY 1, 2`,
  )
  return rows.map(([schema, name]) => ({ schema: schema ?? '', name: name ?? '' }))
}

/** The table of that name, as a list of one; of none where there is none. */
async function described(
  connection: DuckDBConnection,
  { schema, name }: SourceTable,
): Promise<readonly DiscoveredTable[]> {
  const place = `database_name = current_database() AND schema_name = ${quoteString(schema)} AND table_name = ${quoteString(name)}`
  const columns = await readRows(
    connection,
    `SELECT column_name, data_type, NOT is_nullable FROM duckdb_columns() WHERE ${place} ORDER BY column_index`,
  )
  if (columns.length === 0) return []
  const constraints = await readRows(
    connection,
    `SELECT constraint_type, CAST(to_json(constraint_column_names) AS VARCHAR) FROM duckdb_constraints() WHERE ${place}`,
  )
  const keysOf = (type: string) => constraints.filter(([own]) => own === type).map(([, names]) => namesOf(names))
  const [size] = await readRows(connection, `SELECT estimated_size FROM duckdb_tables() WHERE ${place}`)
  const required = new Set(columns.flatMap(([column, , isRequired]) => (isRequired === 'true' ? [column ?? ''] : [])))
  const primaryKey = keysOf('PRIMARY KEY')[0] ?? []
  return [
    {
      ...{ schema, name, primaryKey },
      columns: columns.map(([column, native]) => ({
        ...{ name: column ?? '', ...toValueType(native ?? ''), native: native ?? '' },
        ...{ isRequired: required.has(column ?? ''), isGenerated: false, labels: null },
      })),
      uniqueKeys: keysOf('UNIQUE').filter((key) => key.every((column) => required.has(column))),
      indexed: primaryKey.slice(0, 1),
      estimatedRows: size === undefined ? null : Number(size[0]),
      estimatedBytes: null,
    },
  ]
}

function namesOf(json: string | null | undefined): readonly string[] {
  const list: unknown = JSON.parse(json ?? '[]')
  return Array.isArray(list) ? list.map(String) : []
}

async function boundsOf(
  connection: DuckDBConnection,
  { table, where }: Pick<WindowAsk, 'table' | 'where'>,
  { column, lag }: { readonly column: string; readonly lag: number },
): Promise<Bounds> {
  const cursor = quoteIdentifier(column)
  const from = `FROM ${tableSql(table)}${where === null ? '' : ` WHERE (${where})`}`
  const [found] = await described(connection, table)
  const type = found?.columns.find(({ name }) => name === column)?.native ?? ''
  // A time in a file has no clock of a server: that of this machine, in UTC.
  const high = /^TIMESTAMP/.test(type)
    ? `least(max(${cursor}), CAST(now() - INTERVAL ${Math.trunc(lag)} MILLISECOND AS ${type}))`
    : `max(${cursor})`
  const [row] = await readRows(
    connection,
    `SELECT CAST(${high} AS VARCHAR), count(*), count(*) - count(${cursor}) ${from}`,
  )
  return { high: row?.[0] ?? null, rows: BigInt(row?.[1] ?? 0), nulls: BigInt(row?.[2] ?? 0) }
}

type WithConnection = <Result>(work: (connection: DuckDBConnection) => Promise<Result>) => Promise<Result>

interface Viewed {
  readonly window: WindowAsk
  readonly path: string
}

/** One transaction on one connection, as long as the view is open. */
async function openView({ window: ask, path }: Viewed, withConnection: WithConnection): Promise<WindowView> {
  const what = `read ${ask.table.schema}.${ask.table.name} at ${path}`
  const closed = Promise.withResolvers<void>()
  const opened = Promise.withResolvers<DuckDBConnection>()
  const held = withConnection(async (connection) => {
    await connection.run('BEGIN TRANSACTION READ ONLY')
    opened.resolve(connection)
    await closed.promise
  })
  held.catch((error: unknown) => opened.reject(toFailure(error, what)))
  const connection = await opened.promise
  const folder = await mkdtemp(join(tmpdir(), 'daybreak-duckdb-'))
  const guarded = async <Result>(work: () => Promise<Result>): Promise<Result> =>
    await work().catch((error: unknown) => {
      throw toFailure(error, what)
    })
  return {
    isShared: true,
    read(shard) {
      let rows = 0
      return {
        rows: () => rows,
        async *[Symbol.asyncIterator]() {
          const csv = join(folder, `${shard.id}.csv`)
          try {
            rows = await guarded(() => copyTo(csv, connection, { ask, shard }))
            yield* createReadStream(csv, { highWaterMark: CHUNK })
          } finally {
            await rm(csv, { force: true })
          }
        },
      }
    },
    totals: (shard, totals) =>
      guarded(async () => {
        const { sql, read } = selectTotals(ask, totals, (total, column) =>
          totalSql(total, measuredSql(column, ask.asText)),
        )
        const [row = []] = await readRows(
          connection,
          `SELECT ${['count(*)', ...sql].join(', ')} ${fromSql(ask, shard)}`,
        )
        return read(row)
      }),
    limits: (column, parts) =>
      guarded(async () => {
        const key = quoteIdentifier(column)
        const [row] = await readRows(
          connection,
          `SELECT CAST(min(${key}) AS VARCHAR), CAST(max(${key}) AS VARCHAR) ${fromSql(ask, null)}`,
        )
        return row?.[0] == null || row[1] == null ? [] : evenLimits(BigInt(row[0]), BigInt(row[1]), parts)
      }),
    async close() {
      closed.resolve()
      await held.catch(() => undefined)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

interface Copying {
  readonly ask: WindowAsk
  readonly shard: KeyRange
}

/** Writes the rows of a shard as CSV, and gives their number. */
async function copyTo(path: string, connection: DuckDBConnection, { ask, shard }: Copying): Promise<number> {
  const values = ask.from.map((column, at) => `${readSql(column, ask.asText)} AS c${at}`)
  // An empty line would stand for a row whose only value is NULL.
  const list = values.length === 1 ? [...values, "'1' AS pad"] : values
  const forced = list.map((_, at) => (at < values.length ? `c${at}` : 'pad')).join(', ')
  const [row] = await readRows(
    connection,
    `COPY (SELECT ${list.join(', ')} ${fromSql(ask, shard)}) TO ${quoteString(path)} (FORMAT csv, HEADER false, DELIMITER ',', QUOTE '"', ESCAPE '"', NULLSTR '', FORCE_QUOTE (${forced}))`,
  )
  return Number(row?.[0] ?? 0)
}

const WRITER = { table: tableSql, identifier: quoteIdentifier, literal: quoteString }

const fromSql = (ask: AskedRows, shard: KeyRange | null): string => `FROM ${rowsSql(ask, shard, WRITER)}`
