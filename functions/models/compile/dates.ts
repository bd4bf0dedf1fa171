import { quoteString } from '../../sql/dialects/duckdb/quote.ts'
import type { SqlType } from '../tree.ts'
import type { FunctionSql } from './functions.ts'
import { checked, isScalar, once, type Piece, piece } from './piece.ts'

type Refuse = Parameters<FunctionSql>[2]

/** Days to add so that DuckDB's weeks, which begin on Monday, begin on another day. */
const WEEK_SHIFT: Readonly<Record<string, number>> = {
  WEEK: 1,
  WEEK_MONDAY: 0,
  ISOWEEK: 0,
  WEEK_TUESDAY: -1,
  WEEK_WEDNESDAY: -2,
  WEEK_THURSDAY: -3,
  WEEK_FRIDAY: -4,
  WEEK_SATURDAY: -5,
}

const isWeek = (part: string): boolean => WEEK_SHIFT[part] !== undefined

function partOf(of: Piece | undefined, refuse: Refuse): string {
  if (typeof of?.constant === 'string') return of.constant
  throw refuse({ what: 'a part of a date that is no word', instead: 'Write DAY, WEEK(MONDAY), MONTH, ...' })
}

function unknownPart(name: string, part: string, known: readonly string[], refuse: Refuse): Error {
  return refuse({ what: `${name} by ${part}`, instead: `Write one of ${known.join(', ')}` })
}

/** The zone of a conversion, UTC if none is named. DuckDB knows zones of other names than BigQuery, so it is a literal. */
function zoneOf(of: Piece | undefined, refuse: Refuse): string {
  if (of === undefined) return "'UTC'"
  if (typeof of.constant === 'string' && /^(UTC|[A-Z][A-Za-z_]+\/[A-Za-z_/-]+)$/.test(of.constant)) return of.sql
  throw refuse({
    what: 'a time zone that is no literal name',
    instead: "Write a name of the IANA list, such as 'America/New_York'",
  })
}

/** The local clock of a timestamp. */
const local = (of: Piece, zone: string): string => `timezone(${zone}, ${of.sql})`

const isTimestamp = (of: Piece): boolean => isScalar(of.type, 'timestamp')

const inRange = (sql: string): string => checked(sql, (date) => `${date} BETWEEN ${FIRST} AND ${LAST}`, 'DATE overflow')
const FIRST = "DATE '0001-01-01'"
const LAST = "DATE '9999-12-31'"

const timeInRange = (sql: string): string =>
  checked(
    sql,
    (time) => `${time} BETWEEN TIMESTAMP '0001-01-01' AND TIMESTAMP '9999-12-31 23:59:59.999999'`,
    'DATETIME overflow',
  )

const MONTHS: Readonly<Record<string, number>> = { MONTH: 1, QUARTER: 3, YEAR: 12 }
const DAYS: Readonly<Record<string, number>> = { DAY: 1, WEEK: 7 }
const MICROSECONDS: Readonly<Record<string, number>> = {
  DAY: 86_400_000_000,
  HOUR: 3_600_000_000,
  MINUTE: 60_000_000,
  SECOND: 1_000_000,
  MILLISECOND: 1_000,
  MICROSECOND: 1,
}

const times = (sql: string, factor: number): string => (factor === 1 ? sql : `(${sql} * ${factor})`)

const dateAdd =
  (operator: '+' | '-'): FunctionSql =>
  (call, [of, count, named], refuse) => {
    const part = partOf(named, refuse)
    const [days, months] = [DAYS[part], MONTHS[part]]
    if (days !== undefined)
      return piece(call.type, inRange(`(${of?.sql} ${operator} CAST(${times(count?.sql ?? '', days)} AS INTEGER))`))
    if (months === undefined)
      throw unknownPart('DATE_ADD and DATE_SUB', part, [...Object.keys(DAYS), ...Object.keys(MONTHS)], refuse)
    const interval = `to_months(CAST(${times(count?.sql ?? '', months)} AS INTEGER))`
    return piece(call.type, inRange(`CAST(${of?.sql} ${operator} ${interval} AS DATE)`))
  }

