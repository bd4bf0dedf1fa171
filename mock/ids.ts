/** Ids of one tenant: a prefix, zeros, and a counter that grows with time, shared by everything that gets an id. */
export interface Ids {
  /** A free number near the one that belongs to this instant (seconds since 1970). */
  at(instant: number): number
  /** This number, or the next free one after it. */
  near(counter: number): number
  /** The id as it stands in a file: 18 digits, 19 for some tenants. */
  text(counter: number): string
}

// 200 a second from 2020 on: eleven digits last until 2035, then begin again.
const EPOCH = 1_577_836_800
const RATE = 200
const COUNTERS = 1e11

const PREFIXES = ['6', '9', '13', '4', '7', '8'] as const

/** Ids for one night. Locations never share one: each has a prefix of its own. */
export function createIds(locationId: string): Ids {
  const taken = new Set<number>()
  const texts = new Map<number, string>()
  const prefix = tenantPrefix(locationId)
  const near = (counter: number): number => {
    let free = counter
    while (taken.has(free)) free++
    taken.add(free)
    return free
  }
  return {
    near,
    at: (instant) => near(((((instant - EPOCH) * RATE) % COUNTERS) + COUNTERS) % COUNTERS),
    text(counter) {
      // An order's id stands in every row of its items, checks and payments.
      const known = texts.get(counter)
      if (known !== undefined) return known
      const text = prefix + String(counter).padStart(11, '0')
      texts.set(counter, text)
      return text
    },
  }
}

/** Ids of things that two nights make alike: half of all numbers away, so that neither night gives them to anything else. */
export function apart(ids: Ids): Ids {
  return { ...ids, at: (instant) => ids.at(instant + COUNTERS / RATE / 2) }
}

/** Seven digits, or eight for every sixth location: that tenant's ids have 19 digits. */
export function tenantPrefix(locationId: string): string {
  // 6,000 prefixes; the locations that `daybreak mock` numbers from 185001 on get those with the most zeros.
  const slot = (Number(locationId.slice(-9)) + 6_000_000 - 185_001) % 6_000
  const first = PREFIXES[slot % PREFIXES.length] ?? '6'
  return `${first}${String(Math.floor(slot / PREFIXES.length)).padStart(3, '0')}000`
}
