import { lookOf, TONE } from '../design/states.ts'

interface ChipProps {
  readonly state: string
  /** Words instead of the state's own. */
  readonly children?: React.ReactNode
}

/** A state: glyph, word and colour. */
export function Chip({ state, children }: ChipProps) {
  const { glyph, word, tone } = lookOf(state)
  return (
    <span
      className={`inline-flex h-5 items-center gap-1 rounded px-1.5 text-sm font-semibold whitespace-nowrap ${TONE[tone]}`}
    >
      <span aria-hidden="true">{glyph}</span>
      {children ?? word}
    </span>
  )
}
