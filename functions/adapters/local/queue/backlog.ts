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
  /** Loads of the same group are delivered together, and never at the same time; null stays alone. */
  readonly groupOf: (message: Message) => string | null
  /** Milliseconds that a `load` waits at most for `ingest` messages of its run and date. */
  readonly holdLoads: number
  /** Which of so many entries that are due comes next, whatever the rules say; null leaves it to the rules. */
  readonly pick: (due: number) => number | null
}

/** The messages a queue has not delivered yet, and the rules of who comes next. Keeps no time of its own. */
export interface Backlog {
  /** Adds an entry. One that waits already stays as it is; one that is being delivered is delivered once more after that. */
  add(entry: Entry): void
  /** Takes the entries of the next delivery: one, or a group. None when nothing is due or all that is due is held. */
  take(now: Instant): readonly Entry[]
  /** Says that the delivery of an entry has ended, and when it is to be delivered again, if it is. */
  end(entry: Entry, again: Entry | null): void
  /** When there will be something to take if nothing else happens; null when never. */
  nextAt(now: Instant): Instant | null
  /** How many entries wait. */
  size(): number
}

/**
 * Creates an empty backlog. First due is first delivered, but a `load` lets the `ingest` messages of its run and date go
 * first. Once it may, it goes before everything else, one at a time: a warehouse that one writes to and files that others
 * transform keep each other from nothing.
 */
export function createBacklog({ groupOf, holdLoads, pick }: BacklogOptions): Backlog {
  const delayed = new Map<string, Entry>()
  // Loads apart from the rest: choosing looks at every load that is held, and never at ten thousand locations.
  const dueLoads = new Map<string, Entry>()
  const dueOthers = new Map<string, Entry>()
  /** By key; the value is what was added meanwhile. */
  const delivering = new Map<string, Entry | null>()
  const deliveringGroups = new Set<string>()
  /** How many `ingest` messages of a run and date are due or being delivered. */
  const ingests = new Map<string, number>()
  let loading = 0

  /** No delayed entry is due before it. */
  let earliest = Number.POSITIVE_INFINITY

  const delay = (entry: Entry) => {
    delayed.set(entry.key, entry)
    earliest = Math.min(earliest, entry.dueAt)
  }
  const countIngest = ({ message: { work, runId } }: Entry, step: 1 | -1) => {
    for (const date of work.kind === 'ingest' ? work.windows : []) {
      const left = (ingests.get(`${runId}/${date}`) ?? 0) + step
      if (left > 0) ingests.set(`${runId}/${date}`, left)
      else ingests.delete(`${runId}/${date}`)
    }
  }
  const dueOf = (entry: Entry) => (isLoad(entry) ? dueLoads : dueOthers)
  const promote = (now: Instant) => {
    if (now < earliest) return
    const ready = [...delayed.values()].filter(({ dueAt }) => dueAt <= now)
    for (const entry of ready.sort((a, b) => a.dueAt - b.dueAt)) {
      delayed.delete(entry.key)
      dueOf(entry).set(entry.key, entry)
      countIngest(entry, 1)
    }
    earliest = earliestOf(delayed.values())
  }
  const heldUntil = ({ message, dueAt }: Entry): Instant => {
    const group = groupOf(message)
    if (group !== null && deliveringGroups.has(group)) return Number.POSITIVE_INFINITY
    const { work, runId } = message
    return work.kind === 'load' && ingests.has(`${runId}/${work.window}`) ? dueAt + holdLoads : dueAt
  }
  const readyLoad = (now: Instant): Entry | undefined => {
    for (const entry of dueLoads.values()) if (heldUntil(entry) <= now) return entry
    return undefined
  }
  const choose = (now: Instant): Entry | undefined => {
    const waiting = dueLoads.size + dueOthers.size
    const index = waiting === 0 ? null : pick(waiting)
    if (index !== null) return [...dueOthers.values(), ...dueLoads.values()][index]
    const other = dueOthers.values().next().value
    if (loading > 0 && other) return other
    return readyLoad(now) ?? other
  }
  const withItsGroup = (first: Entry): readonly Entry[] => {
    const group = isLoad(first) ? groupOf(first.message) : null
    if (group === null) return [first]
    deliveringGroups.add(group)
    return [first, ...[...dueLoads.values()].filter((entry) => entry !== first && groupOf(entry.message) === group)]
  }

  return {
    add(entry) {
      if (delivering.has(entry.key)) delivering.set(entry.key, entry)
      else if (!dueOf(entry).has(entry.key) && !delayed.has(entry.key)) delay(entry)
    },
    take(now) {
      promote(now)
      const first = choose(now)
      const entries = first ? withItsGroup(first) : []
      for (const entry of entries) {
        dueOf(entry).delete(entry.key)
        delivering.set(entry.key, null)
      }
      loading += entries.filter(isLoad).length
      return entries
    },
    end(entry, again) {
      const next = again ?? delivering.get(entry.key) ?? null
      delivering.delete(entry.key)
      deliveringGroups.delete(groupOf(entry.message) ?? '')
      countIngest(entry, -1)
      if (isLoad(entry)) loading--
      if (next) delay(next)
    },
    nextAt(now) {
      promote(now)
      let next = earliest
      if (dueOthers.size > 0) next = Math.min(next, now)
      for (const entry of dueLoads.values()) next = Math.min(next, heldUntil(entry))
      return Number.isFinite(next) ? next : null
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
