import { createHmac } from 'node:crypto'
import { parse } from 'csv-parse/sync'
import { Temporal } from 'temporal-polyfill'
import { naiveScan } from './naive-scan.ts'
import type { Row } from './transform.ts'
import { PRIVACY_KEY } from './transform.ts'

/** Expected rows of a file, worked out with csv-parse, BigInt and Temporal: no code is shared with the engine. */
export interface Expected {
  readonly rows: readonly Row[]
  readonly rejects: readonly {
    readonly line: string
    readonly record: string
    readonly column: string | null
    readonly rule: string
  }[]
  readonly totals: { readonly amount: string; readonly tax: string }
}

const WORDS = new Map([
  ['true', 'true'],
  ['yes', 'true'],
  ['false', 'false'],
  ['no', 'false'],
])

/** The exact value of a decimal text as units of 10^-scale; null when it is none or does not fit. */
export function exactUnits(text: string, scale: number): bigint | null {
  const bare = /^[-+]?\$?(\d{1,3}(,\d{3})+|\d*)(\.\d*)?$/.test(text) ? text.replaceAll(/[$,]/g, '') : text
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^([-+]?)(\d*)(?:\.(\d*))?(?:[eE]([-+]?\d+))?$/.exec(bare) ?? []
  if (whole + fraction === '') return null
  const places = fraction.length - Number(exponent)
  const digits = BigInt(whole + fraction)
  const shift = scale - places
  if (shift < 0 && digits % 10n ** BigInt(-shift) !== 0n) return null
  const units = shift < 0 ? digits / 10n ** BigInt(-shift) : digits * 10n ** BigInt(shift)
  if (units >= 10n ** 18n) return null
  return sign === '-' ? -units : units
}

