import type { BusinessDate, Location } from '../functions/pipeline/entities.ts'
import { createIds, type Ids } from './ids.ts'
import { type Carte, type MenuItem, printMenus } from './menu.ts'
import { createNightClock, type NightClock } from './night-clock.ts'
import type { Profile } from './profile.ts'
import { createRandom, type Random } from './random.ts'

/** Shared state of the parts that make one night. */
export interface NightContext {
  readonly location: Location
  readonly date: BusinessDate
  readonly profile: Profile
  readonly random: Random
  readonly clock: NightClock
  readonly ids: Ids
  readonly carte: Carte
  /** A dish, as often as its popularity says. */
  readonly pickItem: () => MenuItem
  /** Share of card payments that the night's capture had not reached when the file was written. */
  readonly uncaptured: number
  /** An export with no kitchen screens and no cash drawer: those two files have only their header. */
  readonly withoutScreens: boolean
}

/** Seed, location, date and profile of a night. */
export interface NightOptions {
  readonly seed: number
  readonly location: Location
  readonly date: BusinessDate
  readonly profile: Profile
  /** Keeps the chance for something apart from that of the night itself. */
  readonly purpose?: string
}

/** Reads the zone, prints the menus and draws the traits of one night. */
export function createNightContext({ seed, location, date, profile, purpose = '' }: NightOptions): NightContext {
  const random = createRandom(seed, location.id, date, profile.name, purpose)
  const ids = createIds(location.id)
  // The menu is the same every night, so its ids must not depend on the date.
  const carte = printMenus(profile.menus, createIds(location.id), createRandom(seed, location.id, profile.name, 'menu'))
  return {
    location,
    date,
    profile,
    random,
    ids,
    carte,
    clock: createNightClock(location, date),
    pickItem: createPicker(carte.items, random),
    uncaptured: random.chance(0.5) ? 0 : 0.92,
    withoutScreens: Number(location.id.slice(-9)) % 5 === 4,
  }
}

function createPicker(items: readonly MenuItem[], random: Random): () => MenuItem {
  const ends: number[] = []
  let total = 0
  for (const { dish } of items) {
    total += dish.popularity
    ends.push(total)
  }
  return () => {
    const point = random.float() * total
    let [low, high] = [0, ends.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((ends[middle] ?? 0) > point) high = middle
      else low = middle + 1
    }
    return items[low] ?? random.pick(items)
  }
}
