import { fromFolderName } from '../lib/business-date.ts'
import { parseFormat } from './format.ts'

/** A text read by a format: a civil day, an hour of it, or both. */
interface LocalTime {
  readonly date: string | null
  readonly hour: number | null
}

const LETTERS = /(yyyy|yy|MM|M|dd|d|HH|H|hh|h|mm|ss|a)|('T'|[^A-Za-z])/g

/** Reads texts of a date, time or datetime column by the first format that fits, as the engine does; null when none fits. */
export function localReader(formats: readonly string[]): (text: string) => LocalTime | null {
  const readers = formats.map((pattern) => {
    const { regex } = parseFormat(pattern)
    const names = [...pattern.matchAll(LETTERS)].flatMap(([, letters]) => letters ?? [])
    const groups = regexOf(pattern)
    return { whole: new RegExp(`^${regex}$`), groups, names }
  })
  return (text) => {
    for (const { whole, groups, names } of readers) {
      const found = whole.test(text) ? groups.exec(text) : null
      if (found) return toLocal(new Map(names.map((name, index) => [name, found[index + 1] ?? ''])))
    }
    return null
  }
}

/** The same pattern with a group for each run of letters. */
function regexOf(pattern: string): RegExp {
  const parts = [...pattern.matchAll(LETTERS)].map(([, letters, separator = '']) => {
    if (letters === 'a') return '([AaPp][Mm])'
    if (letters !== undefined) return '(\\d+)'
    return separator === "'T'" ? 'T' : separator.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
  })
  return new RegExp(`^${parts.join('')}$`)
}

function toLocal(parts: ReadonlyMap<string, string>): LocalTime | null {
  const number = (...names: readonly string[]) => {
    const text = names.map((name) => parts.get(name)).find((value) => value !== undefined)
    return text === undefined ? null : Number(text)
  }
  const [year, month, day] = [yearOf(parts), number('MM', 'M'), number('dd', 'd')]
  const half = parts.get('a')?.toLowerCase()
  const twelve = number('hh', 'h')
  const hour = twelve === null ? number('HH', 'H') : (twelve % 12) + (half === 'pm' ? 12 : 0)
  if (year === null || month === null || day === null) return { date: null, hour }
  const digits = (value: number, width: number) => String(value).padStart(width, '0')
  const date = fromFolderName(`${digits(year, 4)}${digits(month, 2)}${digits(day, 2)}`)
  return date === null ? null : { date, hour }
}

// Two-digit years from 69 on are 19xx, as in strptime.
function yearOf(parts: ReadonlyMap<string, string>): number | null {
  const [four, two] = [parts.get('yyyy'), parts.get('yy')]
  if (four !== undefined) return Number(four)
  return two === undefined ? null : Number(two) + (Number(two) >= 69 ? 1900 : 2000)
}
