import type { Cell } from './cells.ts'

const MARK: Readonly<Record<string, string>> = {
  o: 'bg-ok-bg',
  '~': 'stripes-ok',
  '!': 'bg-miss-mark text-on-mark',
  h: 'bg-held-bg text-held ring-1 ring-inset ring-held',
  q: 'bg-held-bg text-held ring-1 ring-inset ring-held',
  '.': 'bg-due-bg text-due',
  '>': 'bg-due-bg text-due',
  '-': 'stripes-waived',
  ' ': 'border border-dashed border-line-strong',
}
const GLYPH: Readonly<Record<string, string>> = { '!': '!', h: '#', q: '#', '.': '·', '>': '›' }

interface CellMarkProps {
  readonly cell: Cell
  /** Too small for its streams: the worst of them stands for all. */
  readonly isSmall?: boolean
}

/** Draws a window of a shard. A complete one is one element; only an incomplete one shows its streams. */
export function CellMark({ cell, isSmall = false }: CellMarkProps) {
  const { verdict, letters } = cell
  if (verdict === 'disputed')
    return (
      <span
        data-mark=""
        className="h-3.5 flex-1 rounded-[3px] border border-disputed bg-disputed-bg text-center text-[10px] leading-[12px] font-bold text-disputed"
      >
        D
      </span>
    )
  if (/^ *$/.test(letters))
    return <span data-mark="" className="h-3.5 flex-1 rounded-[3px] border border-dashed border-line-strong" />
  if (/^-+$/.test(letters)) return <span data-mark="" className="stripes-waived h-3.5 flex-1 rounded-[3px] border" />
  if (verdict === 'complete') {
    const look = letters.includes('~') ? 'stripes-ok' : 'bg-ok-bg'
    return <span data-mark="" className={`h-3.5 flex-1 rounded-[3px] border border-ok-mark/30 ${look}`} />
  }
  if (isSmall) {
    const worst = [...'!qh.>'].find((letter) => letters.includes(letter)) ?? '.'
    return (
      <span
        data-mark=""
        className={`h-3.5 min-w-0 flex-1 rounded-[3px] text-center font-mono text-[10px] leading-[14px] font-bold ${MARK[worst] ?? ''}`}
      >
        {GLYPH[worst] ?? ''}
      </span>
    )
  }
  return [...letters].map((letter, at) => (
    <span
      // biome-ignore lint/suspicious/noArrayIndexKey: the place is the stream.
      key={at}
      data-mark=""
      className={`h-3.5 rounded-[2px] text-center font-mono text-[10px] leading-[14px] font-bold ${GLYPH[letter] ? 'min-w-[12px] flex-[2]' : 'min-w-0 flex-1'} ${MARK[letter] ?? ''}`}
    >
      {GLYPH[letter] ?? ''}
    </span>
  ))
}