const timeAdd =
  (operator: '+' | '-', name: string): FunctionSql =>
  (call, [of, count, named], refuse) => {
    const part = partOf(named, refuse)
    const [micros, months] = [part === 'WEEK' ? 7 * 86_400_000_000 : MICROSECONDS[part], MONTHS[part]]
    if (!of || !count) throw new TypeError(`${name} has a time and a count`)
    if (micros !== undefined && !(isTimestamp(of) && part === 'WEEK')) {
      const sql = `(${of.sql} ${operator} to_microseconds(${times(count.sql, micros)}))`
      return piece(call.type, isTimestamp(of) ? sql : timeInRange(sql))
    }
    if (months === undefined || isTimestamp(of))
      throw unknownPart(
        name,
        part,
        [...Object.keys(MICROSECONDS), ...(isTimestamp(of) ? [] : Object.keys(MONTHS))],
        refuse,
      )
    const interval = `to_months(CAST(${times(count.sql, months)} AS INTEGER))`
    return piece(call.type, timeInRange(`(${of.sql} ${operator} ${interval})`))
  }

const TRUNCATED = ['DAY', 'MONTH', 'QUARTER', 'YEAR']

/** The first day of the part. */
function firstDay(date: string, part: string): string {
  const shift = WEEK_SHIFT[part]
  if (shift === undefined) return `CAST(date_trunc('${part.toLowerCase()}', ${date}) AS DATE)`
  if (shift === 0) return `CAST(date_trunc('week', ${date}) AS DATE)`
  return `(CAST(date_trunc('week', ${date} + ${shift}) AS DATE) - ${shift})`
}

const dateTrunc: FunctionSql = (call, [of, named], refuse) => {
  const part = partOf(named, refuse)
  if (!isWeek(part) && !TRUNCATED.includes(part))
    throw unknownPart('DATE_TRUNC', part, ['DAY', 'WEEK(MONDAY)', 'ISOWEEK', 'MONTH', 'QUARTER', 'YEAR'], refuse)
  return piece(call.type, inRange(firstDay(of?.sql ?? '', part)))
}

const CLOCK_PARTS = ['HOUR', 'MINUTE', 'SECOND', 'MILLISECOND']

const datetimeTrunc: FunctionSql = (call, [of, named], refuse) => {
  const part = partOf(named, refuse)
  const time = of?.sql ?? ''
  if (isWeek(part) || TRUNCATED.includes(part))
    return piece(call.type, `CAST(${inRange(firstDay(`CAST(${time} AS DATE)`, part))} AS TIMESTAMP)`)
  if (!CLOCK_PARTS.includes(part)) throw unknownPart('DATETIME_TRUNC', part, [...TRUNCATED, ...CLOCK_PARTS], refuse)
  return piece(call.type, `date_trunc('${part.toLowerCase()}', ${time})`)
}

const CALENDAR_PARTS = ['MONTH', 'QUARTER', 'YEAR']

/** Boundaries of a part between two dates, as text of two dates. */
function boundaries(late: string, early: string, part: string): string | null {
  if (part === 'DAY') return `CAST(${late} - ${early} AS BIGINT)`
  if (isWeek(part)) return `(CAST(${firstDay(late, part)} - ${firstDay(early, part)} AS BIGINT) // 7)`
  return CALENDAR_PARTS.includes(part) ? `date_diff('${part.toLowerCase()}', ${early}, ${late})` : null
}

const dateDiff: FunctionSql = (call, [late, early, named], refuse) => {
  const part = partOf(named, refuse)
  const sql = boundaries(late?.sql ?? '', early?.sql ?? '', part)
  if (sql === null) throw unknownPart('DATE_DIFF', part, ['DAY', 'WEEK', 'ISOWEEK', ...CALENDAR_PARTS], refuse)
  return piece(call.type, sql)
}

const datetimeDiff: FunctionSql = (call, [late, early, named], refuse) => {
  const part = partOf(named, refuse)
  const days = boundaries(`CAST(${late?.sql} AS DATE)`, `CAST(${early?.sql} AS DATE)`, part)
  if (days !== null) return piece(call.type, days)
  if (part !== 'MICROSECOND' && !CLOCK_PARTS.includes(part))
    throw unknownPart('DATETIME_DIFF', part, ['DAY', 'WEEK', ...CALENDAR_PARTS, ...CLOCK_PARTS], refuse)
  return piece(call.type, `date_diff('${part.toLowerCase()}', ${early?.sql}, ${late?.sql})`)
}

