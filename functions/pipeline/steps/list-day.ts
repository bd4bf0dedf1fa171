import { join } from 'node:path'
import { type Contract, fileOf } from '../../contract/contract.ts'
import { chooseFile, isPattern, matchesFile, namedFiles } from '../../contract/file-name.ts'
import { DaybreakError } from '../../errors.ts'
import { quoteName } from '../../lib/foreign-text.ts'
import type { OtherEntry } from '../../lib/listing.ts'
import { isZip, namesInZip } from '../../lib/unpack.ts'
import type { PipelineDefinition } from '../definition.ts'
import type { BusinessDate, KeptFile, RawObject, Slice, SourceFile } from '../entities.ts'
import type { Ports } from '../ports.ts'
import { readerOf } from '../read/readers.ts'
import type { ShardConfig } from '../shard.ts'
import type { SourceSession } from './extract.ts'

/** Entries of the folder of a day; none where it does not exist. */
interface ListedDay {
  readonly files: ReadonlyMap<string, SourceFile>
  readonly others: readonly OtherEntry[]
  readonly isWhole: boolean
}

/** A folder that is empty, or was not looked at. */
export const NOTHING_LISTED: ListedDay = { files: new Map(), others: [], isWhole: true }

interface Asked {
  readonly definition: PipelineDefinition
  readonly shard: ShardConfig
  readonly window: BusinessDate
  readonly contracts: readonly Contract[]
}

/** Lists the folder of a day. @throws {DaybreakError} as the source. */
export async function listDay(
  { definition, shard, window, contracts }: Asked,
  session: SourceSession,
): Promise<ListedDay> {
  const named = namedFiles(contracts).flatMap(namesOf)
  const held = { shard: shard.id, window }
  const listing = await session.use((source) => readerOf(definition).list(source, held, named))
  if (listing === null) return NOTHING_LISTED
  return { ...listing, files: new Map(listing.files.map((file) => [file.name, file])) }
}

/** A day as its contracts see it: their files, and the rest. */
export interface MatchedDay {
  /** The file of a contract, packed or not; null when it is not there. */
  fileOf(contract: Contract): SourceFile | null
  /** Files that no contract reads. */
  readonly loose: readonly SourceFile[]
  /** In words: entries that look like a file that is not there; '' when there are none. */
  readonly beside: (file: string) => string
}

/** Pure: finds the file of each contract. */
export function matchDay({ files, others }: ListedDay, contracts: readonly Contract[]): MatchedDay {
  const found = new Map(contracts.map((contract) => [contract.stream, findFile(contract, files)]))
  const read = new Set(found.values())
  const loose = [...files.values()].filter((file) => !read.has(file))
  return {
    fileOf: ({ stream }) => found.get(stream) ?? null,
    loose,
    beside: lookBeside([...loose.map(({ name }) => ({ name, kind: 'file' as const })), ...others]),
  }
}

/** Names under which a file may be delivered, the plain one first. A later one counts only where no earlier one is. */
export function namesOf(file: string): readonly string[] {
  const stem = file.replace(/\.[^.]+$/, '')
  return [file, `${file}.gz`, `${file}.zip`, `${stem}.zip`, `${stem}.gz`]
}

/** The file of a contract in a folder, packed or not; null when it is not there. */
export function findFile(contract: Contract, files: ReadonlyMap<string, SourceFile>): SourceFile | null {
  for (const name of namesOf(fileOf(contract))) {
    const found = isPattern(name) ? chooseFile(name, files.values()) : files.get(name)
    if (found) return found
  }
  return null
}

/** An entry of a folder that no contract reads. */
export interface Unread {
  readonly name: string
  readonly kind: 'file' | OtherEntry['kind']
}

const NAMED = 3
const KINDS: Readonly<Record<Unread['kind'], string>> = {
  file: '',
  folder: 'the folder ',
  link: 'the symbolic link ',
  special: 'the pipe, socket or device ',
  unusable: 'the unusable name ',
}
// What programs put behind a name while they write it, copy it, pack it or point at it.
const ENDINGS =
  /\.(gz|gzip|zip|bz2|xz|7z|zst|pgp|gpg|filepart|part|partial|crdownload|download|tmp|temp|bak|old|orig|txt|xlsx?|ods|lnk|url|webloc)$/
