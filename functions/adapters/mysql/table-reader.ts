import { DaybreakError } from '../../errors.ts'
import type {
  Bounds,
  KeyRange,
  SourceColumn,
  SourceTable,
  TableReader,
  WindowAsk,
  WindowView,
} from '../../pipeline/tables/ports.ts'
import { MYSQL_DIGEST } from '../../sql/dialects/mysql/canonical.ts'
import { quoteIdentifier, quoteString } from '../../sql/dialects/mysql/quote.ts'
import { totalSql } from '../../sql/dialects/mysql/totals.ts'
import { evenLimits } from '../../sql/even-limits.ts'
import type { ValueColumn } from '../../sql/value.ts'
import { type AskedRows, digestOf, rowsSql, selectTotals } from '../../sql/window-rows.ts'
import { describeTable, discoverTables, parseName } from './discover.ts'
import { toFailure } from './errors.ts'
import { type Client, connect, nameOf, type TableOptions } from './table-client.ts'
import { measuredSql, readSql } from './value-types.ts'

/** Kind of the connection. */
const SYSTEM = 'mysql'

const CHUNK = 1 << 18

/** Reads the tables of a MySQL or MariaDB server as its own text, in sessions that cannot write. */
export function openMysqlTableReader(options: TableOptions): TableReader {
  const { database, zeroDates } = options
  const name = nameOf(options)
  let shared: Promise<Client> | null = null
  const ask = async <Result>(what: string, work: (client: Client) => Promise<Result>): Promise<Result> => {
    shared ??= connect(options, 'source')
    const own = shared
    try {
      return await work(await own)
    } catch (error) {
      if (shared === own) shared = null
      await own.then((client) => client.end()).catch(() => undefined)
      throw toFailure(error, `${what} at ${name}`)
    }
  }
  return {
    name,
    system: SYSTEM,
    test: () => ask('look around', (client) => report(client, name)),
    async *discover(pattern) {
      const own = await connect(options, 'source')
      try {
        yield* discoverTables(own, pattern)
      } finally {
        await own.end()
      }
    },
    describe: (table) => ask(`describe ${table}`, (client) => describeTable(client, parseName(table, database))),
    bounds: (window, cursor) =>
      ask(`ask for bounds of ${window.table.name}`, (client) => boundsOf(client, window, cursor)),
    earlier: (cursor, value, milliseconds) =>
      ask(`subtract from ${value}`, (client) => earlier(client, cursor, { value, milliseconds })),
    side: (rows, key) => ({
      digest: digestOf(rows, key, { ...WRITER, value: (source, { name }) => comparedSql(source, name, zeroDates) }),
      dialect: MYSQL_DIGEST,
      query: (sql) => ask('compare', async (client) => (await client.rows(sql)).map((row) => Object.values(row))),
    }),
    open: (window, signal) => openView(options, window, signal),
    async close() {
      const open = await shared?.catch(() => null)
      shared = null
      await open?.end()
    },
  }
}

/** Values that a digest makes its own text of stay values; the others are the text that is read. */
function comparedSql(source: SourceColumn | undefined, name: string, zeroDates: TableOptions['zeroDates']): string {
  if (source === undefined) return quoteIdentifier(name)
  const isOwn = ['bytes', 'date', 'time', 'datetime', 'timestamp', 'bool'].includes(source.type)
  return isOwn ? measuredSql(source, { asText: false, zeroDates }) : readSql(source, { asText: false, zeroDates })
}

async function report(client: Client, name: string) {
  const before = performance.now()
  const [row] = await client.rows(`SELECT VERSION() AS version, (SELECT COUNT(*) FROM information_schema.USER_PRIVILEGES
    WHERE GRANTEE = CONCAT('''', REPLACE(CURRENT_USER(), '@', '''@'''), '''') AND PRIVILEGE_TYPE IN ('INSERT', 'UPDATE', 'DELETE')) +
    (SELECT COUNT(*) FROM information_schema.SCHEMA_PRIVILEGES WHERE TABLE_SCHEMA = DATABASE()
      AND GRANTEE = CONCAT('''', REPLACE(CURRENT_USER(), '@', '''@'''), '''') AND PRIVILEGE_TYPE IN ('INSERT', 'UPDATE', 'DELETE')) AS writes`)
  const [cipher] = await client.rows("SHOW SESSION STATUS LIKE 'Ssl_cipher'")
  const version = row?.version ?? ''
  return {
    name,
    version: version.includes('MariaDB')
      ? version.replace(/-MariaDB.*$/, '').replace(/^/, 'MariaDB ')
      : `MySQL ${version}`,
    isEncrypted: Object.values(cipher ?? {}).at(-1) !== '',
    milliseconds: Math.round(performance.now() - before),
    mayWrite: Number(row?.writes ?? 0) > 0,
  }
}

