import { BUSINESS_DATE, LOCATION_ID } from '../../contract/carried.ts'
import type { CutFile, CutRecord } from './records.ts'

/** Columns that say in every table of a rebuild which slice a row is from. */
export const SHARD = LOCATION_ID
/** Column of the sheet with the window of a slice. */
export const WINDOW = BUSINESS_DATE

/** The slice that a raw file belongs to, and what expressions need to know about its location. */
export interface SheetSlice {
  readonly location: string
  readonly date: string
  readonly sourceFile: string
  readonly rawSha256: string
  readonly timeZone: string
  readonly closeoutHour: number
}

/** A table that a load job fills with lines of JSON. No value of a file can make such a load fail: bytes are base64 text. */
export interface SheetTable {
  readonly columns: readonly { readonly name: string; readonly type: 'STRING' | 'INT64' | 'DATE' }[]
}

/** One row for each record but the header. */
export const RECORDS: SheetTable = {
  columns: [
    { name: SHARD, type: 'STRING' },
    { name: WINDOW, type: 'DATE' },
    { name: 'record', type: 'INT64' },
    { name: 'line', type: 'INT64' },
    { name: 'byte_offset', type: 'INT64' },
    { name: 'bytes', type: 'STRING' },
  ],
}

/** One row for each file: where it comes from, and what must come out of it. */
export const FILES: SheetTable = {
  columns: [
    { name: SHARD, type: 'STRING' },
    { name: WINDOW, type: 'DATE' },
    { name: 'source_file', type: 'STRING' },
    { name: 'raw_sha256', type: 'STRING' },
    { name: 'time_zone', type: 'STRING' },
    { name: 'closeout_hour', type: 'INT64' },
    { name: 'encoding', type: 'STRING' },
    { name: 'records', type: 'INT64' },
  ],
}

/** The line of JSON of one record. */
export function recordLine(
  { location, date }: Pick<SheetSlice, 'location' | 'date'>,
  { record, line, byteOffset, bytes }: CutRecord,
): string {
  const row = { [SHARD]: location, [WINDOW]: date, record, line, byte_offset: byteOffset }
  return `${JSON.stringify({ ...row, bytes: bytes.toString('base64') })}\n`
}

/** The line of JSON of a file whose records are all cut. */
export function fileLine(slice: SheetSlice, { encoding, records }: CutFile): string {
  const row = {
    [SHARD]: slice.location,
    [WINDOW]: slice.date,
    source_file: slice.sourceFile,
    raw_sha256: slice.rawSha256,
    time_zone: slice.timeZone,
    closeout_hour: Math.trunc(slice.closeoutHour),
    encoding,
    records,
  }
  return `${JSON.stringify(row)}\n`
}
