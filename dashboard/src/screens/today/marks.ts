import { type Cell, cellKey, type Line } from './cells.ts'

/** A look of a mark; its fill and stroke are classes of the drawing. */
export type Mark =
  | 'ok'
  | 'loaded'
  | 'rejects'
  | 'missing'
  | 'held'
  | 'due'
  | 'closed'
  | 'blank'
  | 'disputed'
  | 'selected'

/** Marks of one look as one path, and their glyphs as one text with a place for each. */
export interface Drawn {
  readonly mark: Mark
  readonly path: string
  readonly glyphs: string
  readonly x: readonly number[]
  readonly y: readonly number[]
}

/** Widths of the columns of the grid in pixels. */
export interface Columns {
  readonly name: number
  /** Zero where the column is left out. */
  readonly closes: number
  readonly cell: number
  readonly note: number
}

/** Height of a row. */
export const ROW = 30
const MARK = 14
const TOP = (ROW - MARK) / 2
const GAP = 2
const GLYPH_WIDTH = 12

const OF_LETTER: Readonly<Record<string, Mark>> = {
  o: 'loaded',
  '~': 'rejects',
  '!': 'missing',
  h: 'held',
  q: 'held',
  '.': 'due',
  '>': 'due',
  '-': 'closed',
  ' ': 'blank',
}
const GLYPH: Readonly<Record<string, string>> = { '!': '!', h: '#', q: '#', '.': '·', '>': '›' }

interface Piece {
  readonly mark: Mark
  readonly glyph: string
  /** Share of the width of its cell. */
  readonly weight: number
}

/** Pure: pieces of a cell. A complete window is one; only an incomplete one shows its streams, or the worst of them where it is small. */
export function piecesOf({ verdict, letters }: Pick<Cell, 'verdict' | 'letters'>, isSmall: boolean): readonly Piece[] {
  const whole = (mark: Mark, glyph = ''): readonly Piece[] => [{ mark, glyph, weight: 1 }]
  if (verdict === 'disputed') return whole('disputed', 'D')
  if (letters.trim() === '') return whole('blank')
  if (/^-+$/.test(letters)) return whole('closed')
  if (verdict === 'complete') return whole(letters.includes('~') ? 'rejects' : 'ok')
  const shown = isSmall ? ([...'!qh.>'].find((letter) => letters.includes(letter)) ?? '.') : letters
  return [...shown].map((letter) => {
    const glyph = GLYPH[letter] ?? ''
    return { mark: OF_LETTER[letter] ?? 'blank', glyph, weight: glyph === '' ? 1 : 2 }
  })
}

interface Drawing {
  /** Each line with the pixels from the top of the drawing. */
  readonly lines: readonly { readonly line: Line; readonly top: number }[]
  readonly columns: Columns
  readonly isSmall: boolean
  readonly selected: ReadonlySet<string>
}

/** Pure: all marks of some lines, in as many elements as there are looks, however many cells there are. */
export function draw({ lines, columns, isSmall, selected }: Drawing): readonly Drawn[] {
  const found = new Map<Mark, { path: string[]; glyphs: string; x: number[]; y: number[] }>()
  const of = (mark: Mark) => {
    const known = found.get(mark) ?? { path: [], glyphs: '', x: [], y: [] }
    found.set(mark, known)
    return known
  }
  const inset = isSmall ? 2 : 8
  const first = columns.name + columns.closes
  for (const { line, top } of lines) {
    for (const [at, cell] of line.cells.entries()) {
      const left = first + at * columns.cell
      if (selected.has(cellKey(line, cell)))
        of('selected').path.push(boxOf({ x: left, y: top, width: columns.cell, height: ROW - 1 }))
      const pieces = piecesOf(cell, isSmall)
      const room = columns.cell - 2 * inset - GAP * (pieces.length - 1)
      const widths = widthsOf(pieces, room)
      let x = left + inset
      for (const [place, { mark, glyph }] of pieces.entries()) {
        const width = widths[place] ?? 0
        const into = of(mark)
        into.path.push(boxOf({ x, y: top + TOP, width, height: MARK }))
        if (glyph !== '') {
          into.glyphs += glyph
          into.x.push(round(x + width / 2))
          into.y.push(top + TOP + 10.5)
        }
        x += width + GAP
      }
    }
  }
  return [...found].map(([mark, { path, ...text }]) => ({ mark, path: path.join(''), ...text }))
}

/** Widths of pieces: a glyph has room however many streams there are, and the others share what is left. */
function widthsOf(pieces: readonly Piece[], room: number): readonly number[] {
  const unit = room / pieces.reduce((sum, { weight }) => sum + weight, 0)
  const glyphs = pieces.filter(({ glyph }) => glyph !== '').length
  if (glyphs === 0 || glyphs === pieces.length || unit * 2 >= GLYPH_WIDTH)
    return pieces.map(({ weight }) => unit * weight)
  const wide = Math.min(GLYPH_WIDTH, room / glyphs)
  const rest = Math.max(1, (room - wide * glyphs) / (pieces.length - glyphs))
  return pieces.map(({ glyph }) => (glyph === '' ? rest : wide))
}

interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Path of a box whose stroke of one pixel stays inside. */
function boxOf({ x, y, width, height }: Box): string {
  const [across, down] = [round(Math.max(width - 1, 1)), height - 1]
  return `M${round(x + 0.5)} ${y + 0.5}h${across}v${down}h-${across}z`
}

function round(pixels: number): number {
  return Math.round(pixels * 10) / 10
}

interface Room {
  /** Pixels that there are for the grid. */
  readonly width: number
  readonly windows: number
  readonly isSmall: boolean
}

/** Pure: widths of the columns; together more than there is room for when the windows are many. */
export function columnsOf({ width, windows, isSmall }: Room): Columns {
  const [least, note, closes] = isSmall ? [19, 104, 0] : [64, 132, 128]
  const fixed = note + closes
  const name = Math.min(190, Math.max(120, width - fixed - least * windows))
  return { name, closes, cell: Math.max(least, (width - fixed - name) / Math.max(windows, 1)), note }
}
