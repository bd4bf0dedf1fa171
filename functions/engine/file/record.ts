import { foldRecord } from '../characters.ts'
import type { RecordFault } from '../rejects/plan.ts'
import { isBlankLine, LONGEST_BLANK } from './blank-line.ts'
import { type Encoding, hasUndefinedCharacter } from './encoding.ts'
import { swallowedLines } from './swallowed.ts'

/** Where a record stands in a buffer. */
export interface RecordSpan {
  /** First byte. */
  readonly start: number
  /** End of its text: the row end is not part of it. */
  readonly end: number
  /** Physical lines of the buffer before its first byte. */
  readonly line: number
}

const LF = 10
const CR = 13
const QUOTE = 34
const COMMA = 44

/** The part of a buffer that no record was found in, because more bytes may belong to it. */
export interface Rest {
  /** Its first byte; the length of the buffer when there is no rest. */
  readonly start: number
  /** Physical lines before it. */
  readonly line: number
}

/**
 * Records of a buffer that starts at a record, by the rules of the scanner; blank lines are passed over. With `more`, other bytes
 * follow the buffer: a record without a row end is then left as the rest.
 */
export function* recordSpans(buffer: Buffer, more = false): Generator<RecordSpan, Rest> {
  let [start, line] = [0, 0]
  while (start < buffer.length) {
    const { next, breaks, ended } = rowEnd(buffer, start)
    if (more && !ended) break
    const end = ended ? textEnd(buffer, start, next - 1) : buffer.length
    const blank = end - start <= LONGEST_BLANK + 1 && isBlankLine(buffer.subarray(start, ended ? next - 1 : next))
    if (!blank) yield { start, end, line }
    start = next
    line += breaks
  }
  return { start, line }
}

/** Where the row that begins at `start` ends, and the line breaks up to there. */
function rowEnd(
  buffer: Buffer,
  start: number,
): { readonly next: number; readonly breaks: number; readonly ended: boolean } {
  let breaks = 0
  let at = start
  for (let inQuotes = false; at < buffer.length; at++) {
    const byte = buffer[at]
    if (byte === LF) {
      breaks++
      if (!inQuotes) return { next: at + 1, breaks, ended: true }
    } else if (byte === QUOTE) {
      if (!inQuotes) inQuotes = at === start || buffer[at - 1] === COMMA
      else if (buffer[at + 1] === QUOTE) at++
      else inQuotes = false
    }
  }
  return { next: at, breaks, ended: false }
}

function textEnd(buffer: Buffer, start: number, lineBreak: number): number {
  return lineBreak > start && buffer[lineBreak - 1] === CR ? lineBreak - 1 : lineBreak
}

/** The fields of a record, or what is wrong with its quotes. */
type ParsedRecord = { readonly fields: readonly string[] } | { readonly problem: string }

/** Splits the text of one record. Quotes inside a field that does not start with one are text, as in `12" pizza`. */
export function parseRecord(text: string): ParsedRecord {
  const fields: string[] = []
  for (let at = 0; ; at++) {
    const quoted = text[at] === '"'
    const end = quoted ? closingQuote(text, at) : separator(text, at)
    if (end === null) return { problem: 'a quote does not close' }
    const next = quoted ? end + 1 : end
    if (next < text.length && text[next] !== ',') return { problem: 'text after a closing quote' }
    fields.push(quoted ? text.slice(at + 1, end).replaceAll('""', '"') : text.slice(at, end))
    if (next >= text.length) return { fields }
    at = next
  }
}

function closingQuote(text: string, open: number): number | null {
  for (let at = text.indexOf('"', open + 1); at >= 0; at = text.indexOf('"', at + 2))
    if (text[at + 1] !== '"') return at
  return null
}

function separator(text: string, from: number): number {
  const at = text.indexOf(',', from)
  return at < 0 ? text.length : at
}

/** A record as text that every reader of CSV takes the same way: quoted where there can be doubt. */
export function formatRecord(fields: readonly string[]): string {
  return fields.map(formatField).join(',')
}

function formatField(field: string): string {
  return /[",\r\n]|^\s|\s$/.test(field) ? `"${field.replaceAll('"', '""')}"` : field
}

/** The fields of a record that can become a row of so many, or what keeps it from that. */
export function readRecord(
  text: string,
  { width, encoding }: { readonly width: number; readonly encoding: Encoding },
): { readonly fields: readonly string[] } | { readonly fault: RecordFault } {
  if (text.includes('\0')) return { fault: 'nul' }
  if (encoding === 'windows-1252' && hasUndefinedCharacter(text)) return { fault: 'encoding' }
  const parsed = parseRecord(foldRecord(text))
  if ('problem' in parsed) return { fault: 'quotes' }
  // DuckDB takes empty fields after the last column too: there is nothing in them to lose.
  const fits = parsed.fields.length >= width && parsed.fields.slice(width).every((field) => field === '')
  if (!fits) return { fault: 'field_count' }
  return swallowingField(parsed.fields, width) ? { fault: 'swallowed_lines' } : parsed
}

/** The first field of a record that looks as if its quote had swallowed rows, and how many lines of them. */
export function swallowingField(
  fields: readonly string[],
  width: number,
): { readonly position: number; readonly lines: number } | null {
  const [first = ''] = fields
  for (const [position, field] of fields.entries()) {
    const lines = swallowedLines(field, { width, first })
    if (lines > 0) return { position, lines }
  }
  return null
}
