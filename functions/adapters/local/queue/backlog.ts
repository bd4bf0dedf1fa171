import type { Instant, Message } from '../../../pipeline/entities.ts'

/** One delivery that is still to be made. */
export interface Entry {
  /** The id of the message; a second delivery of the same message has a key of its own. */
  readonly key: string
  readonly message: Message
  /** Failed deliveries so far. */
  readonly failures: number
  /** Not delivered before. */
  readonly dueAt: Instant
}

/** Rules by which waiting messages are chosen. */
export interface BacklogOptions {
  /** Chooses from so many entries that are due, before the rules do; null leaves it to them. */
  readonly pick: (due: number) => number | null
}

/** The messages a queue has not delivered yet, and the rules of who comes next. Keeps no time of its own. */
export interface Backlog {
  /** Adds an entry. One that waits already stays as it is; one that is being delivered is delivered once more after that. */
  add(entry: Entry): void
  /** Takes the entry of the next delivery; null when nothing is due. */
  take(now: Instant): Entry | null
  /** Says that the delivery of an entry has ended, and when it is to be delivered again, if it is. */
  end(entry: Entry, again: Entry | null): void
  /** When there will be something to take if nothing else happens; null when never. */
  nextAt(now: Instant): Instant | null
  /** How many entries wait. */
  size(): number
}

/**
 * Creates an empty backlog. First due is first delivered, but a `load` goes before everything else, one at a time: a load keeps
 * the warehouse busy, and the other messages keep the processors busy.
 */
export function createBacklog({ pick }: BacklogOptions): Backlog {
  const delayed = new Map<string, Entry>()
  const dueLoads = new Map<string, Entry>()
  const dueOthers = new Map<string, Entry>()
  /** By key; the value is what was added meanwhile. */
  const delivering = new Map<string, Entry | null>()
  let loading = 0

  /** No delayed entry is due before it. */
  let earliest = Number.POSITIVE_INFINITY

  const delay = (entry: Entry) => {
    delayed.set(entry.key, entry)
    earliest = Math.min(earliest, entry.dueAt)
  }
  const dueOf = (entry: Entry) => (isLoad(entry) ? dueLoads : dueOthers)
  const promote = (now: Instant) => {
    if (now < earliest) return
    const ready = [...delayed.values()].filter(({ dueAt }) => dueAt <= now)
    for (const entry of ready.sort((a, b) => a.dueAt - b.dueAt)) {
      delayed.delete(entry.key)
      dueOf(entry).set(entry.key, entry)
    }
    earliest = earliestOf(delayed.values())
  }
  const choose = (): Entry | undefined => {
    const waiting = dueLoads.size + dueOthers.size
    const index = waiting === 0 ? null : pick(waiting)
    if (index !== null) return [...dueOthers.values(), ...dueLoads.values()][index]
    const other = dueOthers.values().next().value
    if (loading > 0 && other) return other
    return dueLoads.values().next().value ?? other
  }

  return {
    add(entry) {
      if (delivering.has(entry.key)) delivering.set(entry.key, entry)
      else if (!dueOf(entry).has(entry.key) && !delayed.has(entry.key)) delay(entry)
    },
    take(now) {
      promote(now)
      const entry = choose()
      if (!entry) return null
      dueOf(entry).delete(entry.key)
      delivering.set(entry.key, null)
      if (isLoad(entry)) loading++
      return entry
    },
    end(entry, again) {
      const next = again ?? delivering.get(entry.key) ?? null
      delivering.delete(entry.key)
      if (isLoad(entry)) loading--
      if (next) delay(next)
    },
    nextAt(now) {
      promote(now)
      if (dueLoads.size + dueOthers.size > 0) return now
      return Number.isFinite(earliest) ? earliest : null
    },
    size: () => dueLoads.size + dueOthers.size + delayed.size,
  }
}

function isLoad({ message: { work } }: Entry): boolean {
  return work.kind === 'load'
}

function earliestOf(entries: Iterable<Entry>): Instant {
  let earliest = Number.POSITIVE_INFINITY
  for (const { dueAt } of entries) earliest = Math.min(earliest, dueAt)
  return earliest
}
