import type { Writable } from 'node:stream'
import type { Column, Row } from './cell.ts'
import { toJson } from './cell.ts'
import { csvLine } from './csv.ts'
import type { Format } from './options.ts'
import { renderRecord, renderTable } from './table.ts'

/** Rows and columns to print. */
export interface Table {
  readonly columns: readonly (Column | string)[]
  readonly rows: Iterable<Row> | AsyncIterable<Row>
  /** Rows that a table shows; the others are only counted. Formats for programs have all rows. */
  readonly limit?: number
  /** Rows that there are, where `rows` does not have them all. Asked after the last row. */
  readonly total?: () => { readonly rows: number; readonly all: boolean }
  /** Text for people when there is no row: the next action. */
  readonly empty?: string
}

/** Where the result of a command goes: stdout, in the form that -o asks for. */
export interface Output {
  readonly format: Format
  readonly color: boolean
  /** Many things of one kind. JSON is one array of whole rows; CSV and tables show the named columns. */
  rows(table: Table): Promise<void>
  /** One thing: its members below each other, or one JSON object. */
  record(record: Row): Promise<void>
  /** Text for people: printed in the format `table` only, so that a program never meets it. */
  text(text: string): Promise<void>
  /** Text that is the result itself in every format, such as a script or a schema. */
  raw(text: string): Promise<void>
}

/** Streams and form of the output. */
interface OutputOptions {
  readonly stdout: Writable
  readonly format: Format
  readonly color: boolean
  readonly columns: number | null
}

/** A result printer. A reader that has left (`| head -1`) is not an error: the rest is written nowhere. */
export function createOutput(options: OutputOptions): Output {
  const { stdout, format, color } = options
  const write = (text: string) => writeTo(stdout, text)
  return {
    format,
    color,
    raw: write,
    text: async (text) => (format === 'table' ? write(`${text}\n`) : undefined),
    async record(record) {
      if (format === 'json') return write(`${toJson(record, 2)}\n`)
      if (format === 'ndjson') return write(`${toJson(record)}\n`)
      if (format === 'csv') return write(csvLine(Object.keys(record)) + csvLine(Object.values(record)))
      return write(renderRecord(record, options))
    },
    async rows({ columns, rows, empty, total, limit = Number.POSITIVE_INFINITY }) {
      const named = columns.map((column) => (typeof column === 'string' ? { key: column } : column))
      if (format === 'json') return writeArray(stdout, rows)
      if (format === 'ndjson') return writeEach(stdout, rows, (row) => `${toJson(row)}\n`)
      if (format === 'csv') {
        await write(csvLine(named.map(({ key }) => key)))
        return writeEach(stdout, rows, (row) => csvLine(named.map(({ key }) => row[key])))
      }
      const { shown, count } = await take(rows, limit)
      if (shown.length === 0 && empty) return write(`${empty}\n`)
      return write(
        renderTable(named, shown, options) + remainder(shown.length, total?.() ?? { rows: count, all: true }),
      )
    },
  }
}

async function take(rows: Table['rows'], limit: number): Promise<{ shown: readonly Row[]; count: number }> {
  const shown: Row[] = []
  let count = 0
  for await (const row of rows) if (++count <= limit) shown.push(row)
  return { shown, count }
}

/** Says that there are more rows than a table shows, and how to have them. */
function remainder(shown: number, { rows, all }: { readonly rows: number; readonly all: boolean }): string {
  if (rows <= shown && all) return ''
  const count = `${all ? '' : 'more than '}${rows.toLocaleString('en-US')}`
  return `\n${count} rows, ${shown.toLocaleString('en-US')} shown; \`--limit\`, \`-o csv\`\n`
}

/** Writes row by row and waits only where the reader is slow; all of it has left when this resolves. */
async function writeEach(stdout: Writable, rows: Table['rows'], toText: (row: Row) => string): Promise<void> {
  for await (const row of rows) {
    const text = toText(row)
    if (stdout.writableNeedDrain) await writeTo(stdout, text)
    else if (!stdout.destroyed && !stdout.writableEnded) stdout.write(text)
  }
  await writeTo(stdout, '')
}

async function writeArray(stdout: Writable, rows: Table['rows']): Promise<void> {
  let separator = '[\n  '
  await writeEach(stdout, rows, (row) => {
    const text = separator + toJson(row)
    separator = ',\n  '
    return text
  })
  await writeTo(stdout, separator.startsWith('[') ? '[]\n' : '\n]\n')
}

/** Waits where the reader is slow, so that memory stays flat; resolves also when the reader is gone. */
export function writeTo(stream: Writable, text: string): Promise<void> {
  if (stream.destroyed || stream.writableEnded) return Promise.resolve()
  return new Promise((resolve) => {
    stream.write(text, () => resolve())
  })
}
