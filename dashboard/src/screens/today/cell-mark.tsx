import type { Cell } from './cells.ts'
import { type Mark, piecesOf } from './marks.ts'

const LOOK: Readonly<Record<Mark, string>> = {
  ok: 'bg-ok-bg border border-ok-mark/30',
  loaded: 'bg-ok-bg',
  rejects: 'stripes-ok border border-ok-mark/30',
  missing: 'bg-miss-mark text-on-mark',
  held: 'bg-held-bg text-held ring-1 ring-inset ring-held',
  due: 'bg-due-bg text-due',
  closed: 'stripes-waived border',
  blank: 'border border-dashed border-line-strong',
  disputed: 'border border-disputed bg-disputed-bg text-disputed',
  selected: '',
}

/** Draws a window of a shard outside of the grid; of an incomplete one the worst stream. */
export function CellMark({ cell }: { readonly cell: Cell }) {
  const [{ mark, glyph } = { mark: 'blank' as const, glyph: '' }] = piecesOf(cell, true)
  return (
    <span
      data-mark={mark}
      className={`h-3.5 min-w-0 flex-1 rounded-[3px] text-center font-mono text-[10px] leading-[12px] font-bold ${LOOK[mark]}`}
    >
      {glyph}
    </span>
  )
}
