import type { Entry } from './queue/backlog.ts'

/** How a queue misbehaves. Probabilities from 0 to 1; with the same random numbers it misbehaves the same way. */
export interface Chaos {
  readonly random: () => number
  /** A message is delivered twice, perhaps at the same time. */
  readonly duplicate?: number
  /** Any message that is due comes next. */
  readonly reorder?: number
  /** Milliseconds that a delivery is late at most. */
  readonly delay?: number
}

export interface Disturbance {
  /** What becomes of an entry on its way into the queue. */
  disturb(entry: Entry): readonly Entry[]
  /** Which of so many entries that are due comes next; null leaves it to the rules. */
  disorder(due: number): number | null
}

/** Turns chaos into decisions; without chaos, none. */
export function createDisturbance(chaos: Chaos | undefined): Disturbance {
  if (!chaos) return { disturb: (entry) => [entry], disorder: () => null }
  const { random, duplicate = 0, reorder = 0, delay = 0 } = chaos
  let duplicates = 0
  const late = (entry: Entry): Entry => ({ ...entry, dueAt: entry.dueAt + Math.floor(random() * delay) })
  return {
    disturb(entry) {
      const copies = random() < duplicate ? [{ ...entry, key: `${entry.key}#${++duplicates}` }] : []
      return [entry, ...copies].map(late)
    },
    disorder: (due) => (random() < reorder ? Math.floor(random() * due) : null),
  }
}
