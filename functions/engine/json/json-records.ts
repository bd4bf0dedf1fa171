import type { Contract } from '../../contract/contract.ts'
import { foldHeader, headersOf } from '../../contract/drift.ts'
import { DaybreakError } from '../../errors.ts'
import { showInvisible } from '../characters.ts'
import { unreadable } from '../file/header.ts'
import { formatRecord } from '../file/record.ts'
import { fieldOf } from './json-field.ts'
import { type JsonRow, rowsOf } from './json-rows.ts'
import { type Json, parseJson, parseJsonLines } from './parse-json.ts'

/** A larger file is not read: it stands in memory whole. */
const MOST_BYTES = 67_108_864
/** Keys of rows that no column reads. */
const MOST_UNKNOWN = 500

/** Where a row stands in the JSON file. */
export interface RowPlace {
  readonly path: string
  readonly start: number
  readonly end: number
}

/** A JSON file in the form that the engine reads: a header and one record of text fields per row. */
interface JsonRecords {
  readonly header: readonly string[]
  readonly places: readonly RowPlace[]
  /** CSV, the header first; each record with its row end. */
  records(): Generator<string>
}

/**
 * The rows of a file of JSON, or of JSON lines, as records. The header has the paths that columns read and the file has, and the keys of rows that no
 * column reads. A file without rows has all columns. @throws {DaybreakError} as `parseJson` and `rowsOf`; FILE_TOO_WIDE.
 */
export function jsonRecords(bytes: Buffer, contract: Contract, name: string): JsonRecords {
  if (bytes.length > MOST_BYTES)
    throw unreadable(name, `it has ${bytes.length} bytes, and JSON is read up to ${MOST_BYTES}`)
  const rows = contract.format === 'jsonl' ? lineRows(bytes, contract, name) : listRows(bytes, contract, name)
  const known = knownPaths(contract, rows)
  const header = [...known, ...unknownKeys(contract, rows, name)]
  return {
    header,
    places: rows.map(({ path, item: { start, end } }) => ({ path, start, end })),
    *records() {
      yield `${formatRecord(header)}\n`
      const commas = ','.repeat(header.length - known.length)
      for (const row of rows) {
        const record = formatRecord(known.map((from) => fieldOf(row, from) ?? ''))
        // A record of one empty field would be a blank line, which is no record.
        yield `${record === '' && commas === '' ? '""' : record}${commas}\n`
      }
    },
  }
}

function listRows(bytes: Buffer, contract: Contract, name: string): readonly JsonRow[] {
  const root: Json = parseJson(bytes, { name, ...keysOf(contract) })
  return [...rowsOf(root, { steps: contract.rows ?? [], name, bytes })]
}

function lineRows(bytes: Buffer, contract: Contract, name: string): readonly JsonRow[] {
  return parseJsonLines(bytes, { name, ...keysOf(contract) }).map((item) => ({ item, around: [], path: '' }))
}

function keysOf({ rows = [], columns }: Contract): { readonly keys: Set<string>; readonly whole: Set<string> } {
  const paths = columns.flatMap(headersOf).map((from) => from.split('.'))
  const lists = rows.flatMap(({ list }) => list ?? [])
  // A list of rows that a column reads as a whole would be kept with everything in it.
  const whole = new Set(paths.flatMap((path) => path.at(-1) ?? []).filter((key) => !lists.includes(key)))
  return { keys: new Set([...paths.flat(), ...lists]), whole }
}

function knownPaths({ columns }: Contract, rows: readonly JsonRow[]): readonly string[] {
  const all = columns.flatMap(headersOf)
  return rows.length === 0 ? all : all.filter((from) => rows.some((row) => fieldOf(row, from) !== null))
}

/** Keys as a header may have them: no blank ones, and none that only case or blanks tell from another. */
function unknownKeys({ columns }: Contract, rows: readonly JsonRow[], name: string): readonly string[] {
  const heads = columns.flatMap(headersOf).map((from) => from.split('.')[0] ?? '')
  const taken = new Set(columns.flatMap(headersOf).concat(heads).map(foldHeader))
  const found: string[] = []
  for (const { item } of rows)
    for (const key of item.members.keys()) {
      const shown = showInvisible(key)
      if (taken.has(foldHeader(shown)) || shown.trim() === '') continue
      taken.add(foldHeader(shown))
      if (found.push(shown) > MOST_UNKNOWN)
        throw new DaybreakError(
          'FILE_TOO_WIDE',
          `${name} has rows with more than ${MOST_UNKNOWN} keys that no column reads`,
        )
    }
  return found
}
