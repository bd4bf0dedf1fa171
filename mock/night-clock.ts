import { Temporal } from 'temporal-polyfill'
import type { BusinessDate, Location } from '../functions/pipeline/entities.ts'
import { pad2 } from './numbers.ts'

/** Local time of one location during one business date. Instants here are whole seconds since 1970. */
export interface NightClock {
  /** The instant at which a wall clock shows this many seconds after the midnight that begins the business date. */
  instant(wallSeconds: number): number
  /** Seconds after that midnight which the wall clock shows at an instant. */
  wall(instant: number): number
  /** `M/d/yy h:mm a`. */
  dateTime(instant: number): string
  /** `M/d/yyyy h:mm a`, the form of `Void Date` alone. */
  longDateTime(instant: number): string
  /** `M/d/yy`. */
  date(instant: number): string
  /** `h:mm a`. */
  time(instant: number): string
  /** The instant at which the business date ends. */
  readonly closeout: number
  /** When the wall clock is set back or forward during the business date, if it is. */
  readonly change: ZoneChange | undefined
}

/** Change of the wall clock in a night. */
interface ZoneChange {
  readonly instant: number
  /** Seconds by which the wall clock jumps: -3600 in autumn. */
  readonly jump: number
}

interface Offsets {
  readonly before: number
  readonly after: number
  /** Instant at which `after` begins. */
  readonly change: number
}

const DAY = 86_400

/** Reads the zone once, so that formatting a time costs no calendar arithmetic. */
export function createNightClock(location: Location, date: BusinessDate): NightClock {
  const day = Temporal.PlainDate.from(date)
  const midnight = Temporal.PlainDate.from('1970-01-01').until(day, { largestUnit: 'days' }).days * DAY
  const { begins, closeout, offsets } = readZone(location, day)
  const names = new Map<number, { readonly short: string; readonly long: string }>()

  const offset = (instant: number) => (instant < offsets.change ? offsets.before : offsets.after)
  const wall = (instant: number) => instant + offset(instant) - midnight
  const nameOf = (instant: number) => {
    const days = Math.floor(wall(instant) / DAY)
    const known = names.get(days)
    if (known) return known
    const { month, day: dayOfMonth, year } = day.add({ days })
    const name = { short: `${month}/${dayOfMonth}/${pad2(year % 100)}`, long: `${month}/${dayOfMonth}/${year}` }
    names.set(days, name)
    return name
  }
  const time = (instant: number) => clockTime(wall(instant))

  return {
    wall,
    time,
    closeout,
    instant(wallSeconds) {
      const early = midnight + wallSeconds - offsets.before
      return early < offsets.change ? early : midnight + wallSeconds - offsets.after
    },
    date: (instant) => nameOf(instant).short,
    dateTime: (instant) => `${nameOf(instant).short} ${time(instant)}`,
    longDateTime: (instant) => `${nameOf(instant).long} ${time(instant)}`,
    change:
      offsets.change >= begins && offsets.change < closeout
        ? { instant: offsets.change, jump: offsets.after - offsets.before }
        : undefined,
  }
}

function readZone({ timeZone, closeoutHour }: Location, day: Temporal.PlainDate) {
  const start = day.toZonedDateTime({ timeZone, plainTime: '00:00' })
  const end = day.add({ days: 1 }).toZonedDateTime({ timeZone, plainTime: { hour: closeoutHour } })
  const before = start.offsetNanoseconds / 1e9
  const after = end.offsetNanoseconds / 1e9
  const next = before === after ? null : start.getTimeZoneTransition('next')
  const change = next ? next.epochMilliseconds / 1000 : Number.POSITIVE_INFINITY
  const offsets: Offsets = { before, after, change }
  // The small hours before it still belong to the business date before, and so does a change of the clock in them.
  const begins = day.toZonedDateTime({ timeZone, plainTime: { hour: closeoutHour } }).epochMilliseconds / 1000
  return { begins, closeout: end.epochMilliseconds / 1000, offsets }
}

function clockTime(wallSeconds: number): string {
  const minutes = Math.floor((((wallSeconds % DAY) + DAY) % DAY) / 60)
  const hour = Math.floor(minutes / 60)
  return `${hour % 12 === 0 ? 12 : hour % 12}:${pad2(minutes % 60)} ${hour < 12 ? 'AM' : 'PM'}`
}
