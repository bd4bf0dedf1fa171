import { styleText } from 'node:util'
import stringWidth from 'string-width'
import type { Cell, Column, Row, Tone } from './cell.ts'
import { toJson } from './cell.ts'

interface TableOptions {
  readonly color: boolean
  /** Width of the terminal; null when there is none, and then nothing is wrapped. */
  readonly columns: number | null
}

const TONES = { good: 'green', bad: 'red', warn: 'yellow', dim: 'gray' } as const satisfies Record<Tone, string>

/**
 * Rows below a head, without rules, so that a selection pastes well. Each cell is measured once; the last column wraps at the terminal's
 * width.
 */
export function renderTable(columns: readonly Column[], rows: readonly Row[], options: TableOptions): string {
  const heads = columns.map(({ key, head }) => measured((head ?? key).toUpperCase(), 'dim'))
  const cells = rows.map((row) =>
    columns.map(({ key, tone }) => measured(cellText(row[key]), tone?.(row[key]) ?? null)),
  )
  const aligned = columns.map(({ key, align }) => align ?? (rows.some((row) => isNumber(row[key])) ? 'right' : 'left'))
  return draw([heads, ...cells], aligned, options)
}

/** The members of one thing below each other. */
export function renderRecord(record: Row, options: TableOptions): string {
  const lines = Object.entries(record).map(([key, value]) => [measured(key, 'dim'), measured(cellText(value), null)])
  return draw(lines, ['left', 'left'], options)
}

/** Text in the colour of its tone; as it is without colours. */
export function paint(text: string, tone: Tone | null, color: boolean): string {
  return color && tone && text !== '' ? styleText(TONES[tone], text, { validateStream: false }) : text
}

interface MeasuredCell {
  readonly text: string
  /** Columns of a terminal that the text takes. */
  readonly width: number
  readonly tone: Tone | null
}

const GAP = 2
// A narrower last column would be a column of syllables.
const LEAST = 24

function measured(text: string, tone: Tone | null): MeasuredCell {
  return { text, tone, width: stringWidth(text) }
}

function draw(
  lines: readonly (readonly MeasuredCell[])[],
  aligned: readonly ('left' | 'right')[],
  { columns, color }: TableOptions,
): string {
  const widths = widthsOf(lines)
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + GAP, 0)
  const room = columns === null ? null : Math.max(LEAST, columns - before)
  const last = widths.length - 1
  const texts = lines.flatMap((line) => {
    const [first = '', ...more] = room === null ? [line[last]?.text ?? ''] : wrapped(line[last], room)
    const cells = [
      ...line.slice(0, -1),
      { ...(line[last] ?? measured('', null)), text: first, width: stringWidth(first) },
    ]
    const padded = cells.map((cell, at) =>
      pad(cell, { width: at === last && aligned[at] !== 'right' ? 0 : (widths[at] ?? 0), align: aligned[at], color }),
    )
    const rest = more.map((text) => `${' '.repeat(before)}${paint(text, line[last]?.tone ?? null, color)}`)
    return [padded.join(' '.repeat(GAP)), ...rest]
  })
  return `${texts.map((text) => text.replace(/ +$/, '')).join('\n')}\n`
}

function widthsOf(lines: readonly (readonly MeasuredCell[])[]): readonly number[] {
  const widths: number[] = []
  for (const line of lines) for (const [at, { width }] of line.entries()) widths[at] = Math.max(widths[at] ?? 0, width)
  return widths
}

function pad(
  { text, width: own, tone }: MeasuredCell,
  { width, align, color }: { width: number; align: 'left' | 'right' | undefined; color: boolean },
): string {
  const blanks = ' '.repeat(Math.max(0, width - own))
  return align === 'right' ? blanks + paint(text, tone, color) : paint(text, tone, color) + blanks
}

/** Wraps a text to lines of a maximum width in columns, broken at blanks, and within a word that is longer than a line. */
function wrapped(cell: MeasuredCell | undefined, room: number): readonly string[] {
  if (!cell || cell.width <= room) return [cell?.text ?? '']
  const words = cell.text.split(/(?<= )/).flatMap((word) => fill(splitGraphemes(word, room), room))
  return fill(words, room).map((line) => line.trimEnd())
}

const graphemes = new Intl.Segmenter()

/** A word that fits as it is; else its characters as people count them. */
function splitGraphemes(word: string, room: number): readonly string[] {
  if (word.length <= room && stringWidth(word) <= room) return [word]
  return [...graphemes.segment(word)].map(({ segment }) => segment)
}

/** Joins texts to lines of a maximum width in columns; blanks at the end of a line do not count. */
function fill(texts: readonly string[], room: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  let used = 0
  for (const text of texts) {
    if (used > 0 && used + stringWidth(text.trimEnd()) > room) {
      lines.push(line)
      line = ''
      used = 0
    }
    line += text
    used += stringWidth(text)
  }
  return [...lines, line]
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
