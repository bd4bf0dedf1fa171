import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { Contract } from '../../../contract/contract.ts'
import { jsonRecords, type RowPlace } from '../../../engine/json/json-records.ts'
import { lineOf } from '../../../engine/json/place.ts'
import { append, readRange } from '../file.ts'
import type { EngineInput, RowOrigin } from './engine-input.ts'
import { withoutBareCr } from './file.ts'
import type { Lanes } from './lanes.ts'
import { parquetInput } from './parquet-input.ts'
import type { RawFile } from './scan.ts'

/** Where records are made, and the connections that can make them. */
interface InputContext {
  readonly folder: string
  readonly lanes: Lanes
}

/** The file itself, or records that were made of it in a folder. @throws {DaybreakError} FILE_EMPTY, FILE_TRUNCATED, FILE_UNREADABLE. */
export async function engineInput(
  raw: RawFile,
  contract: Contract,
  { folder, lanes }: InputContext,
): Promise<EngineInput> {
  if (contract.format === 'json' || contract.format === 'jsonl') return await jsonInput(raw, contract, folder)
  if (contract.format === 'parquet') return await parquetInput(raw, folder, lanes)
  const file = raw.bytes === 0 ? raw : await withoutBareCr(raw, folder)
  return { file, isMade: false, origin: null }
}

const FLUSH_CHARACTERS = 1 << 20

async function jsonInput(raw: RawFile, contract: Contract, folder: string): Promise<EngineInput> {
  const { places, records } = jsonRecords(readRange(raw.path, 0, raw.bytes), contract, raw.name)
  const path = join(folder, 'records.csv')
  const output = openSync(path, 'w')
  let bytes = 0
  let text = ''
  const flush = () => {
    const block = Buffer.from(text)
    append(output, block)
    bytes += block.length
    text = ''
  }
  try {
    for (const record of records()) {
      text += record
      if (text.length < FLUSH_CHARACTERS) continue
      flush()
      await setImmediate()
    }
    flush()
  } finally {
    closeSync(output)
  }
  return { file: { path, name: raw.name, bytes }, isMade: true, origin: originsIn(raw, places) }
}

/** Reads the file again when a row is asked for: most files have no reject. Rows are asked for in their order. */
function originsIn(raw: RawFile, places: readonly RowPlace[]): (record: number) => RowOrigin {
  let near = { offset: 0, line: 1 }
  return (record) => {
    const { path, start, end } = places[record - 1] ?? { path: '', start: 0, end: 0 }
    const from = start < near.offset ? { offset: 0, line: 1 } : near
    const between = readRange(raw.path, from.offset, start)
    near = { offset: start, line: from.line + lineOf(between, between.length) - 1 }
    return { path, line: near.line, span: { offset: start, bytes: readRange(raw.path, start, end) } }
  }
}