const COPIES = /(\s*\(\d+\)|\s*-?\s*copy(\s*\(?\d+\)?)?|~)(?=\.[a-z]+$|$)/
const INVISIBLE = /[\s\p{Cc}\p{Cf}\ufffd]+/gu

/** Pure: says of a file that is not there which entries look like it, in words; '' when there are none. */
export function lookBeside(entries: readonly Unread[]): (file: string) => string {
  // A day asks for many files, and most days for none: names are taken apart once, when the first is asked for.
  let known: Map<string, Unread[]> | null = null
  return (file) => {
    known ??= Map.groupBy(entries, ({ name }) => bare(name))
    const wanted = bare(file)
    const found = isPattern(wanted)
      ? [...known].flatMap(([name, alike]) => (matchesFile(wanted, name) ? alike : []))
      : (known.get(wanted) ?? [])
    return found.length === 0 ? '' : describe(file, found)
  }
}

function describe(file: string, found: readonly Unread[]): string {
  const some = found.slice(0, NAMED).map(({ name, kind }) => `${KINDS[kind]}${quoteName(name)}`)
  const more = found.length > NAMED ? ` and ${found.length - NAMED} more` : ''
  const is = found.length > 1 ? 'are' : 'is'
  return `the folder has ${some.join(', ')}${more}, which ${is} not the file ${quoteName(file)} and ${is} not read`
}

/** The words of a reason about entries that look like its file; '' when it has none. */
export function besideIn(message: string): string {
  return /the folder has .+ (is|are) not read/.exec(message)?.[0] ?? ''
}

/** A name without what people, programs and editors add to it. */
function bare(name: string): string {
  let text = name.normalize('NFKC').replace(INVISIBLE, ' ').trim().toLowerCase()
  for (let before = ''; before !== text; ) {
    before = text
    text = text
      .replace(/[. ]+$/, '')
      .replace(ENDINGS, '')
      .replace(COPIES, '')
      .replace(/^copy of /, '')
      .trim()
  }
  return text.replace(/[ _-]/g, '').replace(/\.(csv|tsv)$/, '')
}

/** A zip archive of several files that was archived whole, and the names of what it holds. */
export interface Bundle {
  readonly source: SourceFile
  readonly raw: RawObject
  readonly names: readonly string[]
}

/** Archives of a day, as they were archived. One that is damaged holds nothing; it stays archived for a person. */
export async function readBundles(
  kept: readonly KeptFile[],
  scratch: string,
  { objects, log }: Pick<Ports, 'objects' | 'log'>,
): Promise<readonly Bundle[]> {
  const bundles: Bundle[] = []
  for (const { source, raw, pipeline, shard, window } of kept) {
    if (raw === null || !isZip(source)) continue
    const path = join(scratch, `${raw.sha256}.zip`)
    await objects.fetch(raw.object, path)
    const names = await namesInZip(path).catch((error: unknown) => {
      if (!(error instanceof DaybreakError) || error.code !== 'FILE_ARCHIVE_INVALID') throw error
      const message = `${source.path}: ${error.message}`
      log({ severity: 'WARNING', code: error.code, message, step: 'extract', pipeline, shard, window })
      return null
    })
    if (names) bundles.push({ source, raw, names })
  }
  return bundles
}

/** The slice with the archive that holds its file, if that is all there is of it, or newer than what was taken from it before. */
export function withBundle(slice: Slice, contract: Contract, bundles: readonly Bundle[]): Slice {
  const file = fileOf(contract)
  const isIn = (name: string) => matchesFile(file, name) || matchesFile(`${file}.gz`, name)
  const found = bundles.find(({ names }) => names.some(isIn))
  if (!found || slice.raw?.sha256 === found.raw.sha256) return slice
  if (slice.raw !== null && slice.source?.path !== found.source.path) return slice
  return { ...slice, state: 'landed', raw: found.raw, source: found.source }
}

/** A contract may be younger than its files: then they were archived, and no slice knows of them. */
export function withKept(slice: Slice, contract: Contract, kept: readonly KeptFile[]): Slice {
  if (slice.raw !== null) return slice
  const archived = kept.flatMap(({ source, raw, at }) => (raw === null ? [] : [{ source, raw, firstSeenAt: at }]))
  const named = chooseFile(
    fileOf(contract),
    archived.map(({ source }) => source),
  )
  const found = archived.find(({ source }) => source === named)
  return found ? { ...slice, ...found, state: 'landed' } : slice
}
