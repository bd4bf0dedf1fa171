import type { Drawn, Mark } from './marks.ts'

const LOOK: Readonly<Record<Mark, string>> = {
  ok: 'fill-ok-bg stroke-ok-mark/30',
  loaded: 'fill-ok-bg stroke-ok-mark/15',
  rejects: 'stroke-ok-mark/30',
  missing: 'fill-miss-mark stroke-miss-mark',
  held: 'fill-held-bg stroke-held',
  due: 'fill-due-bg stroke-due/40',
  closed: 'stroke-line-strong',
  blank: 'fill-transparent stroke-line-strong [stroke-dasharray:3_2]',
  disputed: 'fill-disputed-bg stroke-disputed',
  selected: 'fill-due-bg stroke-transparent',
}
const INK: Readonly<Partial<Record<Mark, string>>> = {
  missing: 'fill-on-mark',
  held: 'fill-held',
  due: 'fill-due',
  disputed: 'fill-disputed',
}
const STRIPES: Readonly<Partial<Record<Mark, string>>> = { rejects: 'url(#stripes-ok)', closed: 'url(#stripes-closed)' }
/** Marks from the lowest to the topmost. */
const ORDER: readonly Mark[] = [
  'selected',
  'blank',
  'closed',
  'ok',
  'loaded',
  'rejects',
  'due',
  'held',
  'missing',
  'disputed',
]

interface MarkLayerProps {
  readonly drawn: readonly Drawn[]
  readonly width: number
  readonly height: number
  /** Pixels from the top of the grid. */
  readonly top: number
}

/** The marks below the rows. Cells say the same in words, so a screen reader skips the drawing. */
export function MarkLayer({ drawn, width, height, top }: MarkLayerProps) {
  const shown = ORDER.flatMap((mark) => drawn.filter((each) => each.mark === mark))
  return (
    <svg
      aria-hidden="true"
      width={width}
      height={height}
      className="pointer-events-none absolute inset-x-0 top-0 font-mono text-[10px] font-bold"
      style={{ transform: `translateY(${top}px)` }}
      textAnchor="middle"
    >
      <defs>
        <pattern id="stripes-ok" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="7" height="7" className="fill-ok-bg" />
          <rect width="2" height="7" className="fill-ok-mark/30" />
        </pattern>
        <pattern id="stripes-closed" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="5" height="5" className="fill-sunk" />
          <rect width="1" height="5" className="fill-line-strong" />
        </pattern>
      </defs>
      {shown.map(({ mark, path }) => (
        <path key={mark} data-mark={mark} d={path} fill={STRIPES[mark]} className={LOOK[mark]} />
      ))}
      {shown.map(({ mark, glyphs, x, y }) =>
        glyphs === '' ? null : (
          <text key={mark} x={x.join(' ')} y={y.join(' ')} className={INK[mark]} xmlSpace="preserve">
            {glyphs}
          </text>
        ),
      )}
    </svg>
  )
}