const tableSql = ({ schema, name }: SourceTable): string => `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`

async function boundsOf(
  client: Client,
  { table, where }: Pick<WindowAsk, 'table' | 'where'>,
  { column, lag }: { readonly column: string; readonly lag: number },
): Promise<Bounds> {
  const cursor = quoteIdentifier(column)
  const [row] = await client.rows(
    `SELECT CAST(MAX(${cursor}) AS CHAR) AS high, CAST(COUNT(*) AS CHAR) AS \`rows\`, CAST(COUNT(*) - COUNT(${cursor}) AS CHAR) AS nulls
     FROM ${tableSql(table)}${where === null ? '' : ` WHERE (${where})`}`,
  )
  const bounds = { rows: BigInt(row?.rows ?? 0), nulls: BigInt(row?.nulls ?? 0) }
  const high = row?.high ?? null
  const type = await typeOf(client, table, column)
  if (high === null || !isTime(type)) return { ...bounds, high }
  // In text of one form, the earlier time is the smaller one.
  const [now] = await client.rows(
    `SELECT CAST(CAST(${await nowSql(client, type)} - INTERVAL ${micros(lag)} MICROSECOND AS DATETIME(6)) AS CHAR) AS now`,
  )
  const [capped] = await client.rows(
    `SELECT CAST(LEAST(CAST(${quoteString(high)} AS DATETIME(6)), CAST(${quoteString(now?.now ?? high)} AS DATETIME(6))) AS CHAR) AS high`,
  )
  return { ...bounds, high: capped?.high ?? high }
}

/** A DATETIME is on the wall clock of the server, which writers have unless they say otherwise. */
async function nowSql(client: Client, type: string): Promise<string> {
  if (type === 'timestamp') return 'UTC_TIMESTAMP(6)'
  await client.run('SET time_zone = @@global.time_zone')
  try {
    const [row] = await client.rows('SELECT CAST(NOW(6) AS CHAR) AS now')
    return `CAST(${quoteString(row?.now ?? '')} AS DATETIME(6))`
  } finally {
    await client.run("SET time_zone = '+00:00'")
  }
}

const isTime = (type: string): boolean => type === 'timestamp' || type === 'datetime' || type === 'date'

const micros = (milliseconds: number): number => Math.trunc(milliseconds) * 1_000

async function earlier(
  client: Client,
  { table, column }: { readonly table: SourceTable; readonly column: string },
  { value, milliseconds }: { readonly value: string; readonly milliseconds: number },
): Promise<string> {
  if (milliseconds === 0 || !isTime(await typeOf(client, table, column))) return value
  const [row] = await client.rows(
    `SELECT CAST(CAST(${quoteString(value)} AS DATETIME(6)) - INTERVAL ${micros(milliseconds)} MICROSECOND AS CHAR) AS value`,
  )
  return row?.value ?? value
}

async function typeOf(client: Client, table: SourceTable, column: string): Promise<string> {
  const [row] = await client.rows(
    `SELECT DATA_TYPE AS type FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ${quoteString(table.schema)}
       AND TABLE_NAME = ${quoteString(table.name)} AND COLUMN_NAME = ${quoteString(column)}`,
  )
  if (row?.type != null) return row.type
  throw new DaybreakError(
    'DRIFT_MISSING_REQUIRED',
    `${table.schema}.${table.name} has no column ${JSON.stringify(column)} any more`,
  )
}

/** One piece of work after the other: `turn` waits for the work before it, and returns what gives the turn back. */
function takeTurns() {
  let last: Promise<unknown> = Promise.resolve()
  const turn = async (): Promise<() => void> => {
    const before = last
    const { promise, resolve } = Promise.withResolvers<void>()
    last = promise
    await before
    return resolve
  }
  const inTurn = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    const done = await turn()
    return await work().finally(done)
  }
  return { turn, inTurn }
}

