import { Temporal } from 'temporal-polyfill'

/** A cron expression of five fields: which values each may have. */
export interface Cron {
  readonly minutes: ReadonlySet<number>
  readonly hours: ReadonlySet<number>
  readonly days: ReadonlySet<number>
  readonly months: ReadonlySet<number>
  readonly weekdays: ReadonlySet<number>
}

/** Numbers, `*`, ranges, steps and lists. Throws for anything else: names, both days restricted, and words for intervals. */
export function parseCron(expression: string): Cron {
  const fields = expression.trim().split(/\s+/)
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = fields
  if (fields.length !== 5) throw new Error(`${expression} has ${fields.length} fields; expected 5`)
  if (day !== '*' && weekday !== '*') throw new Error(`${expression} restricts days of month and of week at once`)
  return {
    minutes: parseField(minute, 0, 59),
    hours: parseField(hour, 0, 23),
    days: parseField(day, 1, 31),
    months: parseField(month, 1, 12),
    // Sunday is 0 and 7.
    weekdays: new Set([...parseField(weekday, 0, 7)].map((value) => value % 7)),
  }
}

/** The first instant after another at which the clock of the zone shows a time of the expression. */
export function nextTime(cron: Cron, after: number, timeZone: string): number {
  let minute = Math.floor(after / 60_000) * 60_000 + 60_000
  for (const end = minute + 5 * 366 * 86_400_000; minute < end; ) {
    const local = Temporal.Instant.fromEpochMilliseconds(minute).toZonedDateTimeISO(timeZone)
    if (!isDay(cron, local)) minute = local.startOfDay().add({ days: 1 }).epochMilliseconds
    else if (cron.hours.has(local.hour) && cron.minutes.has(local.minute)) return minute
    else minute += 60_000
  }
  throw new Error(`never within five years in ${timeZone}`)
}

function isDay({ days, months, weekdays }: Cron, { day, month, dayOfWeek }: Temporal.ZonedDateTime): boolean {
  return days.has(day) && months.has(month) && weekdays.has(dayOfWeek % 7)
}

function parseField(text: string, low: number, high: number): ReadonlySet<number> {
  const values = new Set<number>()
  for (const part of text.split(',')) {
    const match = /^(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:\/(\d{1,2}))?$/.exec(part)
    const [, from, to, step = '1'] = match ?? []
    const first = from === undefined ? low : Number(from)
    const last = to === undefined ? (from === undefined || match?.[3] ? high : first) : Number(to)
    if (!match || first < low || last > high || first > last || Number(step) === 0)
      throw new Error(`${text} is no field from ${low} to ${high}`)
    for (let value = first; value <= last; value += Number(step)) values.add(value)
  }
  return values
}