/** Units of 10^-scale as decimal text. */
export function decimalText(units: bigint, scale: number): string {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0')
  return `${units < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

function localTime(text: string): Temporal.PlainDateTime | null {
  const parts = /^(1[0-2]|0?[1-9])\/(3[01]|[12]\d|0?[1-9])\/(\d\d) (1[0-2]|0?[1-9]):([0-5]\d) ([AP])M$/i.exec(text)
  if (!parts) return null
  const [month, day, year, hour, minute] = parts.slice(1, 6).map(Number)
  const half = parts[6]!.toUpperCase() === 'P' ? 12 : 0
  try {
    return Temporal.PlainDateTime.from(
      {
        year: year! + (year! < 69 ? 2000 : 1900),
        month: month!,
        day: day!,
        hour: (hour! % 12) + half,
        minute: minute!,
      },
      { overflow: 'reject' },
    )
  } catch {
    return null
  }
}

const timeText = (at: Temporal.PlainDateTime) => at.toString({ smallestUnit: 'second' }).replace('T', ' ')

type Typed = { readonly value: string | null } | { readonly rule: string }

const TEXTS: ReadonlySet<string> = new Set(['id', 'note', 'who', 'card'])

/** A text without what Unicode calls formats and separators at its ends; inside, separators are blanks, and tabs in an id too. */
function folded(name: string, text: string): string {
  const bare = text.replace(/^[[\p{Cf}\p{Zs}\t]--[ ]]+|[[\p{Cf}\p{Zs}\t]--[ ]]+$/gv, '')
  const blanks = bare.replaceAll(/\p{Zs}/gu, ' ')
  return name === 'id' ? blanks.replaceAll('\t', ' ') : blanks
}

/** Formats and controls have no place in a text, but for the lines and tabs of a note; a joiner between two emoji has one. */
function isRefused(name: string, text: string): boolean {
  const written = text.replaceAll(/(?<=[^\0-\x7f])\u200d(?=[^\0-\x7f])/gu, '')
  const lines = name === 'id' ? written : written.replaceAll(/\t|\r?\n/g, '')
  return /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(lines)
}

function typed(name: string, given: string): Typed {
  const bad = (rule: string): Typed => ({ rule })
  const text = TEXTS.has(name) ? folded(name, given) : given
  if (name === 'id' && Buffer.byteLength(text) > 1024) return bad('too_long')
  if (TEXTS.has(name) && isRefused(name, text)) return bad('control_character')
  if (text === '') return name === 'id' || name === 'amount' ? bad('required') : { value: null }
  switch (name) {
    case 'n': {
      const digits = /^(-?\d+)(\.0*)?$/.exec(text)?.[1]
      const value = digits === undefined ? null : BigInt(digits)
      return value === null || BigInt.asIntN(64, value) !== value ? bad('int64') : { value: value.toString() }
    }
    case 'amount':
    case 'tax': {
      const scale = name === 'amount' ? 2 : 8
      const units = exactUnits(text, scale)
      return units === null ? bad('numeric') : { value: decimalText(units, scale) }
    }
    case 'ratio':
      return /^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(text) && Number.isFinite(Number(text))
        ? { value: String(Number(text)) }
        : bad('float64')
    case 'flag':
      return WORDS.has(text.toLowerCase()) ? { value: WORDS.get(text.toLowerCase())! } : bad('bool')
    case 'at': {
      const at = localTime(text)
      return at ? { value: timeText(at) } : bad('datetime')
    }
    case 'who':
      return { value: createHmac('sha256', PRIVACY_KEY).update(text).digest('hex') }
    case 'card': {
      const letters = [...text]
      return {
        value:
          letters.length > 2 ? '*'.repeat(letters.length - 2) + letters.slice(-2).join('') : '*'.repeat(letters.length),
      }
    }
    case 'secret':
      return { value: null }
    default:
      return { value: text }
  }
}

/** Columns of the oracle: those of `everything` that the differential test fills. */
export const ORACLE_COLUMNS = [
  'id',
  'n',
  'amount',
  'tax',
  'ratio',
  'flag',
  'at',
  'note',
  'who',
  'card',
  'secret',
] as const

/** Reads a well-formed file whose header names those columns in any order. */
export function oracle(text: string, header: readonly string[]): Expected {
  const places = naiveScan(Buffer.from(text)).records.slice(1)
  const records: string[][] = parse(text, { relax_column_count: true, skip_empty_lines: true, from: 2 })
  const rows: Row[] = []
  const rejects: { line: string; record: string; column: string | null; rule: string }[] = []
  let [amount, tax] = [0n, 0n]
  for (const [index, fields] of records.entries()) {
    const place = { line: String(places[index]!.line), record: String(index + 1) }
    const extra = fields.slice(header.length)
    if (fields.length < header.length || extra.some((field) => field !== '')) {
      rejects.push({ ...place, column: null, rule: 'field_count' })
      continue
    }
    const results = header.map((name, position) => ({ name, ...typed(name, fields[position]!) }))
    const [broken] = results.flatMap((result) => ('rule' in result ? [result] : []))
    const row = Object.fromEntries(results.map((result) => [result.name, 'value' in result ? result.value : null]))
    const units = exactUnits(row['amount'] ?? '', 2) ?? 0n
    if (broken) rejects.push({ ...place, column: broken.name, rule: broken.rule })
    else if (units < -100_000n) rejects.push({ ...place, column: 'amount', rule: 'not_too_negative' })
    else {
      amount += units
      tax += exactUnits(row['tax'] ?? '0', 8) ?? 0n
      const local = row['at'] ? Temporal.PlainDateTime.from(row['at'].replace(' ', 'T')) : null
      const utc = local
        ?.toZonedDateTime('America/New_York')
        .toInstant()
        .toString()
        .replace('T', ' ')
        .replace('Z', '+00')
      rows.push({
        ...row,
        at_utc: utc ?? null, // A derived value that does not fit its column is empty.
        doubled: units * 2n < 10n ** 18n ? decimalText(units * 2n, 2) : null,
        _row_number: place.line,
      })
    }
  }
  return { rows, rejects, totals: { amount: decimalText(amount, 2), tax: decimalText(tax, 8) } }
}
