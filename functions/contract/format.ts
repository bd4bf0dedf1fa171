import { DaybreakError } from '../errors.ts'
import { quoteString } from '../sql/dialects/duckdb/quote.ts'
import type { Column } from './contract.ts'

type Part = 'year' | 'month' | 'day' | 'hour' | 'half' | 'minute' | 'second'

/** One run of pattern letters: what it stands for in strptime, and the digits it takes. */
interface Letters {
  readonly part: Part
  readonly strptime: string
  readonly regex: string
}

const ONE_TO_31 = '(?:3[01]|[12][0-9]|0?[1-9])'
const TO_59 = '[0-5][0-9]'

// strptime alone is too kind: it takes blanks anywhere, `7` for a minute, and the year 25 for yyyy. The regex is not.
const LETTERS: Readonly<Record<string, Letters>> = {
  M: { part: 'month', strptime: '%m', regex: '(?:1[0-2]|0?[1-9])' },
  MM: { part: 'month', strptime: '%m', regex: '(?:1[0-2]|0[1-9])' },
  d: { part: 'day', strptime: '%d', regex: ONE_TO_31 },
  dd: { part: 'day', strptime: '%d', regex: '(?:3[01]|[12][0-9]|0[1-9])' },
  yy: { part: 'year', strptime: '%y', regex: '[0-9]{2}' },
  yyyy: { part: 'year', strptime: '%Y', regex: '[12][0-9]{3}' },
  H: { part: 'hour', strptime: '%H', regex: '(?:2[0-3]|1[0-9]|0?[0-9])' },
  HH: { part: 'hour', strptime: '%H', regex: '(?:2[0-3]|[01][0-9])' },
  h: { part: 'hour', strptime: '%I', regex: '(?:1[0-2]|0?[1-9])' },
  hh: { part: 'hour', strptime: '%I', regex: '(?:1[0-2]|0[1-9])' },
  mm: { part: 'minute', strptime: '%M', regex: TO_59 },
  ss: { part: 'second', strptime: '%S', regex: TO_59 },
  a: { part: 'half', strptime: '%p', regex: '[AaPp][Mm]' },
}

/** A pattern such as `M/d/yy h:mm a`, ready for SQL. */
export interface DateFormat {
  readonly type: 'date' | 'time' | 'datetime'
  /** For `strptime` of DuckDB and `PARSE_DATE`, `PARSE_TIME`, `PARSE_DATETIME` of BigQuery: the same letters. */
  readonly strptime: string
  /** Pattern of the whole text, for RE2 and JavaScript. Strict where strptime is not. */
  readonly regex: string
}

/**
 * Reads a pattern of date letters: M MM d dd yy yyyy H HH h hh mm ss a, and blanks, `/`, `-`, `.`, `:`, `,`, `'T'` between.
 * Two-digit years from 69 on are 19xx. @throws {DaybreakError} CONFIG_INVALID.
 */
export function parseFormat(pattern: string): DateFormat {
  const pieces = pattern.match(/[A-Za-z]+|'T'|[^A-Za-z]/g) ?? []
  const compiled = pieces.map((piece) => LETTERS[piece] ?? separator(piece, pattern))
  const parts = compiled.flatMap((piece) => ('part' in piece ? [piece.part] : []))
  return {
    type: typeOf(parts, pattern),
    strptime: compiled.map(({ strptime }) => strptime).join(''),
    regex: compiled.map(({ regex }) => regex).join(''),
  }
}

function separator(piece: string, pattern: string): { strptime: string; regex: string } {
  if (piece === "'T'") return { strptime: 'T', regex: 'T' }
  if (piece === '.') return { strptime: '.', regex: '[.]' }
  if (/^[ /:,-]$/.test(piece)) return { strptime: piece, regex: piece }
  throw invalid(pattern, `\`${piece}\` is none of ${Object.keys(LETTERS).join(' ')}`)
}

function typeOf(parts: readonly Part[], pattern: string): DateFormat['type'] {
  const has = (...wanted: readonly Part[]): boolean => wanted.every((part) => parts.includes(part))
  const repeated = parts.find((part, index) => parts.indexOf(part) !== index)
  if (repeated) throw invalid(pattern, `it has the ${repeated} twice`)
  const day = has('year', 'month', 'day')
  const time = has('hour', 'minute')
  if (!day && (parts.includes('year') || parts.includes('month') || parts.includes('day')))
    throw invalid(pattern, 'a day needs year, month and day')
  if (
    !time &&
    (parts.includes('hour') || parts.includes('minute') || parts.includes('second') || parts.includes('half'))
  )
    throw invalid(pattern, 'a time needs hour and minute')
  if (time && /(^|[^A-Za-z])h/.test(pattern) !== parts.includes('half'))
    throw invalid(pattern, 'h goes with a, and H without it')
  if (!day && !time) throw invalid(pattern, 'it has no date letters')
  return day && time ? 'datetime' : day ? 'date' : 'time'
}

function invalid(pattern: string, problem: string): DaybreakError {
  return new DaybreakError('CONFIG_INVALID', `the format \`${pattern}\` cannot be used: ${problem}`)
}

const ISO = {
  date: ['yyyy-MM-dd'],
  time: ['HH:mm:ss', 'HH:mm'],
  datetime: ["yyyy-MM-dd'T'HH:mm:ss", 'yyyy-MM-dd HH:mm:ss'],
}

/** The formats of a date, time or datetime column, those of ISO 8601 if it names none. @throws {DaybreakError} CONFIG_INVALID. */
export function formatsOf({ name, type, format }: Column): DateFormat[] {
  const given = typeof format === 'string' ? [format] : format
  if (type !== 'date' && type !== 'time' && type !== 'datetime') return []
  const formats = (given ?? ISO[type]).map(parseFormat)
  const wrong = formats.find((each) => each.type !== type)
  if (wrong)
    throw new DaybreakError('CONFIG_INVALID', `column ${name} is a ${type}, but its format is that of a ${wrong.type}`)
  return formats
}

/** DuckDB SQL: the text parsed by the first format it matches, NULL when it matches none. All formats are of one type. */
export function parsedSql(formats: readonly DateFormat[], text: string): string {
  const attempts = formats.map(({ regex, strptime }) => {
    const format = quoteString(strptime)
    return `CASE WHEN regexp_full_match(${text}, ${quoteString(regex)}) THEN try_strptime(${text}, ${format}) END`
  })
  const parsed = attempts.length === 1 ? attempts.join() : `coalesce(${attempts.join(', ')})`
  const type = formats[0]?.type ?? 'datetime'
  return type === 'datetime' ? parsed : `CAST(${parsed} AS ${type.toUpperCase()})`
}
