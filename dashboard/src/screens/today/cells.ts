import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import type { CELLS } from '../../../../functions/api/contract/status.ts'

type Status = ApiAnswer<'GET /api/status'>
type Letter = (typeof CELLS)[keyof typeof CELLS]

/** Words of the letters of the matrix. */
export const LETTER_WORDS: Readonly<Record<Letter, string>> = {
  o: 'loaded',
  '~': 'loaded, with rejected rows',
  '!': 'missing',
  h: 'held',
  q: 'quarantined',
  '.': 'expected',
  '>': 'on its way',
  '-': 'closed that day',
  ' ': 'not due',
}

/** A window of a shard, for one cell of the grid. */
export interface Cell {
  readonly window: string
  /** One letter per stream. */
  readonly letters: string
  readonly verdict: 'complete' | 'incomplete' | 'disputed' | 'none'
  readonly dueAt: string | null
  readonly lateAt: string | null
  readonly goneAt: string | null
}

/** A line of the grid. */
export interface Line {
  readonly shard: Status['shards'][number]
  readonly cells: readonly Cell[]
  /** Nothing of it needs a person. */
  readonly isQuiet: boolean
}

/** Names a cell of the grid. */
export function cellKey({ shard }: Pick<Line, 'shard'>, { window }: Pick<Cell, 'window'>): string {
  return `${window}/${shard.id}`
}

const VERDICT = { c: 'complete', i: 'incomplete', d: 'disputed' } as const

/** Lines of the grid, those that need a person first. Cells travel as letters, so 100,000 of them are one string of 100 kB. */
export function linesOf({ shards, streams, windows }: Pick<Status, 'shards' | 'streams' | 'windows'>): readonly Line[] {
  const lines = shards.map((shard, at) => {
    const cells = windows.map(({ window, cells, verdicts, dueAt, lateAt, goneAt }): Cell => {
      const verdict = VERDICT[verdicts[at] as keyof typeof VERDICT] ?? 'none'
      return {
        window,
        letters: cells.slice(at * streams.length, (at + 1) * streams.length),
        verdict,
        dueAt: dueAt[at] ?? null,
        lateAt: lateAt[at] ?? null,
        goneAt: goneAt[at] ?? null,
      }
    })
    return { shard, cells, isQuiet: cells.every(({ verdict }) => verdict === 'complete' || verdict === 'none') }
  })
  return [...lines.filter(({ isQuiet }) => !isQuiet), ...lines.filter(({ isQuiet }) => isQuiet)]
}

/** Says a cell in words, for a title and a screen reader. */
export function wordsOf(cell: Cell, streams: readonly { readonly name: string }[]): string {
  const by = Map.groupBy([...cell.letters], (letter) => letter)
  if (cell.verdict === 'none' && !/[^ ]/.test(cell.letters)) return 'not due'
  const parts = [...by].map(([letter, all]) => {
    const word = LETTER_WORDS[letter as Letter] ?? letter
    if (all.length === cell.letters.length) return `all ${all.length} ${word}`
    const names = streams.filter((_, at) => cell.letters[at] === letter).map(({ name }) => name)
    return letter === 'o' ? `${all.length} ${word}` : `${names.join(', ')} ${word}`
  })
  return `${cell.verdict === 'none' ? '' : `${cell.verdict}: `}${parts.join('; ')}`
}
