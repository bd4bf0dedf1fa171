import { DuckDBListValue, DuckDBTimestampTZValue } from '@duckdb/node-api'

export type Cell = { readonly v: string | null | readonly { readonly v: string | null }[] }

export interface CellFormat {
  /** Of the column, as the REST API names it. */
  readonly type: string
  /** Instants as microseconds since 1970, and not as seconds in a floating point number. */
  readonly useInt64Timestamp: boolean
}

/** A value as `jobs.getQueryResults` sends it: text for every type. */
export function toCell(value: unknown, format: CellFormat): Cell {
  if (value instanceof DuckDBListValue) return { v: value.items.map((item) => ({ v: toText(item, format) })) }
  return { v: toText(value, format) }
}

function toText(value: unknown, { type, useInt64Timestamp }: CellFormat): string | null {
  if (value === null || value === undefined) return null
  if (value instanceof DuckDBTimestampTZValue)
    return useInt64Timestamp ? String(value.micros) : String(Number(value.micros) / 1e6)
  const text = String(value)
  // A fraction of a second has six digits, or there is none.
  const padded = text.replace(/\.\d+$/, (fraction) => fraction.padEnd(7, '0'))
  if (type === 'DATETIME') return padded.replace(' ', 'T')
  if (type === 'TIME') return padded
  if (type === 'FLOAT') return /^-?\d+$/.test(text) ? `${text}.0` : text
  // Written without the zeros at its end, at any scale of the column.
  if (type === 'NUMERIC' || type === 'BIGNUMERIC') return text.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '')
  return text
}
