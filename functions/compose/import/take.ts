import { createReadStream } from 'node:fs'
import { copyFile, open, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type Contract, fileOf } from '../../contract/contract.ts'
import { START_BYTES } from '../../engine/file/header.ts'
import { splitByDay } from '../../engine/file/split-days.ts'
import { DaybreakError, toDaybreakError } from '../../errors.ts'
import { addDays, instantOf } from '../../lib/business-date.ts'
import { hashFile } from '../../lib/hash-file.ts'
import type { PipelineDefinition } from '../../pipeline/definition.ts'
import type { Location } from '../../pipeline/entities.ts'
import {
  candidatesOf,
  type DayCandidate,
  type DownloadedFile,
  type LeftOut,
  readDownloadName,
} from '../../pipeline/work/downloads.ts'
import { createDayFiles } from './day-files.ts'
import { type Plain, plainFiles, type Refused } from './packed.ts'

/** Kind of one file. */
export type Taken =
  | Refused
  | {
      readonly file: string
      /** The file that a person has, and its hash; packed as it is. */
      readonly given: string
      readonly contract: Contract
      readonly sha256: string
      readonly rows: number
      readonly undated: number
      readonly days: readonly DayCandidate[]
      readonly left: readonly LeftOut[]
    }

/** Larger files are no download of an export, and an archive may claim to hold any size. */
const MOST_BYTES = 4 * 1024 ** 3
const BLOCK = 1024 * 1024

interface Taking {
  readonly definition: PipelineDefinition
  readonly location: Location
  readonly scratch: string
}

/**
 * Reads one downloaded file, packed or not, and takes it apart. What cannot be taken says why; it stops nothing else. A zip
 * archive gives one entry for each file in it that a contract reads.
 */
export async function takeFile(given: string, taking: Taking): Promise<readonly Taken[]> {
  const unpacking = { contracts: [...taking.definition.contracts.values()], scratch: taking.scratch }
  const taken: Taken[] = []
  for await (const found of plainFiles(given, { ...unpacking, maxBytes: MOST_BYTES }))
    taken.push('refused' in found ? found : await takePlain(found, taking))
  return taken
}

async function takePlain(plain: Plain, taking: Taking): Promise<Taken> {
  try {
    return await split(plain, taking)
  } catch (error) {
    const { code, message } = toDaybreakError(error)
    if (code === 'INTERNAL') throw error
    return { file: plain.file, refused: message }
  }
}

async function split({ file, path, given }: Plain, { definition, location, scratch }: Taking): Promise<Taken> {
  const { contract, range } = readDownloadName(file, [...definition.contracts.values()])
  if (contract === null) return { file, refused: unknownName(definition) }
  const { size } = await stat(path)
  if (size > MOST_BYTES)
    throw new DaybreakError('FILE_TOO_LARGE', `it has ${size} bytes; expected at most ${MOST_BYTES}`)
  const modifiedAt = Math.floor((await stat(given)).mtimeMs)
  const hadEnded = (date: string) => endOf(date, location) <= modifiedAt
  if (!contract.datedBy && (range === null || range.from !== range.to)) return { file, refused: noDay(contract, range) }
  const own = await hashFile(path)
  const prefix = join(scratch, `${own.slice(0, 12)}-${contract.stream}`)
  const { rows, undated, ...parts } = await partsOf({ path, bytes: size, prefix, contract, range, location, file })
  const { taken, left } = candidatesOf({ file, stream: contract.stream, modifiedAt, hadEnded, ...parts })
  const sha256 = path === given ? own : await hashFile(given)
  return { file, given, contract, sha256, rows, undated, days: taken, left }
}

type Parts = Pick<DownloadedFile, 'range' | 'days' | 'empty'> & { readonly rows: number; readonly undated: number }

interface Parting {
  readonly path: string
  readonly bytes: number
  /** Of the files to write. */
  readonly prefix: string
  readonly contract: Contract
  readonly range: DownloadedFile['range']
  readonly location: Location
  readonly file: string
}

/**
 * The days of a file. One whose name says a single day is that day whole, as the nightly file of it is, if most of its rows
 * are; otherwise the date in the name is taken for that of the download.
 */
async function partsOf(parting: Parting): Promise<Parts> {
  const { contract, range } = parting
  const only = range !== null && range.from === range.to ? range.from : null
  if (only !== null && !contract.datedBy) return await wholeDay(parting, only)
  const parts = await severalDays(parting)
  if (only === null) return { ...parts, range }
  const own = parts.days.find(({ date }) => date === only)?.rows ?? 0
  if (own * 2 <= parts.rows && parts.rows > 0) return { ...parts, range: null }
  for (const { local } of parts.days) await rm(local, { force: true })
  return await wholeDay(parting, only)
}

async function severalDays({ path, bytes, prefix, contract, location, file }: Parting): Promise<Parts> {
  const files = createDayFiles(prefix)
  const { empty, days, ...counts } = await splitByDay({
    ...{ contract, bytes, closeoutHour: location.closeoutHour, name: basename(file), write: files.write },
    start: await readStart(path, Math.min(bytes, START_BYTES)),
    read: () => createReadStream(path, { highWaterMark: BLOCK }),
  })
  await files.finish()
  const header = `${prefix}-header`
  await writeFile(header, empty)
  return {
    ...counts,
    range: null,
    days: days.map((day) => ({ ...day, ...files.file(day.date) })),
    empty: { local: header, bytes: empty.length },
  }
}

/** A copy, because the file that a person has may change, and an unpacked one is deleted. */
async function wholeDay({ path, bytes, prefix }: Parting, date: string): Promise<Parts> {
  const local = `${prefix}-${date}`
  await copyFile(path, local)
  const rows = await countRows(path)
  return {
    range: { from: date, to: date },
    days: [{ date, rows, local, bytes }],
    empty: { local, bytes },
    rows,
    undated: 0,
  }
}

async function readStart(path: string, bytes: number): Promise<Buffer> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/** Line breaks between lines: the header is none of the rows. */
async function countRows(path: string): Promise<number> {
  let [breaks, last]: [number, number | undefined] = [0, undefined]
  for await (const block of createReadStream(path, { highWaterMark: BLOCK })) {
    for (let at = block.indexOf(10); at >= 0; at = block.indexOf(10, at + 1)) breaks++
    last = block.at(-1)
  }
  return Math.max(0, breaks - (last === 10 ? 1 : 0))
}

/** When the business date ended: at the closeout hour of the next day. */
function endOf(date: string, { timeZone, closeoutHour }: Location): number {
  return instantOf(addDays(date, 1), `${String(closeoutHour).padStart(2, '0')}:00`, timeZone)
}

function noDay({ file }: Contract, range: DownloadedFile['range']): string {
  const why = range ? `its name says ${range.from} to ${range.to}` : 'its name says no day'
  return `${file} has no column that says to which day a row belongs, and ${why}; download it for one day at a time`
}

function unknownName({ contracts }: PipelineDefinition): string {
  const known = [...contracts.values()].map(fileOf).join(', ')
  return `no contract has a file of this name; known are ${known}`
}
