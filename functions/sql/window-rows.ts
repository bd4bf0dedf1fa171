import type { Digest } from './digest.ts'
import type { Total, ValueColumn } from './value.ts'

interface Place {
  readonly schema: string
  readonly name: string
}

/** A range of a cursor: rows after the low end, up to the high one. */
interface Range {
  readonly column: string
  /** Null for a range without a beginning. */
  readonly low: string | null
  readonly high: string
  /** True where rows without a cursor belong to it. */
  readonly withNulls: boolean
}

/** A share of a window: a half-open range of a key, or all of it. */
interface Share {
  /** Null for the only share. */
  readonly column: string | null
  readonly from: string | null
  readonly to: string | null
}

/** How a system writes what the rows of a window are chosen by. */
interface RowsWriter {
  readonly table: (table: Place) => string
  readonly identifier: (name: string) => string
  /** A value of the cursor, whose column is given as the source described it. */
  readonly literal: (text: string, cursor: ValueColumn | undefined) => string
}

/** Table, condition and range of a window; its columns where a system writes a value by the type of its column. */
export interface AskedRows {
  readonly table: Place
  readonly where: string | null
  readonly range: Range | null
  readonly from?: readonly ValueColumn[]
}

/** Pure: table and condition for the rows of a window, or of one of its shards. */
export function rowsSql(
  { table, where, range, from = [] }: AskedRows,
  shard: Share | null,
  writer: RowsWriter,
): string {
  const cursor = from.find(({ name }) => name === range?.column)
  const conditions = [
    ...(where === null ? [] : [`(${where})`]),
    ...(range === null ? [] : [rangeSql(range, cursor, writer)]),
    ...(shard === null ? [] : shardSql(shard, writer)),
  ]
  return `${writer.table(table)}${conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`}`
}

function rangeSql(
  { column, low, high, withNulls }: Range,
  described: ValueColumn | undefined,
  { identifier, literal }: RowsWriter,
): string {
  const cursor = identifier(column)
  const after = low === null ? [] : [`${cursor} > ${literal(low, described)}`]
  const range = [...after, `${cursor} <= ${literal(high, described)}`].join(' AND ')
  return withNulls ? `((${range}) OR ${cursor} IS NULL)` : `(${range})`
}

/** Rows without the key are in the last shard, where they become rejects. */
function shardSql({ column, from, to }: Share, { identifier }: RowsWriter): readonly string[] {
  if (column === null || (from === null && to === null)) return []
  const key = identifier(column)
  const ends = [...(from === null ? [] : [`${key} >= ${from}`]), ...(to === null ? [] : [`${key} < ${to}`])]
  const range = ends.join(' AND ')
  return [to === null ? `(${range} OR ${key} IS NULL)` : `(${range})`]
}

interface DigestWriter<Column> extends RowsWriter {
  /** SQL of a value to compare; of a column that the source does not describe, the column itself. */
  readonly value: (source: Column | undefined, column: ValueColumn) => string
}

interface ComparedRows<Column extends ValueColumn> extends Omit<AskedRows, 'range' | 'from'> {
  /** Absent: all rows. */
  readonly range?: Range | null
  readonly columns: readonly ValueColumn[]
  /** The columns as the source described them. */
  readonly from: readonly Column[]
}

/** Pure: rows that are compared with those of another table, their values and the key that finds them. */
export function digestOf<Column extends ValueColumn>(
  { table, where, range = null, columns, from }: ComparedRows<Column>,
  key: readonly string[],
  writer: DigestWriter<Column>,
): Digest {
  const all = columns.map((column, at) => ({ column, value: writer.value(from[at], column) }))
  return {
    from: rowsSql({ table, where, range, from }, null, writer),
    columns: all,
    key: all.filter(({ column }) => key.includes(column.name)),
  }
}

/** Sums of a shard: what to select behind the number of rows, and the answer that a row of these texts is. */
interface SelectedTotals {
  readonly sql: readonly string[]
  read(row: readonly (string | null)[]): {
    readonly rows: number
    readonly totals: Readonly<Record<string, string>>
  }
}

/** Pure: the sums that were asked for. One of a column that is not read is zero. */
export function selectTotals<Column extends ValueColumn>(
  { columns, from }: { readonly columns: readonly ValueColumn[]; readonly from: readonly Column[] },
  totals: readonly Total[],
  sqlOf: (total: Total, column: Column) => string,
): SelectedTotals {
  const described = new Map(columns.map(({ name }, at) => [name, from[at]]))
  const known = totals.flatMap((total) => {
    const column = described.get(total.column.name)
    return column === undefined ? [] : [{ name: total.name, sql: sqlOf(total, column) }]
  })
  const places = new Map(known.map(({ name }, at) => [name, at]))
  return {
    sql: known.map(({ sql }, at) => `${sql} AS t${at}`),
    read: ([rows, ...sums]) => ({
      rows: Number(rows ?? 0),
      totals: Object.fromEntries(totals.map(({ name }) => [name, sums[places.get(name) ?? -1] ?? '0'])),
    }),
  }
}
