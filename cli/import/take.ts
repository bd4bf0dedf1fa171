import { createHash } from 'node:crypto'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Contract } from '../../functions/contract/contract.ts'
import { splitByDay } from '../../functions/engine/file/split-days.ts'
import { DaybreakError, toDaybreakError } from '../../functions/errors.ts'
import { addDays, instantOf } from '../../functions/lib/business-date.ts'
import { hashFile } from '../../functions/lib/hash-file.ts'
import type { PipelineDefinition } from '../../functions/pipeline/definition.ts'
import type { Location } from '../../functions/pipeline/entities.ts'
import {
  candidatesOf,
  type DayCandidate,
  type DownloadedFile,
  type LeftOut,
  readDownloadName,
} from '../../functions/pipeline/work/downloads.ts'
import { type Plain, plainFiles, type Refused } from './packed.ts'

/** A candidate whose bytes are on this disk. */
export interface StoredDay extends DayCandidate {
  readonly local: string
  readonly bytes: number
}

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
      readonly days: readonly StoredDay[]
      readonly left: readonly LeftOut[]
    }

/** Larger files do not fit into the memory of a small machine whole. */
const MOST_BYTES = 512 * 1024 * 1024

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
  const bytes = await readFile(path)
  const modifiedAt = Math.floor((await stat(given)).mtimeMs)
  const hadEnded = (date: string) => endOf(date, location) <= modifiedAt
  if (!contract.dated_by && (range === null || range.from !== range.to))
    return { file, refused: noDay(contract, range) }
  const parts = partsOf(bytes, { contract, range, location, name: basename(file) })
  const { taken, left } = candidatesOf({ file, stream: contract.stream, modifiedAt, hadEnded, ...parts })
  const own = createHash('sha256').update(bytes).digest('hex')
  const days = await Promise.all(
    taken.map((day) => store(day, join(scratch, `${own.slice(0, 12)}-${contract.stream}-${day.date}`))),
  )
  const sha256 = path === given ? own : await hashFile(given)
  return { file, given, contract, sha256, rows: parts.rows, undated: parts.undated, days, left }
}

type Parts = Pick<DownloadedFile, 'range' | 'days' | 'empty'> & { readonly rows: number; readonly undated: number }

interface Parting {
  readonly contract: Contract
  readonly range: DownloadedFile['range']
  readonly location: Location
  readonly name: string
}

/**
 * The days of a file. One whose name says a single day is that day whole, as the nightly file of it is, if most of its rows
 * are; otherwise the date in the name is taken for that of the download.
 */
function partsOf(bytes: Buffer, { contract, range, location, name }: Parting): Parts {
  const only = range !== null && range.from === range.to ? range.from : null
  if (only !== null && !contract.dated_by) return wholeDay(bytes, only)
  const parts = splitByDay(bytes, { contract, closeoutHour: location.closeoutHour, name })
  if (only === null) return { ...parts, range }
  const own = parts.days.find(({ date }) => date === only)?.rows ?? 0
  return own * 2 > parts.rows || parts.rows === 0 ? wholeDay(bytes, only) : { ...parts, range: null }
}

function wholeDay(bytes: Buffer, date: string): Parts {
  const rows = countRows(bytes)
  return {
    range: { from: date, to: date },
    days: [{ date, rows, content: () => bytes }],
    empty: bytes,
    rows,
    undated: 0,
  }
}

/** On disk, so that a folder of downloads never stands in memory whole. */
async function store({ content, ...day }: DayCandidate, local: string): Promise<StoredDay> {
  const bytes = content()
  await writeFile(local, bytes)
  return { ...day, local, bytes: bytes.length, content: () => Buffer.alloc(0) }
}

function countRows(bytes: Buffer): number {
  let breaks = 0
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) breaks++
  return Math.max(0, breaks - (bytes.at(-1) === 10 ? 1 : 0))
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
  const known = [...contracts.values()].map((contract) => contract.file).join(', ')
  return `no contract has a file of this name; known are ${known}`
}
