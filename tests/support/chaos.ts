import type { Entry } from '../../functions/adapters/local/queue/backlog.ts'
import type { LocalQueueOptions } from '../../functions/adapters/local/queue/queue.ts'

/** How a queue misbehaves. Probabilities from 0 to 1; with the same random numbers it misbehaves the same way. */
interface Chaos {
  readonly random: () => number
  /** A message is delivered twice, perhaps at the same time. */
  readonly duplicate: number
  /** Any message that is due comes next. */
  readonly reorder: number
  /** Milliseconds that a delivery is late at most. */
  readonly delay: number
}

/** Options with which the local queue misbehaves like a network. */
export function chaosOf({ random, duplicate, reorder, delay }: Chaos): Pick<LocalQueueOptions, 'admit' | 'pick'> {
  let duplicates = 0
  const late = (entry: Entry): Entry => ({ ...entry, dueAt: entry.dueAt + Math.floor(random() * delay) })
  return {
    admit(entry) {
      const copies = random() < duplicate ? [{ ...entry, key: `${entry.key}#${++duplicates}` }] : []
      return [entry, ...copies].map(late)
    },
    pick: (due) => (random() < reorder ? Math.floor(random() * due) : null),
  }
}
