import { isUtf8 } from 'node:buffer'
import { csvLine, notUtf8 } from '../../engine/file/table-records.ts'
import { type LineMember, lineMembers, memberText, typeOfKinds } from '../../engine/json/line-members.ts'
import type { SourceColumn } from '../../pipeline/tables/ports.ts'
import { hiddenText, plainColumn } from './columns.ts'
import { blocksOf, type CopiedFile } from './copies.ts'
import type { Lines } from './lines.ts'

interface JsonLine {
  readonly line: number
  readonly text: string
  readonly members: ReadonlyMap<string, LineMember>
  readonly fault: string | null
}

const [LF, CR] = [10, 13]
const NONE: ReadonlyMap<string, LineMember> = new Map()

async function* jsonLines(copy: CopiedFile): AsyncGenerator<JsonLine> {
  let held: Buffer = Buffer.alloc(0)
  let line = 0
  for await (const block of blocksOf(copy)) {
    held = held.length === 0 ? block : Buffer.concat([held, block])
    let start = 0
    for (let end = held.indexOf(LF, start); end >= 0; end = held.indexOf(LF, start)) {
      line++
      const read = readLine(held.subarray(start, end), line)
      if (read !== null) yield read
      start = end + 1
    }
    held = Buffer.from(held.subarray(start))
  }
  const last = readLine(held, line + 1)
  if (last !== null) yield last
}

/** Null for a line of blanks. */
function readLine(bytes: Buffer, line: number): JsonLine | null {
  const own = bytes.at(-1) === CR ? bytes.subarray(0, -1) : bytes
  const text = own.toString('utf8')
  if (text.trim() === '') return null
  if (!isUtf8(own)) return { line, text, members: NONE, fault: notUtf8(own) }
  const read = lineMembers(text)
  return 'fault' in read ? { line, text, members: NONE, fault: read.fault } : { line, text, ...read, fault: null }
}

/** The columns of files of JSON lines: all keys, in their order of appearance, with the type that all values have. */
export async function jsonlColumns(copies: readonly CopiedFile[]): Promise<readonly SourceColumn[]> {
  const kinds = new Map<string, Set<LineMember['kind']>>()
  for (const copy of copies)
    for await (const { members } of jsonLines(copy))
      for (const [key, { kind }] of members) {
        const known = kinds.get(key)
        if (known) known.add(kind)
        else kinds.set(key, new Set([kind]))
      }
  return [...kinds].map(([key, all]) => plainColumn(key, typeOfKinds(all), [...all].join(' or ')))
}

/** Writes the objects of a file as raw rows, and gives their number. A line that is no object is a row with a fault. */
export async function jsonlRows(copy: CopiedFile, columns: readonly SourceColumn[], lines: Lines): Promise<number> {
  const hidden = columns.map((column) => hiddenText(column, copy))
  let rows = 0
  for await (const { line, text, members, fault } of jsonLines(copy)) {
    rows++
    const values = columns.map(({ name, type }, at) =>
      fault === null ? (hidden[at] ?? memberText(members.get(name), type)) : null,
    )
    const shown = fault === null ? null : text.slice(0, LONGEST_TEXT).replaceAll('\0', '\\0')
    await lines.text(csvLine([...values, String(line), fault, shown]))
  }
  return rows
}

const LONGEST_TEXT = 10_000
