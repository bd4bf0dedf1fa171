import { DaybreakError } from '../../functions/errors.ts'
import { didYouMean } from '../../functions/lib/did-you-mean.ts'
import type { BusinessDate, Location } from '../../functions/pipeline/entities.ts'
import { type MockStream, STREAM_FILES } from '../headers.ts'
import { createNightClock } from '../night-clock.ts'
import { paidDate } from '../pre-orders.ts'
import { createRandom, type Random } from '../random.ts'
import { FAULT_NAMES, type FaultName, isFaultName, streamsOf } from './catalog.ts'

/** A fault and where it goes. */
export interface PlannedFault {
  readonly fault: FaultName
  readonly location: string
  readonly date: BusinessDate
  /** Empty where the whole night is concerned. */
  readonly streams: readonly MockStream[]
}

/** Nights, and the faults to plant in them. */
interface FaultPlan {
  readonly seed: number
  readonly locations: readonly Location[]
  readonly dates: readonly BusinessDate[]
  /** `name` or `name@<location>/<date>[/<stream>]`; `*` stands for all streams the fault can be planted in. */
  readonly faults: readonly string[]
}

interface Wish {
  readonly fault: FaultName
  readonly location?: string
  readonly date?: BusinessDate
  readonly stream?: string
}

/**
 * Finds a place for every fault: the one that was asked for, else one drawn by the seed where no other fault is.
 * @throws {DaybreakError} USAGE_INVALID for a fault, location, date or stream that does not exist here.
 */
export function planFaults({ seed, locations, dates, faults }: FaultPlan): PlannedFault[] {
  const planned: PlannedFault[] = []
  const wishes = spellOut(faults, { locations, dates }).map((text) => readWish(text, { locations, dates }))
  // Those with a place first, so that none is drawn where another was put.
  const ordered = [...wishes.filter(({ date }) => date), ...wishes.filter(({ date }) => !date)]
  for (const [index, wish] of ordered.entries()) {
    const random = createRandom(seed, 'fault', wish.fault, index)
    planned.push(place(wish, { random, locations, dates, planned }))
  }
  return planned
}

/** `all` stands for every fault that can be planted here. */
function spellOut(faults: readonly string[], { locations, dates }: Pick<FaultPlan, 'locations' | 'dates'>): string[] {
  const setBack = locations.some((place) => dates.some((date) => isSetBack(place, date)))
  const all = FAULT_NAMES.filter((name) => name !== 'dst_night' || setBack)
  return [...new Set(faults.flatMap((text) => (text === 'all' ? all : [text])))]
}

function isSetBack(location: Location, date: BusinessDate): boolean {
  return (createNightClock(location, date).change?.jump ?? 0) < 0
}

function readWish(text: string, { locations, dates }: Pick<FaultPlan, 'locations' | 'dates'>): Wish {
  const [, written = '', location, date, stream] = /^([^@]*)(?:@([^/]+)\/([^/]+)(?:\/([^/]+))?)?$/.exec(text) ?? []
  const name = written.replaceAll('-', '_')
  if (!isFaultName(name)) throw usage(text, `a fault: ${FAULT_NAMES.join(', ')}.${didYouMean(name, FAULT_NAMES)}`)
  if (location === undefined || date === undefined) return { fault: name }
  if (!locations.some(({ id }) => id === location)) throw usage(text, 'a location of this tree')
  if (!dates.includes(date)) throw usage(text, `a date of this tree, ${dates[0]} to ${dates.at(-1)}`)
  const allowed = streamsOf(name)
  if (stream !== undefined && stream !== '*' && !allowed.some((one) => one === stream)) {
    throw usage(
      text,
      allowed.length === 0 ? 'no stream: it concerns the whole night' : `a stream out of ${allowed.join(', ')}`,
    )
  }
  return { fault: name, location, date, ...(stream === undefined ? {} : { stream }) }
}

function usage(text: string, expected: string): DaybreakError {
  return new DaybreakError('USAGE_INVALID', `--faults has ${JSON.stringify(text)}; expected ${expected}`)
}

interface Ground {
  readonly random: Random
  readonly locations: readonly Location[]
  readonly dates: readonly BusinessDate[]
  readonly planned: readonly PlannedFault[]
}

function place(wish: Wish, ground: Ground): PlannedFault {
  const { fault } = wish
  const nights = nightsFor(wish, ground)
  const taken = (location: string, date: string) =>
    ground.planned.some((other) => other.location === location && other.date === date)
  const free = nights.filter(({ location, date }) => !taken(location, date))
  const night = ground.random.pick(free.length > 0 ? free : nights)
  return { fault, ...night, streams: pickStreams(wish, night, ground) }
}

interface Night {
  readonly location: string
  readonly date: BusinessDate
}

function nightsFor({ fault, location, date }: Wish, { locations, dates }: Ground): Night[] {
  const nights = locations
    .filter(({ id }) => location === undefined || id === location)
    .flatMap((place) => dates.filter((day) => date === undefined || day === date).map((day) => ({ place, day })))
    .filter(
      ({ day }) => fault !== 'pre_orders' || date !== undefined || dates.length < 4 || dates.includes(paidDate(day)),
    )
    .filter(({ place, day }) => fault !== 'dst_night' || isSetBack(place, day))
    .map(({ place, day }) => ({ location: place.id, date: day }))
  if (nights.length > 0) return nights
  const message = `--faults has "${fault}"; expected a night on which the clock is set back, such as 2026-10-31 in New York, and there is none here`
  throw new DaybreakError('USAGE_INVALID', message)
}

/** One stream that no other fault of the night has, where there is one; all of them for `*`. */
function pickStreams({ fault, stream }: Wish, { location, date }: Night, { random, planned }: Ground): MockStream[] {
  const allowed = streamsOf(fault)
  if (stream === '*') return [...allowed]
  const asked = allowed.filter((one) => one === stream)
  if (asked.length > 0) return asked
  if (allowed.length === 0) return []
  if (fault === 're_exported') return [...allowed]
  const others = planned
    .filter((other) => other.location === location && other.date === date)
    .flatMap(({ streams }) => streams)
  const free = allowed.filter((one) => !others.includes(one))
  // The sparse files come last in every list: a fault in rows wants rows to be in.
  return [random.pick((free.length > 0 ? free : allowed).slice(0, 4))]
}

/** Names of the files a planned fault concerns. */
export function filesOf({ streams }: PlannedFault): string[] {
  return streams.map((stream) => STREAM_FILES[stream])
}
