import type { Cell } from './cell.ts'
import { toJson } from './cell.ts'

// A spreadsheet takes text that begins so for a formula; the last ones are the full-width forms that it folds.
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/
const NUMBER = /^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/

/** One record as RFC 4180 has it, CRLF included; text that a spreadsheet would run begins with an apostrophe. */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`
}

function csvCell(cell: Cell): string {
  if (cell === null || cell === undefined) return ''
  if (typeof cell !== 'string') return quoted(typeof cell === 'object' ? toJson(cell) : String(cell))
  return quoted(FORMULA.test(cell) && !NUMBER.test(cell) ? `'${cell}` : cell)
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
