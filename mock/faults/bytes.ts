import type { CsvRecord, Table } from '../csv.ts'

const CRLF = '\r\n'

/** The text with LF after every seventh record. Takes records, because a line may be part of one. */
export function mixRowEnds(records: readonly string[]): string {
  return records.map((record, index) => (index % 7 === 6 ? `${record.slice(0, -CRLF.length)}\n` : record)).join('')
}

/** A byte order mark and the bytes. */
export function withBom(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes])
}

/** The bytes up to the middle of a record, about 60 % of them. */
export function halfOf(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes)
  const start = text.lastIndexOf(CRLF, Math.floor(bytes.length * 0.6)) + CRLF.length
  const end = text.indexOf(CRLF, start)
  return bytes.slice(0, Math.max(5, start + Math.floor(((end === -1 ? bytes.length : end) - start) / 2)))
}

// 0x80 to 0x9F of windows-1252; what is missing there has no character.
const HIGH = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ'

/** The text in windows-1252; `?` for what it cannot say. */
export function toWindows1252(text: string): Uint8Array {
  return Uint8Array.from([...text].map(codeOf))
}

function codeOf(character: string): number {
  const code = character.codePointAt(0) ?? 0x3f
  if (code < 0x80 || (code >= 0xa0 && code <= 0xff)) return code
  const high = HIGH.indexOf(character)
  return high === -1 ? 0x3f : 0x80 + high
}

/** A field with letters that are no UTF-8 in windows-1252, in the first row, so that the fault cannot hide. */
export function withAccents(table: Table, column: string): Table {
  const at = table.header.indexOf(column)
  const [first, ...rest] = table.records
  if (!first || at === -1) return table
  return { ...table, records: [first.map((field, index) => (index === at ? 'Medellín’s Café' : field)), ...rest] }
}

/**
 * Where a quote can be opened so that it never closes: past the middle, and after the last quote there is; undefined in
 * a file without rows. The header is at 0.
 */
export function placeForOpenQuote(encoded: readonly string[]): number | undefined {
  const afterQuotes = encoded.findLastIndex((record) => record.includes('"')) + 1
  const last = encoded.length - 1
  return last === 0 ? undefined : Math.min(Math.max(afterQuotes, Math.ceil(last * 0.6)), last)
}

/** The record with a quote that opens its nth field. */
export function openQuote(record: CsvRecord, field: number): string {
  return record.map((value, index) => (index === field ? `"${value}` : value)).join(',') + CRLF
}