const timestampDiff: FunctionSql = (call, [late, early, named], refuse) => {
  const part = partOf(named, refuse)
  const micros = MICROSECONDS[part]
  if (micros === undefined) throw unknownPart('TIMESTAMP_DIFF', part, Object.keys(MICROSECONDS), refuse)
  return piece(call.type, `((epoch_us(${late?.sql}) - epoch_us(${early?.sql})) // ${micros})`)
}

const EXTRACTED = ['YEAR', 'QUARTER', 'MONTH', 'DAY', 'HOUR', 'MINUTE']

const extract: FunctionSql = (call, [of, named, zone], refuse) => {
  if (!of) throw new TypeError('EXTRACT has a date')
  const part = partOf(named, refuse)
  const time = isTimestamp(of) ? local(of, zoneOf(zone, refuse)) : of.sql
  const sql = extracted(time, part)
  if (sql !== null) return piece(call.type, `CAST(${sql} AS BIGINT)`)
  throw unknownPart(
    'EXTRACT',
    part,
    [...EXTRACTED, 'SECOND', 'DAYOFWEEK', 'DAYOFYEAR', 'WEEK', 'ISOWEEK', 'ISOYEAR'],
    refuse,
  )
}

function extracted(time: string, part: string): string | null {
  if (EXTRACTED.includes(part)) return `extract(${part.toLowerCase()} FROM ${time})`
  switch (part) {
    case 'SECOND':
      return `extract(second FROM ${time})`
    case 'DAYOFYEAR':
      return `dayofyear(${time})`
    case 'DAYOFWEEK':
      return `dayofweek(${time}) + 1`
    case 'ISOWEEK':
      return `weekofyear(${time})`
    case 'ISOYEAR':
      return `isoyear(${time})`
    case 'WEEK':
      return once(time, (each) => `(dayofyear(${each}) + 6 - dayofweek(${each})) // 7`)
    default:
      return null
  }
}

const toDate: FunctionSql = (call, args) => {
  const [of, second, third] = args
  if (!of) throw new TypeError('DATE has an argument')
  if (third) {
    const sql = `make_date(${[of, second, third].map((each) => each?.sql).join(', ')})`
    return piece(call.type, inRange(sql))
  }
  return piece(call.type, `CAST(${of.sql} AS DATE)`)
}

const dateOf: FunctionSql = (call, args, refuse) => {
  const [of, zone] = args
  if (of && isTimestamp(of)) return piece(call.type, `CAST(${local(of, zoneOf(zone, refuse))} AS DATE)`)
  return toDate(call, args, refuse)
}

const datetimeOf: FunctionSql = (call, [of, second, ...more], refuse) => {
  if (!of || more.length > 0)
    throw refuse({ what: 'DATETIME of six numbers', instead: 'Write DATETIME(DATE(y, m, d), time)' })
  if (isTimestamp(of)) return piece(call.type, local(of, zoneOf(second, refuse)))
  return piece(call.type, second ? `(${of.sql} + ${second.sql})` : `CAST(${of.sql} AS TIMESTAMP)`)
}

const timestampOf: FunctionSql = (call, [of, zone], refuse) => {
  if (of && isTimestamp(of)) return of
  if (!of || !(isScalar(of.type, 'datetime') || isScalar(of.type, 'date')))
    throw refuse({ what: 'TIMESTAMP of a text', instead: 'Write TIMESTAMP(datetime, zone)' })
  const name = zoneOf(zone, refuse)
  // In the hour that a zone repeats or leaves out, the engines take different instants.
  if (name !== "'UTC'")
    throw refuse({
      what: 'TIMESTAMP of a local time in a zone, which is two instants in the hour that a clock repeats',
      instead: 'Use the column of the stream in UTC, such as opened_at_utc',
    })
  return piece(call.type, `timezone('UTC', CAST(${of.sql} AS TIMESTAMP))`)
}

const FORMATS: Readonly<Record<string, string>> = {
  '%Y': '%Y',
  '%m': '%m',
  '%d': '%d',
  '%H': '%H',
  '%M': '%M',
  '%S': '%S',
  '%j': '%j',
  '%A': '%A',
  '%a': '%a',
  '%B': '%B',
  '%b': '%b',
  '%y': '%y',
  '%G': '%G',
  '%V': '%V',
  '%u': '%u',
  '%I': '%I',
  '%p': '%p',
  '%F': '%Y-%m-%d',
  '%T': '%H:%M:%S',
  '%%': '%%',
}

