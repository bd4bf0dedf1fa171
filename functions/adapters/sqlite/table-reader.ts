import { isUtf8 } from 'node:buffer'
import type { DatabaseSync } from 'node:sqlite'
import { csvLine, notUtf8 } from '../../engine/file/table-records.ts'
import type { KeyRange, SourceTable, TableReader, WindowAsk, WindowView } from '../../pipeline/tables/ports.ts'
import { SQLITE_DIGEST } from '../../sql/dialects/sqlite/canonical.ts'
import { quoteIdentifier, quoteString } from '../../sql/dialects/sqlite/quote.ts'
import { totalSql } from '../../sql/dialects/sqlite/totals.ts'
import { evenLimits } from '../../sql/even-limits.ts'
import { type AskedRows, digestOf, rowsSql, selectTotals } from '../../sql/window-rows.ts'
import { describeTable, parseName, tableNames } from './discover.ts'
import { openTables, rowsOf, toFailure } from './table-client.ts'
import { measuredSql, readSql } from './value-types.ts'

const SYSTEM = 'sqlite'
const CHUNK = 1 << 18

/** The file. */
interface ReaderOptions {
  readonly path: string
}

/** Reads the tables of a SQLite file, each value by the type that it has itself. The file is never changed. */
export function openSqliteTableReader({ path }: ReaderOptions): TableReader {
  const ask = async <Result>(what: string, work: (database: DatabaseSync) => Result): Promise<Result> => {
    const database = await openTables(path, 'source')
    try {
      return work(database)
    } catch (error) {
      throw toFailure(error, `${what} at ${path}`)
    } finally {
      database.close()
    }
  }
  return {
    name: path,
    system: SYSTEM,
    isMarked: true,
    async test() {
      const before = performance.now()
      const [row] = await ask('look around', (database) => rowsOf(database, 'SELECT sqlite_version() AS version'))
      const milliseconds = Math.round(performance.now() - before)
      // The file is opened for reading alone.
      return { name: path, version: `SQLite ${row?.version ?? ''}`, isEncrypted: false, milliseconds, mayWrite: false }
    },
    async *discover(pattern) {
      const found = await ask('list tables', (database) =>
        tableNames(database, pattern).flatMap((name) => describeTable(database, name) ?? []),
      )
      yield* found
    },
    describe: (table) => ask(`describe ${table}`, (database) => describeTable(database, parseName(table))),
    bounds: ({ table, where }, { column }) =>
      ask(`ask for bounds of ${table.name}`, (database) => {
        const cursor = quoteIdentifier(column)
        const [row] = rowsOf(
          database,
          `SELECT max(${cursor}) AS high, count(*) AS "rows", count(*) - count(${cursor}) AS nulls FROM ${quoteIdentifier(table.name)}${where === null ? '' : ` WHERE (${where})`}`,
        )
        return { high: row?.high ?? null, rows: BigInt(row?.rows ?? 0), nulls: BigInt(row?.nulls ?? 0) }
      }),
    earlier: async (_, value, milliseconds) => earlier(value, milliseconds),
    side: (rows, key) => ({
      digest: digestOf(rows, key, {
        ...WRITER,
        value: (source, { name }) => (source ? readSql(source, false) : quoteIdentifier(name)),
      }),
      dialect: SQLITE_DIGEST,
      query: (sql) => ask('compare', (database) => rowsOf(database, sql).map((row) => Object.values(row))),
    }),
    open: (window) => openView(path, window),
    close: async () => undefined,
  }
}

const TIME = /^(\d{4}-\d{2}-\d{2})(?:([ T])(\d{2}:\d{2}:\d{2})(\.\d+)?(Z|\+00(?::?00)?)?)?$/

/** A text of a time some milliseconds before, in the form of the value; another value stays what it is. */
function earlier(value: string, milliseconds: number): string {
  const [, day, separator, time, fraction = '', zone = ''] = TIME.exec(value) ?? []
  if (day === undefined || milliseconds === 0) return value
  const at = new Date(Date.parse(`${day}T${time ?? '00:00:00'}Z`) - milliseconds).toISOString()
  return time === undefined ? at.slice(0, 10) : `${at.slice(0, 10)}${separator}${at.slice(11, 19)}${fraction}${zone}`
}

