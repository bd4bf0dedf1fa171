import { createHash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { sumDecimals } from '../../lib/decimal.ts'

const DAY = 86_400_000

/** Adds the functions that sums and hashes of tables use, which SQLite does not have. */
export function addTableFunctions(database: DatabaseSync): void {
  const options = { deterministic: true } as const
  database.function('daybreak_days', options, (text) => daysOf(text))
  database.function('daybreak_microseconds', options, (text) => microsecondsOf(text))
  database.function('daybreak_places', options, (text, places) => withPlaces(text, Number(places)))
  database.function('daybreak_hash', options, (text) => hashOf(String(text ?? '')))
  database.aggregate('daybreak_sum', {
    start: '0',
    step: (sum: string, value: unknown) => (isDecimal(value) ? sumDecimals([sum, value]) : sum),
    result: (sum: string) => sum,
  })
}

function isDecimal(value: unknown): value is string {
  return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value)
}

/** A decimal with so many places, as systems that know the scale of a column write it; another text stays what it is. */
function withPlaces(text: unknown, places: number): string | null {
  if (text === null || text === undefined) return null
  const own = String(text)
  if (!isDecimal(own) || places === 0) return own
  const [whole = '0', fraction = ''] = own.split('.')
  return `${whole}.${fraction.padEnd(places, '0')}`
}

function hashOf(text: string): bigint {
  return BigInt(`0x${createHash('md5').update(text).digest('hex').slice(0, 15)}`)
}

const DATE = /^(\d{1,4})-(\d{1,2})-(\d{1,2})$/

/** Days since 1970; null for a text that is no date. */
function daysOf(text: unknown): string | null {
  const [, year, month, day] = DATE.exec(String(text ?? '').trim()) ?? []
  const at = year === undefined ? Number.NaN : utc(year, month, day)
  return Number.isNaN(at) ? null : String(Math.round(at / DAY))
}

const TIME =
  /^(?:(\d{1,4})-(\d{1,2})-(\d{1,2})(?:[ T]|$))?(?:(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?$/

/** Microseconds since 1970, or since midnight; null for a text that is no time. */
function microsecondsOf(text: unknown): string | null {
  const found = TIME.exec(String(text ?? '').trim())
  if (found === null || found[0] === '') return null
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = found
  const days = year === undefined ? 0 : utc(year, month, day) / DAY
  if (Number.isNaN(days)) return null
  const seconds = BigInt(Number(hour) * 3_600 + Number(minute) * 60 + Number(second)) - offsetOf(zone)
  return String(
    (BigInt(Math.round(days)) * 86_400n + seconds) * 1_000_000n + BigInt(fraction.slice(0, 6).padEnd(6, '0')),
  )
}

/** Milliseconds since 1970 of a date, also of the years before 100. */
function utc(year = '', month = '', day = ''): number {
  return Date.parse(`${year.padStart(4, '0')}-${month.padStart(2, '0')}-${day.padStart(2, '0')}T00:00:00Z`)
}

function offsetOf(zone: string): bigint {
  if (zone === 'Z') return 0n
  const [, sign, hours = '0', minutes = '0'] = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone) ?? []
  const seconds = BigInt(Number(hours) * 3_600 + Number(minutes) * 60)
  return sign === '-' ? -seconds : seconds
}
