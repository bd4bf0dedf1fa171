import { csvLine, delimiterOf, fieldsOf, type TableRecord, tableRecords } from '../../engine/file/table-records.ts'
import { DaybreakError } from '../../errors.ts'
import type { SourceColumn } from '../../pipeline/tables/ports.ts'
import { hiddenText, plainColumn } from './columns.ts'
import { blocksOf, type CopiedFile } from './copies.ts'
import type { Lines } from './lines.ts'

/** Names in the header of a CSV file, and its delimiter. */
interface Header {
  readonly names: readonly string[]
  readonly delimiter: string
}

async function headerOf(copy: CopiedFile): Promise<Header> {
  const { name } = copy.file
  // The first line decides the delimiter.
  const first = async (delimiter: string): Promise<TableRecord> => {
    for await (const record of tableRecords(blocksOf(copy), { name, delimiter }))
      if (record.bytes.length > 0) return { ...record, bytes: Buffer.from(record.bytes) }
    throw new DaybreakError('FILE_EMPTY', `${name} has no header line`)
  }
  const line = await first(',')
  const delimiter = delimiterOf(line.bytes.toString('utf8'))
  const record = delimiter === ',' ? line : await first(delimiter)
  if (record.fault !== null)
    throw new DaybreakError('FILE_UNREADABLE', `${name} cannot be read: its header ${record.fault}`)
  const names = fieldsOf(record, delimiter).map((field) => (field ?? '').trim())
  const empty = names.indexOf('')
  if (empty >= 0)
    throw new DaybreakError('FILE_UNREADABLE', `${name} cannot be read: field ${empty + 1} of its header has no name`)
  const twice = names.find((one, at) => names.indexOf(one) !== at)
  if (twice !== undefined)
    throw new DaybreakError('DRIFT_DUPLICATE_COLUMN', `${name} has the column ${JSON.stringify(twice)} twice`)
  return { names, delimiter }
}

/** The columns of CSV files: texts, by the names of their headers. A file may lack columns of another; they are NULL in its rows. */
export async function csvColumns(copies: readonly CopiedFile[]): Promise<readonly SourceColumn[]> {
  const headers = await Promise.all(copies.map(headerOf))
  const names = [...new Set(headers.flatMap((header) => header.names))]
  return names.map((name) => plainColumn(name, 'string', 'text'))
}

/** Writes the records of a CSV file as raw rows, and gives their number. A line that is no record is a row with a fault. */
export async function csvRows(copy: CopiedFile, columns: readonly SourceColumn[], lines: Lines): Promise<number> {
  const { name } = copy.file
  const { names, delimiter } = await headerOf(copy)
  const hidden = columns.map((column) => hiddenText(column, copy))
  const places = columns.map((column, at) => (hidden[at] === null ? names.indexOf(column.name) : -1))
  const own = places.filter((_, at) => hidden[at] === null)
  // The bytes are the row where the file has the columns that are wanted in their order.
  const isStraight =
    delimiter === ',' &&
    own.length === names.length &&
    places.every((place, at) => (place === -1 ? at >= names.length : place === at))
  const tail = hidden
    .slice(names.length)
    .map((value) => `,${csvLine([value])}`)
    .join('')
  const nothing = columns.map(() => null)
  let [rows, isHeader] = [0, true]
  for await (const record of tableRecords(blocksOf(copy), { name, delimiter })) {
    if (record.bytes.length === 0 && (isHeader || names.length > 1)) continue
    if (isHeader) {
      isHeader = false
      continue
    }
    rows++
    const fault = record.fault ?? widthFault(record, names.length)
    if (fault !== null) {
      const text = record.bytes.subarray(0, LONGEST_TEXT).toString('utf8').replaceAll('\0', '\\0')
      await lines.text(csvLine([...nothing, String(record.line), fault, text]))
    } else if (isStraight && record.isPlain) await lines.bytes(record.bytes, `${tail},${record.line},,`)
    else {
      const fields = fieldsOf(record, delimiter)
      const values = places.map((place, at) => hidden[at] ?? (place < 0 ? null : (fields[place] ?? null)))
      await lines.text(csvLine([...values, String(record.line), null, null]))
    }
  }
  return rows
}

const LONGEST_TEXT = 10_000

function widthFault({ fields }: TableRecord, width: number): string | null {
  return fields === width ? null : `expected ${width} fields, found ${fields}`
}
