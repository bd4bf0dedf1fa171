import { DaybreakError } from '../../errors.ts'
import type {
  Bounds,
  CursorRange,
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
    side({ table, where, range, columns, from }, key) {
      const all = columns.map((column, at) => ({ column, value: comparedSql(from[at], column.name, zeroDates) }))
      return {
        digest: {
          from: rowsSql({ table, where, range: range ?? null, from }, null),
          columns: all,
          key: all.filter(({ column }) => key.includes(column.name)),
        },
        dialect: MYSQL_DIGEST,
        query: (sql) => ask('compare', async (client) => (await client.rows(sql)).map((row) => Object.values(row))),
      }
    },
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

/** Opens one connection with one snapshot: two of them would be of two instants, so shards are read one after the other. */
async function openView(options: TableOptions, ask: WindowAsk, signal?: AbortSignal): Promise<WindowView> {
  const what = `read ${ask.table.schema}.${ask.table.name} at ${nameOf(options)}`
  const reading = { asText: ask.asText, zeroDates: options.zeroDates }
  const client = await connect(options, 'source')
  let last: Promise<unknown> = Promise.resolve()
  /** Waits for the work before it, and gives the turn back with what it returns. */
  const turn = async (): Promise<() => void> => {
    const before = last
    let done = () => {}
    last = new Promise<void>((resolve) => {
      done = resolve
    })
    await before
    return done
  }
  const inTurn = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    const done = await turn()
    try {
      return await work()
    } catch (error) {
      throw toFailure(error, what)
    } finally {
      done()
    }
  }
  try {
    await client.run('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ')
    await client.run('START TRANSACTION WITH CONSISTENT SNAPSHOT')
  } catch (error) {
    await client.end()
    throw toFailure(error, what)
  }
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
            throw toFailure(error, what)
          } finally {
            done()
          }
        },
      }
    },
    totals: (shard, totals) =>
      inTurn(async () => {
        const byName = new Map(ask.columns.map(({ name }, at) => [name, ask.from[at]]))
        const sums = totals.flatMap((total, at) => {
          const column = byName.get(total.column.name)
          return column === undefined ? [] : [`${totalSql(total, measuredSql(column, reading))} AS t${at}`]
        })
        const [row] = await client.rows(
          `SELECT ${['CAST(COUNT(*) AS CHAR) AS `rows`', ...sums].join(', ')} ${fromSql(ask, shard)}`,
        )
        return {
          rows: Number(row?.rows ?? 0),
          totals: Object.fromEntries(totals.map(({ name }, at) => [name, row?.[`t${at}`] ?? '0'])),
        }
      }),
    limits: (column, parts) =>
      inTurn(async () => {
        const key = quoteIdentifier(column)
        const [row] = await client.rows(
          `SELECT CAST(MIN(${key}) AS CHAR) AS low, CAST(MAX(${key}) AS CHAR) AS high ${fromSql(ask, null)}`,
        )
        return row?.low == null || row.high == null ? [] : evenLimits(BigInt(row.low), BigInt(row.high), parts)
      }),
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

type Rows = Pick<WindowAsk, 'table' | 'where' | 'range' | 'from'>

function fromSql(ask: Rows, shard: KeyRange | null): string {
  return `FROM ${rowsSql(ask, shard)}`
}

function rowsSql(ask: Rows, shard: KeyRange | null): string {
  const { table, where, range } = ask
  const conditions = [
    ...(where === null ? [] : [`(${where})`]),
    ...(range === null ? [] : [rangeSql(range, ask)]),
    ...(shard === null ? [] : shardSql(shard)),
  ]
  return `${tableSql(table)}${conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`}`
}

function rangeSql({ column, low, high, withNulls }: CursorRange, { from }: Pick<WindowAsk, 'from'>): string {
  const cursor = quoteIdentifier(column)
  const type = from.find(({ name }) => name === column)?.type
  const literal = (text: string) => (isNumber(type, text) ? text : quoteString(text))
  const after = low === null ? [] : [`${cursor} > ${literal(low)}`]
  const range = [...after, `${cursor} <= ${literal(high)}`].join(' AND ')
  return withNulls ? `((${range}) OR ${cursor} IS NULL)` : `(${range})`
}

/** A number in quotes would be compared as a double, which has 53 bits. */
function isNumber(type: SourceColumn['type'] | undefined, text: string): boolean {
  return (type === 'int64' || type === 'numeric') && /^-?\d+(\.\d+)?$/.test(text)
}

function shardSql({ column, from, to }: KeyRange): readonly string[] {
  if (column === null || (from === null && to === null)) return []
  const key = quoteIdentifier(column)
  const range = [...(from === null ? [] : [`${key} >= ${from}`]), ...(to === null ? [] : [`${key} < ${to}`])].join(
    ' AND ',
  )
  // Rows without the key are in the last shard, where they become rejects.
  return [to === null ? `(${range} OR ${key} IS NULL)` : `(${range})`]
}
