import { Temporal } from 'temporal-polyfill'
import { quoteString } from '../sql/dialects/duckdb/quote.ts'

/** Offsets of a zone as a staircase over local time: `microseconds` are added to local times before `until` to get UTC. */
interface Step {
  /** Local time, exclusive; null for the last step. */
  readonly until: string | null
  readonly microseconds: number
}

/** Years on each side of the business date whose offsets are written out; other times take DuckDB's slower way. */
const YEARS = 2

/**
 * SQL of a local time as UTC. An hour that the clock repeats is the first of the two (daylight time); one that it skips
 * moves forward by the gap: Temporal's `compatible`. Times near the business date are a comparison and an addition,
 * twenty times faster than AT TIME ZONE; the rest asks DuckDB's own zone rules and corrects them to the same choice.
 */
export function utcSql(
  local: string,
  { timeZone, date }: { readonly timeZone: string; readonly date: string },
): string {
  const year = Number(date.slice(0, 4))
  const [from, to] = [`${year - YEARS}-01-01 00:00:00`, `${year + YEARS}-01-01 00:00:00`]
  const steps = stepsOf(timeZone, year - YEARS, year + YEARS)
  const branches = steps.map(({ until, microseconds }) =>
    until ? `WHEN ${local} < TIMESTAMP '${until}' THEN ${microseconds}` : `ELSE ${microseconds}`,
  )
  const offset = steps.length === 1 ? `${steps[0]?.microseconds}` : `CASE ${branches.join(' ')} END`
  const near = `${local} >= TIMESTAMP '${from}' AND ${local} < TIMESTAMP '${to}'`
  return `CASE WHEN ${near} THEN make_timestamptz(epoch_us(${local}) + ${offset}) WHEN ${local} IS NOT NULL THEN ${anyYearSql(local, timeZone)} END`
}

/**
 * DuckDB takes the second of two equal hours. The first is what the offset of a day before says, if the clock then shows this
 * time: that needs no list of all changes of a zone, which takes a cold process a third of a second to make.
 */
function anyYearSql(local: string, timeZone: string): string {
  const zone = quoteString(timeZone)
  const last = `timezone(${zone}, ${local})`
  const dayBefore = `timezone(${zone}, ${last} - to_hours(24))`
  const first = `make_timestamptz(epoch_us(${local}) + epoch_us(${last}) - 86400000000 - epoch_us(${dayBefore}))`
  return `CASE WHEN timezone(${zone}, ${first}) = ${local} THEN ${first} ELSE ${last} END`
}

function stepsOf(timeZone: string, fromYear: number, toYear: number): readonly Step[] {
  const steps: Step[] = []
  let at = Temporal.ZonedDateTime.from({ year: fromYear, month: 1, day: 1, timeZone })
  for (;;) {
    const next = at.getTimeZoneTransition('next')
    const microseconds = -at.offsetNanoseconds / 1_000
    if (!next || next.year > toYear) return [...steps, { until: null, microseconds }]
    // Both in a gap and in an overlap the offset before the change holds up to the later of the two local readings.
    const later = Math.max(at.offsetNanoseconds, next.offsetNanoseconds)
    const until = Temporal.Instant.fromEpochMilliseconds(next.epochMilliseconds)
      .add({ nanoseconds: later })
      .toZonedDateTimeISO('UTC')
      .toPlainDateTime()
    steps.push({ until: until.toString({ fractionalSecondDigits: 6 }).replace('T', ' '), microseconds })
    at = next
  }
}
