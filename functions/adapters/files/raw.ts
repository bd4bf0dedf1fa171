import { writeFile } from 'node:fs/promises'
import { readValueSql } from '../../engine/duckdb/read-value.ts'
import type { FileRows, TableEngine, WindowAsk } from '../../pipeline/tables/ports.ts'
import { quoteString } from '../../sql/dialects/duckdb/quote.ts'
import { totalSql } from '../../sql/dialects/duckdb/totals.ts'
import type { Total, ValueColumn } from '../../sql/value.ts'
import type { CopiedFile } from './copies.ts'
import { csvRows } from './csv.ts'
import { toUnreadable } from './errors.ts'
import { jsonlRows } from './jsonl.ts'
import { openLines } from './lines.ts'
import { parquetRows, parquetTable, parquetValue } from './parquet.ts'
import type { FileFormat } from './select.ts'

/** The rows of files as one raw file on this disk. */
export interface RawFile {
  readonly path: string
  readonly columns: number
  readonly format: FileFormat
  readonly copies: readonly CopiedFile[]
  readonly files: readonly FileRows[]
  /** Deletes it and the copies. */
  readonly release: () => void
}

interface Writing {
  readonly format: FileFormat
  readonly path: string
  readonly engine: TableEngine
}

/** Writes the rows of copied files as raw rows, in the order of the files. */
export async function writeRaw(
  copies: readonly CopiedFile[],
  { from }: Pick<WindowAsk, 'from'>,
  { format, path, engine }: Writing,
): Promise<RawFile> {
  const made = { path, format, copies, columns: from.length, release: () => undefined }
  if (copies.length === 0) {
    await writeFile(path, '')
    return { ...made, files: [] }
  }
  if (format === 'parquet')
    return { ...made, files: await parquetRows(copies, from, { engine, path }).catch(toUnreadable(copies)) }
  const write = format === 'csv' ? csvRows : jsonlRows
  const lines = openLines(path)
  const files: FileRows[] = []
  try {
    for (const copy of copies) files.push({ name: copy.file.path, rows: await write(copy, from, lines) })
  } finally {
    await lines.close()
  }
  return { ...made, files }
}

const LONGEST_LINE = 67_108_864

function readSql({ path, columns }: RawFile): string {
  const names = [...Array.from({ length: columns }, (_, at) => `c${at}`), '_line', '_fault', '_text']
  const struct = names.map((name) => `${quoteString(name)}: 'VARCHAR'`).join(', ')
  return `read_csv(${quoteString(path)}, header = false, auto_detect = false, delim = ',', quote = '"', escape = '"', new_line = '\\n', allow_quoted_nulls = false, nullstr = '', strict_mode = true, max_line_size = ${LONGEST_LINE}, buffer_size = ${2 * LONGEST_LINE}, columns = {${struct}})`
}

/** A query of the sound rows with the types of their columns, by place. */
export function rawTable(raw: RawFile, columns: readonly ValueColumn[]): string {
  const values = columns.map((column, place) => `${readValueSql(column, `c${place}`)} AS c${place}`)
  return `SELECT ${values.join(', ')} FROM (SELECT * FROM ${readSql(raw)} WHERE _fault IS NULL)`
}

interface Summing {
  readonly totals: readonly Total[]
  readonly engine: TableEngine
}

/** Rows and sums. Those of Parquet are asked of the files themselves where they have the type that is summed. */
export async function rawTotals(raw: RawFile, { columns, from }: WindowAsk, { totals, engine }: Summing) {
  const rows = raw.files.reduce((sum, file) => sum + file.rows, 0)
  if (totals.length === 0 || rows === 0)
    return { rows, totals: Object.fromEntries(totals.map(({ name }) => [name, '0'])) }
  const isOwn = raw.format === 'parquet' && columns.every((column, at) => isSame(column, from[at]))
  const list = totals.map((total) => {
    const place = columns.findIndex(({ name }) => name === total.column.name)
    const own = from[place]
    return totalSql(total, isOwn && own ? parquetValue(own, raw.copies) : `c${place}`)
  })
  const table = isOwn ? parquetTable(raw.copies) : `(${rawTable(raw, columns)})`
  const [sums = []] = await engine.sql(`SELECT ${list.join(', ')} FROM ${table}`)
  return { rows, totals: Object.fromEntries(totals.map(({ name }, at) => [name, sums[at] ?? '0'])) }
}

function isSame(column: ValueColumn, own: ValueColumn | undefined): boolean {
  return own?.type === column.type && own.precision === column.precision && own.scale === column.scale
}
