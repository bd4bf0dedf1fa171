import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { rm, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Contract } from '../../contract/contract.ts'
import { refuseSpreadsheet } from '../file/spreadsheet.ts'
import { refuseUnable } from './columns.ts'
import { compileToBigquery } from './compile.ts'
import { cutRecords, type RunningCut } from './records.ts'
import { loadConfiguration, scriptSql, sheetTablesSql } from './script.ts'
import { FILES, fileLine, RECORDS, recordLine, type SheetSlice } from './sheet.ts'
import { rebuildTables } from './tables.ts'

/** Large enough to be few, small enough to be uploaded and read side by side. */
const SHARD_BYTES = 256 * 1024 * 1024
const FLUSH_CHARACTERS = 1 << 20

/** A file to cut, and where its rows are to be. */
interface Cutting {
  readonly contract: Contract
  /** Path of the file. */
  readonly input: string
  readonly slice: Pick<SheetSlice, 'location' | 'date' | 'timeZone' | 'closeoutHour'>
  readonly dataset: string
  /** Prefix that the records are uploaded to. */
  readonly uri: string
  readonly onProgress: (bytes: number) => void
}

/** Facts of a file that was cut. */
type Cut = ReturnType<RunningCut['total']> & { readonly rawSha256: string }

/** A file whose header fits its contract. */
interface OpenCut {
  /** Cuts the whole file, and writes records, load configuration and SQL into a folder that exists. */
  write(folder: string): Promise<Cut>
}

/** Number of bytes of a file that is to be cut. */
export async function sizeOfInput(path: string): Promise<number> {
  return (await stat(path)).size
}

/**
 * Reads the start of a file, and compiles the SQL that makes rows of its records. Nothing is written.
 * @throws {DaybreakError} as `refuseUnable`, `compileToBigquery` and `refuseSpreadsheet`.
 */
export async function openCut({ contract, input, slice: place, dataset, uri, onProgress }: Cutting): Promise<OpenCut> {
  refuseUnable(contract)
  const hash = createHash('sha256')
  const name = basename(input)
  const running = await cutRecords({ name, bytes: await sizeOfInput(input) }, hashed(input, hash, onProgress))
  const tables = rebuildTables(dataset, contract.stream)
  const transform = compileToBigquery(contract, { header: running.header, tables })
  refuseSpreadsheet({ name, contract, positions: transform.plan.positions, sample: running.sample })
  const slice = { ...place, sourceFile: name }
  return {
    async write(folder) {
      const shards = await writeRecords(folder, slice, running.records)
      const total = running.total()
      const rawSha256 = hash.digest('hex')
      await writeFile(join(folder, 'files.ndjson'), fileLine({ ...slice, rawSha256 }, total))
      await writeFile(join(folder, 'tables.sql'), sheetTablesSql(tables))
      await writeFile(join(folder, 'transform.sql'), scriptSql(transform, { kind: 'tables', ...tables }))
      const at = (file: string): string => `${uri.replace(/\/$/, '')}/${file}`
      const loads = {
        records: loadConfiguration(RECORDS, shards.map(at)),
        files: loadConfiguration(FILES, [at('files.ndjson')]),
      }
      await writeFile(join(folder, 'load.json'), `${JSON.stringify(loads, null, 2)}\n`)
      return { ...total, rawSha256 }
    },
  }
}

async function* hashed(path: string, hash: Hash, onProgress: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  let read = 0
  for await (const block of createReadStream(path, { highWaterMark: 1 << 20 })) {
    hash.update(block)
    read += block.length
    onProgress(read)
    yield block
  }
}

/** Writes them as lines of JSON, in files of a bounded size; none stays when the file turns out to be broken. */
async function writeRecords(
  out: string,
  slice: Pick<SheetSlice, 'location' | 'date'>,
  records: RunningCut['records'],
): Promise<readonly string[]> {
  const names: string[] = []
  try {
    for await (const shard of shardsOf(slice, records)) {
      const name = `records-${String(names.length).padStart(5, '0')}.ndjson`
      names.push(name)
      await writeFile(join(out, name), shard)
    }
    return names
  } catch (error) {
    for (const name of names) await rm(join(out, name), { force: true })
    throw error
  }
}

/** Lists of text, each of about SHARD_BYTES characters; the first exists even without records. */
async function* shardsOf(
  slice: Pick<SheetSlice, 'location' | 'date'>,
  records: RunningCut['records'],
): AsyncGenerator<AsyncGenerator<string>> {
  let done = false
  async function* shard(): AsyncGenerator<string> {
    let text = ''
    for (let written = 0; written < SHARD_BYTES; ) {
      const next = await records.next()
      done = next.done === true
      if (next.done) break
      const line = recordLine(slice, next.value)
      written += line.length
      text += line
      if (text.length < FLUSH_CHARACTERS) continue
      yield text
      text = ''
    }
    yield text
  }
  while (!done) yield shard()
}
