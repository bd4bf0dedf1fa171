import { DaybreakError } from '../../errors.ts'

/** A stretch of an expression's text: offsets in UTF-16 units, the end not included. */
export interface Span {
  readonly start: number
  readonly end: number
}

const SHOWN = 100

/** EXPRESSION_INVALID with the place marked under the text; long texts are cut around it. */
export function expressionError(text: string, span: Span, problem: string): DaybreakError {
  const from = Math.max(0, span.start - SHOWN / 2)
  // Control characters would tear the mark away from its place.
  const shown = text.slice(from, from + SHOWN).replaceAll(/\p{Cc}/gu, ' ')
  const marks = '^'.repeat(Math.max(1, Math.min(span.end, from + SHOWN) - span.start))
  const message = `${problem}\n  ${shown}\n  ${' '.repeat(span.start - from)}${marks}`
  return new DaybreakError('EXPRESSION_INVALID', message, { details: { position: span.start + 1 } })
}
