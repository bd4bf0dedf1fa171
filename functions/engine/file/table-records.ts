import { isUtf8 } from 'node:buffer'
import { DaybreakError } from '../../errors.ts'

/** A record of a CSV file whose columns are a table. */
export interface TableRecord {
  /** Its bytes without the row end. Valid until the next record is asked for. */
  readonly bytes: Buffer
  /** Physical line that it begins in, from 1. */
  readonly line: number
  readonly fields: number
  /** False where readers of CSV differ about it: a quote inside a field, a lone CR. Its fields are then written anew. */
  readonly isPlain: boolean
  /** The reason for which it is no row; null for a row. */
  readonly fault: string | null
}

const [LF, CR, QUOTE, NUL] = [10, 13, 34, 0]

/** A longer record is rows that a quote without an end took in. */
const LONGEST_RECORD = 67_108_864

/**
 * Records of a CSV file, block by block. A line that breaks the rules is a record with a fault, and the next one begins after its
 * line break. @throws {DaybreakError} FILE_UNREADABLE for a record of more than 64 MiB.
 */
export async function* tableRecords(
  blocks: AsyncIterable<Buffer>,
  { name, delimiter }: { readonly name: string; readonly delimiter: string },
): AsyncGenerator<TableRecord> {
  const separator = delimiter.charCodeAt(0)
  let held: Buffer = Buffer.alloc(0)
  let [line, wanted] = [1, 0]
  for await (const block of blocks) {
    held = held.length === 0 ? block : Buffer.concat([held, block])
    if (held.length < wanted) continue
    let start = 0
    for (;;) {
      const found = recordAt(held, { start, separator, isLast: false })
      if (found === null) break
      yield { ...found.record, line }
      line += found.lines
      start = found.next
    }
    held = Buffer.from(held.subarray(start))
    if (held.length > LONGEST_RECORD)
      throw new DaybreakError(
        'FILE_UNREADABLE',
        `${name} cannot be read: the record in line ${line} has more than ${LONGEST_RECORD} bytes; a quote in it may not close`,
      )
    // Bytes of a record that goes on are looked at again when as much more has come.
    wanted = start === 0 ? held.length * 2 : 0
  }
  for (let start = 0; start < held.length; ) {
    const found = recordAt(held, { start, separator, isLast: true })
    if (found === null) return
    yield { ...found.record, line }
    line += found.lines
    start = found.next
  }
}

interface Found {
  readonly record: Omit<TableRecord, 'line'>
  readonly next: number
  readonly lines: number
}

interface Place {
  readonly start: number
  readonly separator: number
  readonly isLast: boolean
}

/** The record that begins at `start`; null where its end is not there yet. */
function recordAt(buffer: Buffer, { start, separator, isLast }: Place): Found | null {
  let [at, fields, lines, fieldStart] = [start, 1, 0, start]
  let quoted: 'no' | 'inside' | 'closed' = 'no'
  let [isPlain, hasNul, isBroken] = [true, false, false]
  for (; at < buffer.length; at++) {
    const byte = buffer[at]
    if (byte === NUL) hasNul = true
    if (quoted === 'inside') {
      if (byte === LF) lines++
      if (byte !== QUOTE) continue
      // Its second half may be in the next block.
      if (at + 1 === buffer.length && !isLast) return null
      if (buffer[at + 1] === QUOTE) at++
      else quoted = 'closed'
    } else if (byte === separator) {
      fields++
      fieldStart = at + 1
      quoted = 'no'
    } else if (byte === LF) {
      lines++
      break
    } else if (byte === QUOTE) {
      if (at === fieldStart) quoted = 'inside'
      else isPlain = false
    } else if (byte === CR) {
      if (at + 1 === buffer.length && !isLast) return null
      if (buffer[at + 1] !== LF) isPlain = false
    } else if (quoted === 'closed') isBroken = true
  }
  const isEnded = at < buffer.length
  if (!isEnded && !isLast) return null
  const end = at > start && buffer[at - 1] === CR ? at - 1 : at
  const bytes = buffer.subarray(start, end)
  return {
    record: { bytes, fields, isPlain, fault: faultOf(bytes, { hasNul, isBroken, isOpen: quoted === 'inside' }) },
    next: isEnded ? at + 1 : at,
    lines,
  }
}

interface Suspicions {
  readonly hasNul: boolean
  readonly isBroken: boolean
  readonly isOpen: boolean
}

function faultOf(bytes: Buffer, { hasNul, isBroken, isOpen }: Suspicions): string | null {
  if (hasNul) return 'holds a NUL byte'
  if (isOpen) return 'a quote does not close before the end of the file'
  if (isBroken) return 'text after a closing quote'
  return isUtf8(bytes) ? null : notUtf8(bytes)
}

/** The first bytes of a text that are no UTF-8, for a message. */
export function notUtf8(bytes: Buffer): string {
  let start = 0
  while (start < bytes.length) {
    const length = [1, 2, 3, 4].find((some) => isUtf8(bytes.subarray(start, start + some)))
    if (length === undefined) break
    start += length
  }
  const shown = [...bytes.subarray(start, start + 2)].map((byte) => byte.toString(16).padStart(2, '0'))
  return `not UTF-8 (bytes ${shown.join(' ')})`
}

/** Fields of a sound record; null for one that is empty and not in quotes. */
export function fieldsOf({ bytes }: Pick<TableRecord, 'bytes'>, delimiter: string): readonly (string | null)[] {
  const text = bytes.toString('utf8')
  const fields: (string | null)[] = []
  for (let at = 0; ; ) {
    if (text[at] !== '"') {
      const found = text.indexOf(delimiter, at)
      const end = found < 0 ? text.length : found
      fields.push(end === at ? null : text.slice(at, end))
      if (found < 0) return fields
      at = end + 1
      continue
    }
    let close = text.indexOf('"', at + 1)
    while (close >= 0 && text[close + 1] === '"') close = text.indexOf('"', close + 2)
    const end = close < 0 ? text.length : close
    fields.push(text.slice(at + 1, end).replaceAll('""', '"'))
    if (end + 1 >= text.length) return fields
    at = end + 2
  }
}

/** Values as a line of CSV that keeps NULL and the empty text apart. */
export function csvLine(values: readonly (string | null)[]): string {
  return values.map(csvField).join(',')
}

function csvField(value: string | null): string {
  if (value === null) return ''
  return value === '' || /[",\r\n]|^\s|\s$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value
}

const DELIMITERS = [',', ';', '\t', '|']

/** The delimiter that a header has most of, outside of quotes; a comma where it has none. */
export function delimiterOf(header: string): string {
  const bare = header.replaceAll(/"(?:[^"]|"")*"/g, '')
  const counted = DELIMITERS.map((delimiter) => ({ delimiter, count: bare.split(delimiter).length }))
  return counted.toSorted((a, b) => b.count - a.count)[0]?.delimiter ?? ','
}