/** A session with one snapshot. */
async function openSnapshot(options: TableOptions): Promise<Client> {
  const client = await connect(options, 'source')
  try {
    await client.run('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ')
    await client.run('START TRANSACTION WITH CONSISTENT SNAPSHOT')
    return client
  } catch (error) {
    await client.end()
    throw error
  }
}

/** Opens one connection with one snapshot: two of them would be of two instants, so shards are read one after the other. */
async function openView(options: TableOptions, ask: WindowAsk, signal?: AbortSignal): Promise<WindowView> {
  const what = `read ${ask.table.schema}.${ask.table.name} at ${nameOf(options)}`
  const reading = { asText: ask.asText, zeroDates: options.zeroDates }
  const fail = (error: unknown): never => {
    throw toFailure(error, what)
  }
  const client = await openSnapshot(options).catch(fail)
  const { turn, inTurn } = takeTurns()
  const abort = () => void client.end()
  signal?.addEventListener('abort', abort, { once: true })
  return {
    isShared: true,
    read(shard) {
      let rows = 0
      return {
        rows: () => rows,
        async *[Symbol.asyncIterator]() {
          const done = await turn()
          try {
            for await (const { bytes, count } of chunksOf(client.lines(linesSql(ask, shard, reading)))) {
              rows += count
              yield bytes
            }
          } catch (error) {
            fail(error)
          } finally {
            done()
          }
        },
      }
    },
    totals: (shard, totals) =>
      inTurn(async () => {
        const { sql, read } = selectTotals(ask, totals, (total, column) =>
          totalSql(total, measuredSql(column, reading)),
        )
        const [row] = await client.rows(
          `SELECT ${['CAST(COUNT(*) AS CHAR) AS `rows`', ...sql].join(', ')} ${fromSql(ask, shard)}`,
        )
        return read(Object.values(row ?? {}))
      }).catch(fail),
    limits: (column, parts) =>
      inTurn(async () => {
        const key = quoteIdentifier(column)
        const [row] = await client.rows(
          `SELECT CAST(MIN(${key}) AS CHAR) AS low, CAST(MAX(${key}) AS CHAR) AS high ${fromSql(ask, null)}`,
        )
        return row?.low == null || row.high == null ? [] : evenLimits(BigInt(row.low), BigInt(row.high), parts)
      }).catch(fail),
    async close() {
      signal?.removeEventListener('abort', abort)
      await client.end()
    },
  }
}

/** Lines in pieces of a quarter of a megabyte, each with the number of its lines. */
async function* chunksOf(lines: AsyncIterable<Uint8Array | null>) {
  let taken: Uint8Array[] = []
  let size = 0
  for await (const line of lines) {
    if (line === null)
      throw new DaybreakError(
        'SOURCE_READ_FAILED',
        'a row is longer than max_allowed_packet of the server allows; set it to more than the longest row',
      )
    taken.push(line, LINE_END)
    size += line.length + 1
    if (size < CHUNK) continue
    yield { bytes: Buffer.concat(taken), count: taken.length / 2 }
    taken = []
    size = 0
  }
  if (taken.length > 0) yield { bytes: Buffer.concat(taken), count: taken.length / 2 }
}

const LINE_END = Buffer.from('\n')

/** One line of CSV for each row, made by the server: nothing for NULL, every other value in quotes. */
function linesSql(ask: WindowAsk, shard: KeyRange, reading: Parameters<typeof readSql>[1]): string {
  const values = ask.from.map(
    (column) => `COALESCE(CONCAT('"', REPLACE(${readSql(column, reading)}, '"', '""'), '"'), '')`,
  )
  // An empty line would stand for a row whose only value is NULL.
  const list = values.length === 1 ? [...values, "'1'"] : values
  return `SELECT CONCAT_WS(',', ${list.join(', ')}) ${fromSql(ask, shard)}`
}

/** A number in quotes would be compared as a double, which has 53 bits. */
function literal(text: string, cursor: ValueColumn | undefined): string {
  const isNumber = cursor?.type === 'int64' || cursor?.type === 'numeric'
  return isNumber && /^-?\d+(\.\d+)?$/.test(text) ? text : quoteString(text)
}

const WRITER = { table: tableSql, identifier: quoteIdentifier, literal }

const fromSql = (ask: AskedRows, shard: KeyRange | null): string => `FROM ${rowsSql(ask, shard, WRITER)}`
