/** Fields of one record. */
export type CsvRecord = readonly string[]

/** One CSV file as records, before it becomes bytes. */
export interface Table {
  /** Name of the file, e.g. `OrderDetails.csv`. */
  readonly file: string
  readonly header: CsvRecord
  readonly records: readonly CsvRecord[]
}

const NEEDS_QUOTES = /[",\r\n]/

/** Minimal RFC 4180, CRLF after every record including the last: the exact bytes of Toast's exports. */
export function encodeTable({ header, records }: Table): string {
  return [header, ...records].map(encodeRecord).join('')
}

/** One record with its row end. */
export function encodeRecord(record: CsvRecord): string {
  return `${record.map(encodeField).join(',')}\r\n`
}

function encodeField(field: string): string {
  // Two fields in five are empty, and this is the innermost loop of the generator.
  return field !== '' && NEEDS_QUOTES.test(field) ? `"${field.replaceAll('"', '""')}"` : field
}
