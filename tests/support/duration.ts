import { type DurationGrammar, UNITS } from '../../functions/contract/duration.ts'

const CLOCK = /^(-?\d{1,9}):(-?\d{1,2}):(-?\d{1,2})$/

/**
 * Seconds of `H:MM:SS` with any number of hours, every component with a sign of its own (`00:-28:-25` is -1705);
 * null when it is not that.
 */
export function parseSignedClock(text: string): number | null {
  const [, hours, minutes, seconds] = CLOCK.exec(text) ?? []
  if (hours === undefined || minutes === undefined || seconds === undefined) return null
  if (Math.abs(Number(minutes)) > 59 || Math.abs(Number(seconds)) > 59) return null
  // Adding zero turns -0 into 0.
  return Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds) + 0
}

/**
 * Seconds of English prose such as `2 weeks, 1 day, 22 hours, 1 minute and 6 seconds`: units in falling order, none twice,
 * singular or plural. Parts of a second are cut off. Null when it is not that.
 */
export function parseProse(text: string): number | null {
  const parts = text.split(/, and | and |, /)
  let milliseconds = 0
  let last = -1
  for (const part of parts) {
    const [, amount, word] = /^(-?\d{1,9}) ([a-z]+)$/.exec(part) ?? []
    const index = UNITS.findIndex((unit) => word?.replace(/s$/, '') === unit.word)
    const unit = UNITS[index]
    if (!unit || index <= last) return null
    milliseconds += Number(amount) * unit.milliseconds
    last = index
  }
  return Math.trunc(milliseconds / 1_000) + 0
}

/** Seconds of a duration in that grammar; null when the text is none. */
export function parseDuration(grammar: DurationGrammar, text: string): number | null {
  return grammar === 'prose_duration' ? parseProse(text) : parseSignedClock(text)
}
