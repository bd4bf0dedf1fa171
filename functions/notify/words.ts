import { Temporal } from 'temporal-polyfill'
import type { BusinessDate, Instant } from '../pipeline/entities.ts'

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const

/** A length of time in its two largest units: `6 d 21 h`, `1 h 12 min`, `45 s`. */
export function lengthInWords(milliseconds: number): string {
  const first = UNITS.findIndex(([, size]) => milliseconds >= size)
  const units = first === -1 ? [] : UNITS.slice(first, first + 2)
  let left = milliseconds
  const parts = units.flatMap(([name, size]) => {
    const count = Math.floor(left / size)
    left -= count * size
    return count === 0 ? [] : [`${count} ${name}`]
  })
  return parts.join(' ') || '0 s'
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']

/** `29 Nov`. */
export function dayInWords(date: BusinessDate): string {
  const day = Temporal.PlainDate.from(date)
  return `${day.day} ${MONTHS[day.month - 1]}`
}

/** `Sunday`, of a date. */
export function weekdayOf(date: BusinessDate): string {
  return Temporal.PlainDate.from(date).toLocaleString('en-US', { weekday: 'long' })
}

/** `Sun 29 Nov`. */
export function weekdayInWords(date: BusinessDate): string {
  return `${WEEKDAYS[Temporal.PlainDate.from(date).dayOfWeek - 1]} ${dayInWords(date)}`
}

/** The clock of a zone with its name: `05:09 EST`, `11:09 GMT+1`. */
export function clockInWords(at: Instant, zone: string): string {
  const local = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone)
  const parts = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'short' }).formatToParts(at)
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? zone
  return `${local.toPlainTime().toString().slice(0, 5)} ${name}`
}

/** `Store 7, Store 19 and 3 more`: the first names, and the number of the others. */
export function namesInWords(names: readonly string[], most: number): string {
  const shown = names.slice(0, most)
  const left = names.length - shown.length
  if (left > 0) return `${shown.join(', ')} and ${left} more`
  return shown.length < 2 ? (shown[0] ?? '') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`
}

/** A noun for one and for many: `location`, `locations`. */
export interface Noun {
  readonly one: string
  readonly many: string
}

/** The noun where a pipeline is no longer configured. */
export const SHARD: Noun = { one: 'shard', many: 'shards' }

/** `2 stores`, `1 store`: a count with the noun of a pipeline. */
export function nounInWords(count: number, { one, many }: Noun): string {
  return countInWords(count, one, many)
}

/** `2 files`, `1 file`: a count with its noun. */
export function countInWords(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`
}

/** `5 %`, `0.4 %`: a share with as many digits as say something. */
export function shareInWords(part: number, whole: number): string {
  const percent = whole === 0 ? 0 : (100 * part) / whole
  return `${percent >= 10 || Number.isInteger(percent) ? Math.round(percent) : Math.round(percent * 10) / 10} %`
}

/** An amount that is usual, to three digits: `$18,400`. */
export function roundedInWords(amount: string, unit: string): string {
  const value = Number(amount)
  const step = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, Math.abs(value)))) - 2)
  const text = Math.abs(Math.round(value / step) * step).toLocaleString('en-US')
  const sign = value < 0 ? '-' : ''
  return unit === 'USD' ? `${sign}$${text}` : `${sign}${text}${unit === '' ? '' : ` ${unit}`}`
}

/** An amount with its unit: `$430,536.95`, `1,204.50 EUR`. It is rounded half away from zero to two places. */
export function moneyInWords(amount: string, unit: string): string {
  const [, sign = '', whole = '0', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(amount) ?? []
  const cents =
    BigInt(whole) * 100n + BigInt(fraction.slice(0, 2).padEnd(2, '0')) + (/^..[5-9]/.test(fraction) ? 1n : 0n)
  const text = `${(cents / 100n).toLocaleString('en-US')}.${String(cents % 100n).padStart(2, '0')}`
  return unit === 'USD' ? `${sign}$${text}` : `${sign}${text}${unit === '' ? '' : ` ${unit}`}`
}