const formatted: FunctionSql = (call, [format, of, zone], refuse) => {
  if (typeof format?.constant !== 'string' || !of)
    throw refuse({ what: 'a format that is no literal', instead: "Write it as a text, such as '%Y-%m'" })
  const unknown = (format.constant.match(/%.?/g) ?? []).find((each) => FORMATS[each] === undefined)
  if (unknown !== undefined)
    throw refuse({ what: `the format element ${unknown}`, instead: `Write one of ${Object.keys(FORMATS).join(' ')}` })
  const text = format.constant.replaceAll(/%./g, (each) => FORMATS[each] ?? each)
  const time = isTimestamp(of) ? local(of, zoneOf(zone, refuse)) : of.sql
  return piece(call.type, `strftime(${time}, ${quoteString(text)})`)
}

const dateArray: FunctionSql = (call, [from, to, count, named], refuse) => {
  if (count && (count.constant !== '1' || partOf(named, refuse) !== 'DAY'))
    throw refuse({ what: 'GENERATE_DATE_ARRAY of other steps than a day', instead: 'Filter the dates of every day' })
  const series = `generate_series(CAST(${from?.sql} AS TIMESTAMP), CAST(${to?.sql} AS TIMESTAMP), INTERVAL 1 DAY)`
  return piece(call.type, `list_transform(${series}, lambda d: CAST(d AS DATE))`)
}

/** Functions of dates and times, by their names in the tree. */
export const DATES: Readonly<Record<string, FunctionSql>> = {
  date_add: dateAdd('+'),
  date_sub: dateAdd('-'),
  datetime_add: timeAdd('+', 'DATETIME_ADD'),
  datetime_sub: timeAdd('-', 'DATETIME_SUB'),
  timestamp_add: timeAdd('+', 'TIMESTAMP_ADD'),
  timestamp_sub: timeAdd('-', 'TIMESTAMP_SUB'),
  date_trunc: dateTrunc,
  datetime_trunc: datetimeTrunc,
  date_diff: dateDiff,
  datetime_diff: datetimeDiff,
  timestamp_diff: timestampDiff,
  $extract: extract,
  $extract_date: (call, [of, zone], refuse) =>
    piece(
      call.type,
      of && isTimestamp(of) ? `CAST(${local(of, zoneOf(zone, refuse))} AS DATE)` : `CAST(${of?.sql} AS DATE)`,
    ),
  date: dateOf,
  datetime: datetimeOf,
  timestamp: timestampOf,
  last_day: (call, [of, named], refuse) => {
    if (named && partOf(named, refuse) !== 'MONTH')
      throw refuse({ what: 'LAST_DAY of another part than MONTH', instead: 'Write LAST_DAY(date)' })
    return piece(call.type, `last_day(${of?.sql})`)
  },
  format_date: formatted,
  format_datetime: formatted,
  format_timestamp: formatted,
  generate_date_array: dateArray,
}

/** Casts between dates and times. Null for another pair of types. */
export function castTime(of: Piece, to: SqlType): string | null {
  const [from, target] = [of.type, to].map((type) => (type.kind === 'scalar' ? type.name : ''))
  switch (`${from} ${target}`) {
    case 'date datetime':
      return `CAST(${of.sql} AS TIMESTAMP)`
    case 'datetime date':
      return `CAST(${of.sql} AS DATE)`
    case 'timestamp date':
      return `CAST(${local(of, "'UTC'")} AS DATE)`
    case 'timestamp datetime':
      return local(of, "'UTC'")
    case 'date timestamp':
    case 'datetime timestamp':
      return `timezone('UTC', CAST(${of.sql} AS TIMESTAMP))`
    case 'date string':
      return `CAST(${of.sql} AS VARCHAR)`
    default:
      return null
  }
}

/** A literal of a date or time. */
export function timeLiteral(value: string, type: SqlType): string | null {
  if (isScalar(type, 'date')) return `DATE '${value}'`
  if (isScalar(type, 'datetime')) return `TIMESTAMP '${value}'`
  if (isScalar(type, 'time')) return `TIME '${value}'`
  return isScalar(type, 'timestamp') ? `TIMESTAMPTZ '${value}'` : null
}
