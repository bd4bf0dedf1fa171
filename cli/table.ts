import { stripVTControlCharacters, styleText } from 'node:util'
import CliTable from 'cli-table3'
import type { Cell, Column, Row, Tone } from './output.ts'
import { toJson } from './output.ts'

interface TableOptions {
  readonly color: boolean
  /** Width of the terminal; null when there is none, and then nothing is wrapped. */
  readonly columns: number | null
}

const TONES = { good: 'green', bad: 'red', warn: 'yellow', dim: 'gray' } as const satisfies Record<Tone, string>

const BORDERLESS = Object.fromEntries(
  [
    'top',
    'top-mid',
    'top-left',
    'top-right',
    'bottom',
    'bottom-mid',
    'bottom-left',
    'bottom-right',
    'left',
    'left-mid',
    'mid',
    'mid-mid',
    'right',
    'right-mid',
    'middle',
  ].map((part) => [part, '']),
)

/** Rows below a head, without rules, so that a selection pastes well. Wraps the last column at the terminal's width. */
export function renderTable(columns: readonly Column[], rows: readonly Row[], options: TableOptions): string {
  const heads = columns.map(({ key, head }) => paint((head ?? key).toUpperCase(), 'dim', options.color))
  const cells = rows.map((row) =>
    columns.map(({ key, tone }) => paint(cellText(row[key]), tone?.(row[key]) ?? null, options.color)),
  )
  const aligned = columns.map(({ key, align }) => align ?? (rows.some((row) => isNumber(row[key])) ? 'right' : 'left'))
  return draw([heads, ...cells], aligned, options)
}

/** The members of one thing below each other. */
export function renderRecord(record: Row, options: TableOptions): string {
  const lines = Object.entries(record).map(([key, value]) => [paint(key, 'dim', options.color), cellText(value)])
  return draw(lines, ['left', 'left'], options)
}

/** Text in the colour of its tone; as it is without colours. */
export function paint(text: string, tone: Tone | null, color: boolean): string {
  return color && tone && text !== '' ? styleText(TONES[tone], text, { validateStream: false }) : text
}

function draw(lines: string[][], colAligns: ('left' | 'right')[], { columns }: TableOptions): string {
  const table = new CliTable({
    chars: BORDERLESS,
    style: { 'padding-left': 0, 'padding-right': 2, head: [], border: [] },
    colAligns,
    wordWrap: true,
    ...(columns === null ? {} : { colWidths: lastColumnWidth(lines, columns) }),
  })
  table.push(...lines)
  return `${table.toString().replaceAll(/[ ]+$/gm, '')}\n`
}

function lastColumnWidth(lines: readonly string[][], columns: number): (number | null)[] {
  const widths = (lines[0] ?? []).map((_, at) => Math.max(...lines.map((line) => width(line[at] ?? ''))) + 2)
  const others = widths.slice(0, -1).reduce((sum, each) => sum + each, 0)
  const last = widths.at(-1) ?? 0
  const left = Math.max(24, columns - others)
  return [...widths.slice(0, -1).map(() => null), last > left ? left : null]
}

function width(text: string): number {
  return stripVTControlCharacters(text).length
}

function isNumber(cell: Cell): boolean {
  return typeof cell === 'number' || typeof cell === 'bigint'
}

/** Control characters become visible: a file name must not move the cursor or change the colours of a terminal. */
export function cellText(cell: Cell): string {
  if (cell === null || cell === undefined) return ''
  const text = typeof cell === 'object' ? toJson(cell) : String(cell)
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (control) =>
    JSON.stringify(control)
      .slice(1, -1)
      .replace(control, `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`),
  )
}
