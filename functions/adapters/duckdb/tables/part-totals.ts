import type { DuckDBConnection } from '@duckdb/node-api'
import type { PartRequest } from '../../../pipeline/tables/ports.ts'
import { quoteString } from '../../../sql/dialects/duckdb/quote.ts'
import { totalSql } from '../../../sql/dialects/duckdb/totals.ts'
import { parseSql, valueType } from '../../../sql/dialects/duckdb/values.ts'
import type { Total } from '../../../sql/value.ts'
import { readRows } from '../connection.ts'

/** A column of a part has the name of its place: names of tables may differ in case only, and those of DuckDB may not. */
export const placeName = (place: number): string => `c${place}`

/** Number of a row in its raw object, from 1. */
export const ROW = '_row'

/** Columns that rows of files have in addition: the line, what keeps it from being a row, and its text. */
export const [LINE, FAULT, TEXT] = ['_line', '_fault', '_text'] as const

/** True for a column whose values the engine casts. */
export const isCast = (column: PartRequest['columns'][number]): boolean => valueType(column) !== 'VARCHAR'

/** Sums over the rows of a part. */
export async function sumsOfPart(connection: DuckDBConnection, request: PartRequest, part: string) {
  const { totals, columns, asText } = request
  if (totals.length === 0) return {}
  const list = totals.map((total) => {
    const name = placeName(columns.findIndex((column) => column.name === total.column.name))
    return asText ? textTotalSql(total, name, request) : totalSql(total, name)
  })
  const [row = []] = await readRows(connection, `SELECT ${list.join(', ')} FROM read_parquet(${quoteString(part)})`)
  return Object.fromEntries(totals.map(({ name }, at) => [name, row[at] ?? '0']))
}

interface Rejects {
  /** Query of all rows with their values. */
  readonly judged: string
  readonly part: string
}

/**
 * Sums over the rows that are not in the part, as the source has counted them. Left out: the sum of a column of which a rejected
 * row has a value that is none of its type, since the source may have counted it in a way of its own.
 */
export async function sumsOfRejects(connection: DuckDBConnection, request: PartRequest, { judged, part }: Rejects) {
  const { totals, columns, asText, files } = request
  if (totals.length === 0) return {}
  const list = totals.flatMap((total) => {
    const place = columns.findIndex((column) => column.name === total.column.name)
    const [text, column] = [placeName(place), total.column]
    const value = isCast(column) ? (asText ? parseSql(column, bare(text, request)) : `v${place}`) : text
    return [
      asText ? textTotalSql(total, text, request) : totalSql(total, value),
      `count(*) FILTER (WHERE ${text} IS NOT NULL AND ${value} IS NULL)`,
    ]
  })
  // A row of a table whose text cannot be read counts at the source, and has no values here.
  const unread = files === null || files.length > 0 ? '0' : `count(${FAULT})`
  const [row = []] = await readRows(
    connection,
    `SELECT ${unread}, ${list.join(', ')} FROM (${judged}) ANTI JOIN read_parquet(${quoteString(part)}) USING (${ROW})`,
  )
  if (row[0] !== '0') return {}
  const known = totals.flatMap(({ name }, at) =>
    row[2 * at + 2] === '0' ? [[name, row[2 * at + 1] ?? '0'] as const] : [],
  )
  return Object.fromEntries(known)
}

/** The text of a value without the letter of its type. */
function bare(name: string, { isMarked }: Pick<PartRequest, 'isMarked'>): string {
  return isMarked ? `substr(${name}, 2)` : name
}

/** A sum over values that are still text. */
function textTotalSql(total: Total, name: string, request: Pick<PartRequest, 'isMarked'>): string {
  const { measure, column } = total
  const text = bare(name, request)
  if (measure === 'values') return totalSql(total, name)
  if (measure !== 'bytes') return totalSql(total, parseSql(column, text))
  if (column.type !== 'bytes') return totalSql(total, text)
  // In hexadecimal, after `\x` where no letter marks the type.
  return request.isMarked
    ? `CAST(coalesce(sum(CASE WHEN ${name}[1] = 'x' THEN strlen(${text}) // 2 ELSE strlen(${text}) END), 0) AS VARCHAR)`
    : `CAST(coalesce(sum((strlen(${text}) - 2) // 2), 0) AS VARCHAR)`
}