/** One transaction that reads: all shards are of one instant. */
async function openView(path: string, ask: WindowAsk): Promise<WindowView> {
  const what = `read ${ask.table.name} at ${path}`
  const database = await openTables(path, 'source')
  const guarded = <Result>(work: () => Result): Result => {
    try {
      return work()
    } catch (error) {
      throw toFailure(error, what)
    }
  }
  // The snapshot begins with the first row that is read.
  guarded(() => database.exec('BEGIN; SELECT count(*) FROM sqlite_schema'))
  return {
    isShared: true,
    read(shard) {
      let rows = 0
      return {
        rows: () => rows,
        files: () => [],
        async *[Symbol.asyncIterator]() {
          const statement = guarded(() => database.prepare(lineSql(ask, shard)))
          let taken: Uint8Array[] = []
          let size = 0
          try {
            for (const { line } of statement.iterate()) {
              if (!(line instanceof Uint8Array)) continue
              rows++
              taken.push(...recordOf(line, { row: rows, columns: ask.from.length }))
              size += line.length
              if (size < CHUNK) continue
              yield Buffer.concat(taken)
              taken = []
              size = 0
            }
          } catch (error) {
            throw toFailure(error, what)
          }
          if (taken.length > 0) yield Buffer.concat(taken)
        },
      }
    },
    totals: async (shard, totals) =>
      guarded(() => {
        const { sql, read } = selectTotals(ask, totals, (total, column) => totalSql(total, measuredSql(column)))
        const [row] = rowsOf(database, `SELECT ${['count(*) AS "rows"', ...sql].join(', ')} ${fromSql(ask, shard)}`)
        return read(Object.values(row ?? {}))
      }),
    limits: async (column, parts) =>
      guarded(() => {
        const key = quoteIdentifier(column)
        const [row] = rowsOf(database, `SELECT min(${key}) AS low, max(${key}) AS high ${fromSql(ask, null)}`)
        const [low, high] = [row?.low, row?.high]
        // A column of whole numbers can hold a text.
        return isWhole(low) && isWhole(high) ? evenLimits(BigInt(low), BigInt(high), parts) : []
      }),
    async close() {
      database.close()
    },
  }
}

const isWhole = (text: string | null | undefined): text is string => text != null && /^-?\d+$/.test(text)

// The most characters that are shown of a row that cannot be read.
const LONGEST_TEXT = 10_000

/** A row with its number and what keeps it from being a row. Readers of CSV stop at bytes that are no UTF-8, so those of such a row stay out. */
function recordOf(
  line: Uint8Array,
  { row, columns }: { readonly row: number; readonly columns: number },
): readonly Uint8Array[] {
  if (isUtf8(line)) return [line, Buffer.from(`,${row},,\n`)]
  const bytes = Buffer.from(line)
  const text = bytes.toString('utf8').slice(0, LONGEST_TEXT).replaceAll('\0', '\\0')
  const nothing = Array.from({ length: columns }, () => null)
  return [Buffer.from(`${csvLine([...nothing, String(row), notUtf8(bytes), text])}\n`)]
}

/** One line of CSV for each row as bytes: a text that is no UTF-8 stays what it is. */
function lineSql(ask: WindowAsk, shard: KeyRange): string {
  const values = ask.from.map(
    (column) => `coalesce('"' || replace(${readSql(column, ask.asText)}, '"', '""') || '"', '')`,
  )
  return `SELECT CAST(${values.join(" || ',' || ")} AS BLOB) AS line ${fromSql(ask, shard)}`
}

/** A number is less than every text, so a literal has to have the type of the value. */
function literal(text: string): string {
  return /^-?\d+(\.\d+)?$/.test(text) ? text : quoteString(text)
}

const WRITER = {
  table: ({ name }: Pick<SourceTable, 'name'>) => quoteIdentifier(name),
  identifier: quoteIdentifier,
  literal,
}

const fromSql = (ask: AskedRows, shard: KeyRange | null): string => `FROM ${rowsSql(ask, shard, WRITER)}`
