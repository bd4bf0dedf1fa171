import { PassThrough, Readable } from 'node:stream'
import { ZipFile } from 'yazl'
import { DaybreakError } from '../../functions/errors.ts'
import type { Answer } from '../../functions/pipeline/ports.ts'
import { inChunks } from './chunks.ts'

// Limits of Excel: rows of a sheet, its head included, and characters of a cell.
const MOST_ROWS = 1_048_576
const LONGEST_CELL = 32_767
const NUMBER = /^-?(0|[1-9]\d{0,14})(\.\d+)?$/
const NUMERIC = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|INT64|DECIMAL|BIGNUMERIC|NUMERIC|DOUBLE|FLOAT|FLOAT64)\b/
const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
const OFFICE = 'http://schemas.openxmlformats.org'

/** A workbook of one sheet as it is written. Text is text and never a formula; numbers of up to 15 digits are numbers. */
export function xlsxStream(
  columns: Answer['columns'],
  rows: AsyncIterable<readonly (string | null)[]>,
  mostRows = MOST_ROWS,
): Readable {
  const zip = new ZipFile()
  const output = new PassThrough()
  for (const [name, content] of Object.entries(FRAME)) zip.addBuffer(Buffer.from(XML + content), name)
  const sheet = Readable.from(inChunks(sheetOf(columns, rows, mostRows)))
  sheet.on('error', (error) => output.destroy(error))
  zip.addReadStream(sheet, 'xl/worksheets/sheet1.xml')
  zip.end()
  zip.outputStream.pipe(output)
  return output
}

const FRAME = {
  '[Content_Types].xml': `<Types xmlns="${OFFICE}/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`,
  '_rels/.rels': `<Relationships xmlns="${OFFICE}/package/2006/relationships"><Relationship Id="rId1" Type="${OFFICE}/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
  'xl/workbook.xml': `<workbook xmlns="${OFFICE}/spreadsheetml/2006/main" xmlns:r="${OFFICE}/officeDocument/2006/relationships"><sheets><sheet name="rows" sheetId="1" r:id="rId1"/></sheets></workbook>`,
  'xl/_rels/workbook.xml.rels': `<Relationships xmlns="${OFFICE}/package/2006/relationships"><Relationship Id="rId1" Type="${OFFICE}/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
} as const

async function* sheetOf(
  columns: Answer['columns'],
  rows: AsyncIterable<readonly (string | null)[]>,
  mostRows: number,
): AsyncGenerator<string> {
  const isNumeric = columns.map(({ type }) => NUMERIC.test(type))
  yield `${XML}<worksheet xmlns="${OFFICE}/spreadsheetml/2006/main"><sheetData>`
  yield rowOf(
    columns.map(({ name }) => name),
    [],
  )
  let count = 1
  for await (const row of rows) {
    count++
    if (count > mostRows)
      throw new DaybreakError(
        'QUERY_LIMIT',
        `an xlsx sheet has ${mostRows - 1} rows at most; use --format csv or parquet, or fewer days`,
      )
    yield rowOf(row, isNumeric)
  }
  yield '</sheetData></worksheet>'
}

function rowOf(cells: readonly (string | null)[], isNumeric: readonly boolean[]): string {
  return `<row>${cells.map((cell, at) => cellOf(cell, isNumeric[at] ?? false)).join('')}</row>`
}

function cellOf(cell: string | null, isNumeric: boolean): string {
  if (cell === null) return '<c/>'
  // A spreadsheet keeps 15 digits; a longer number is exact as text only.
  if (isNumeric && NUMBER.test(cell) && cell.replace(/\D/g, '').length <= 15) return `<c><v>${cell}</v></c>`
  if (cell.length > LONGEST_CELL)
    throw new DaybreakError(
      'QUERY_LIMIT',
      `an xlsx cell has ${LONGEST_CELL} characters at most; use --format csv or parquet`,
    )
  return `<c t="inlineStr"><is><t xml:space="preserve">${escaped(cell)}</t></is></c>`
}

/** XML can hold neither control characters nor half of a pair; the format has a notation for the former. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(
      /[\u0000-\u0008\u000b\u000c\u000d\u000e-\u001f\ufffe\uffff]/g,
      (found) => `_x${found.charCodeAt(0).toString(16).padStart(4, '0').toUpperCase()}_`,
    )
}
