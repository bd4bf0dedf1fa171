/** Whose clock a screen shows: that of the place, that of the reader, or UTC. */
export type Clock = 'place' | 'mine' | 'utc'

// To make a formatter takes 50 times as long as to use it, and a grid has thousands of days.
const DAYS = {
  short: new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', weekday: 'short', day: 'numeric', month: 'short' }),
  long: new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', weekday: 'long', day: 'numeric', month: 'long' }),
} as const

/** A civil day for people: `Sat 28 Nov`. A window that is no day stays as it is. Never converted between zones. */
export function dayOf(window: string, style: 'short' | 'long' = 'short'): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(window)) return window
  const at = new Date(`${window}T12:00:00Z`)
  const parts = Object.fromEntries(DAYS[style].formatToParts(at).map(({ type, value }) => [type, value]))
  return `${parts['weekday']} ${parts['day']} ${parts['month']}`
}

/** True for a window that is a day or an hour; windows of tables have other names. */
export function isDated(window: string): boolean {
  return /^\d{4}-/.test(window)
}

/** Zone in which an instant is shown. */
export function zoneOf(clock: Clock, place: string | null): string {
  if (clock === 'utc' || (clock === 'place' && place === null)) return 'UTC'
  return clock === 'mine' ? Intl.DateTimeFormat().resolvedOptions().timeZone : (place ?? 'UTC')
}

/** An instant with its zone: `04:52 EST`, with the day where it is another one than `today`. */
export function clockOf(instant: string, zone: string, withDay = true): string {
  const at = new Date(instant)
  const time = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(at)
  const name =
    new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'short' })
      .formatToParts(at)
      .find(({ type }) => type === 'timeZoneName')?.value ?? zone
  const day = civil(at, zone)
  return withDay && day !== civil(new Date(), zone) ? `${dayOf(day).slice(4)} ${time} ${name}` : `${time} ${name}`
}

/** Day of an instant in a zone: `2026-11-28`. */
export function civil(at: Date, zone: string): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(
    at,
  )
}

/** A duration in two units at most: `6 d 22 h`, `1 min 4 s`. */
export function spanOf(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000))
  if (seconds < 60) return milliseconds < 1000 && milliseconds > 0 ? `${Math.round(milliseconds)} ms` : `${seconds} s`
  const units: readonly (readonly [string, number])[] = [
    ['d', 86_400],
    ['h', 3_600],
    ['min', 60],
    ['s', 1],
  ]
  const first = units.findIndex(([, size]) => seconds >= size)
  const [word, size] = units[first] ?? ['s', 1]
  const next = units[first + 1]
  const rest = next ? Math.floor((seconds % size) / next[1]) : 0
  return `${Math.floor(seconds / size)} ${word}${rest > 0 && next ? ` ${rest} ${next[0]}` : ''}`
}

/** When the source deletes a file, for people. */
export function deletedIn(instant: string): string {
  const left = Date.parse(instant) - Date.now()
  return left <= 0 ? 'deleted at the source' : `deleted in ${spanOf(left)}`
}

/** A civil day some days earlier. */
export function daysBefore(day: string, days: number): string {
  return new Date(Date.parse(`${day}T12:00:00Z`) - days * 86_400_000).toISOString().slice(0, 10)
}

/** A month for people: `Oct 2026`. */
export function monthOf(month: string): string {
  return new Date(`${month}-15T12:00:00Z`).toLocaleDateString('en-GB', {
    timeZone: 'UTC',
    month: 'short',
    year: 'numeric',
  })
}
