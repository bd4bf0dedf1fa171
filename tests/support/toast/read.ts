import { parse } from 'csv-parse/sync'
import { Temporal } from 'temporal-polyfill'

/** A night as anybody would see it: bytes by file name. */
export type NightBytes = ReadonlyMap<string, Uint8Array>

export type Row = Readonly<Record<string, string>>

/** Rows of one file by header name, as csv-parse reads them. An absent file has none. */
export function readRows(night: NightBytes, file: string): Row[] {
  const bytes = night.get(file)
  if (bytes === undefined) return []
  return parse(Buffer.from(bytes), { columns: true, bom: true, skip_empty_lines: false }) as Row[]
}

/** A decimal in any of Toast's notations as units of 1e-8. */
export function units(text: string): bigint {
  const found = /^(-?)(\d+)(?:\.(\d+))?(?:E(-?\d+))?$/i.exec(text)
  if (!found) throw new Error(`Expected a decimal, found ${JSON.stringify(text)}`)
  const [, sign = '', whole = '0', fraction = '', exponent = '0'] = found
  const scale = 8 - fraction.length + Number(exponent)
  const digits = BigInt(whole + fraction)
  const value = scale >= 0 ? digits * 10n ** BigInt(scale) : digits / 10n ** BigInt(-scale)
  return sign === '-' ? -value : value
}

/** Sum of one column in units of 1e-8. */
export function total(rows: readonly Row[], column: string): bigint {
  return rows.reduce((sum, row) => sum + units(row[column]!), 0n)
}

/** Rows by the value of one column. */
export function groupBy(rows: readonly Row[], column: string): Map<string, Row[]> {
  return Map.groupBy(rows, (row) => row[column]!)
}

const days = new Map<string, number>()

/** `M/d/yy` or `M/d/yyyy` as days since 1970. */
export function dayNumber(text: string): number {
  const known = days.get(text)
  if (known !== undefined) return known
  const found = /^(\d{1,2})\/(\d{1,2})\/(\d{2}|\d{4})$/.exec(text)
  if (!found) throw new Error(`Expected M/d/yy, found ${JSON.stringify(text)}`)
  const [month, day, year] = found.slice(1).map(Number) as [number, number, number]
  const date = Temporal.PlainDate.from({ year: year < 100 ? 2000 + year : year, month, day }, { overflow: 'reject' })
  const number = Temporal.PlainDate.from('1970-01-01').until(date, { largestUnit: 'days' }).days
  days.set(text, number)
  return number
}

/** `M/d/yy h:mm a` as minutes since 1970 by the wall clock. */
export function minutes(text: string): number {
  const found = /^(\S+) (1[0-2]|[1-9]):([0-5]\d) (AM|PM)$/.exec(text)
  if (!found) throw new Error(`Expected M/d/yy h:mm a, found ${JSON.stringify(text)}`)
  const [, date = '', hour, minute, half] = found
  return dayNumber(date) * 1440 + ((Number(hour) % 12) + (half === 'PM' ? 12 : 0)) * 60 + Number(minute)
}

const PROSE = { week: 604_800, day: 86_400, hour: 3_600, minute: 60, second: 1 } as const

/** `1 hour, 2 minutes and 3 seconds` as seconds. */
export function proseSeconds(text: string): number {
  return text
    .split(/, | and /)
    .map((part) => {
      const found = /^(\d+) (week|day|hour|minute|second)s?$/.exec(part)
      if (!found) throw new Error(`Expected a duration in words, found ${JSON.stringify(text)}`)
      return Number(found[1]) * PROSE[found[2] as keyof typeof PROSE]
    })
    .reduce((a, b) => a + b, 0)
}

/** `-18:-27:-04` as seconds. */
export function clockSeconds(text: string): number {
  const found = /^(-?\d{2,}):(-?\d{2}):(-?\d{2})$/.exec(text)
  if (!found) throw new Error(`Expected a signed clock duration, found ${JSON.stringify(text)}`)
  return Number(found[1]) * 3600 + Number(found[2]) * 60 + Number(found[3])
}
