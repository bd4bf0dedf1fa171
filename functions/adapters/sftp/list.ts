import type { FileEntryWithStats, Stats } from 'ssh2'
import { DaybreakError } from '../../errors.ts'
import {
  byName,
  type FolderListing,
  LeftOut,
  type Listing,
  MAX_ENTRIES,
  MAX_FILES,
  MAX_FOLDERS,
  type OtherEntry,
  otherKind,
} from '../../lib/listing.ts'
import { isPlainName } from '../../lib/plain-name.ts'
import type { SourceFile } from '../../pipeline/entities.ts'
import { readError } from './errors.ts'
import type { SftpLink } from './link.ts'
import { watchListing } from './listing-deadline.ts'

/** Status codes of the SFTP protocol. */
const EOF = 1
/** Status code of SFTP for a path that does not exist. */
export const NO_SUCH_FILE = 2

/** A server may send answers without entries for ever. */
const EMPTY_ANSWERS = 100

/** The folder, the files to list in any case, and the entries to look at. */
interface FilesAsked {
  readonly folder: string
  readonly named: readonly string[]
  readonly most?: number | undefined
}

/**
 * Regular files of a folder, with the attributes of the entry itself, and what else is in it; null when the folder does not exist.
 * In a folder of more entries than are looked at, the named files are asked for one by one. An entry that the server does not describe is listed with
 * its refusal: that is about one file, and says nothing about the others.
 * @throws {DaybreakError} SOURCE_LISTING_FAILED for any other answer; SOURCE_UNREACHABLE.
 */
export async function listFiles(
  link: SftpLink,
  { folder, named, most = MAX_FILES }: FilesAsked,
): Promise<FolderListing<SourceFile> | null> {
  const files = new Map<string, SourceFile>()
  const others = new Map<string, OtherEntry>()
  const take = (name: string, stats: Described) => {
    if (typeof stats === 'string') files.set(name, toRefused(folder, name, stats))
    else if (stats.isFile()) files.set(name, toFile(folder, name, stats))
    else others.set(name, { name, kind: otherKind(stats) })
  }
  return await guarded(link, folder, async () => {
    const walked = await walk(link, { folder, most, take })
    if (walked === null) return null
    if (!walked.isWhole)
      await addNamed(link, { folder, names: named.filter((name) => !files.has(name)), take, leftOut: walked.leftOut })
    return { entries: [...files.values()].toSorted(byName), others: [...others.values()], ...walked }
  })
}

/**
 * Names of the folders in a folder; null when it does not exist. An entry that the server does not describe is told as left out.
 * @throws {DaybreakError} as `listFiles`; also for more than 100,000 folders or a million entries.
 */
export async function listFolders(link: SftpLink, folder: string): Promise<Listing<string> | null> {
  const names: string[] = []
  const take = (name: string, stats: Described, leftOut: LeftOut) => {
    if (typeof stats === 'string') leftOut.add(name)
    else if (stats.isDirectory()) names.push(name)
    if (names.length > MAX_FOLDERS) throw failed(link, folder, `it has more than ${MAX_FOLDERS} folders`)
  }
  return await guarded(link, folder, async () => {
    const walked = await walk(link, { folder, most: MAX_ENTRIES, take })
    if (walked === null) return null
    if (!walked.isWhole) throw failed(link, folder, `it has more than ${MAX_ENTRIES} entries`)
    return { entries: names.toSorted(), ...walked }
  })
}

async function guarded<Result>(link: SftpLink, folder: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof DaybreakError) throw error
    throw failed(link, folder, readError(error).message)
  }
}

interface Walk {
  readonly folder: string
  /** Entries to look at. */
  readonly most: number
  readonly take: (name: string, stats: Described, leftOut: LeftOut) => void
}

/** Attributes of an entry, or why the server would not tell them. */
type Described = Stats | string

/** Hands over the usable entries of a folder answer by answer, so that only one answer is in memory. */
async function walk(link: SftpLink, { folder, most, take }: Walk): Promise<Omit<Listing<never>, 'entries'> | null> {
  const opened = link.request<Buffer>((done) => link.sftp.opendir(folder, done))
  const handle = await orOn(NO_SUCH_FILE, opened)
  if (handle === null) return await expectAbsent(link, folder)
  const leftOut = new LeftOut()
  let counted = 0
  const unwatch = watchListing(link, { folder, entries: () => counted })
  try {
    for (let empty = 0; counted <= most; ) {
      const answer = await orOn(
        EOF,
        link.request<FileEntryWithStats[]>((done) => link.sftp.readdir(handle, done)),
      )
      if (answer === null) return { leftOut, isWhole: true }
      if (answer.length === 0 && ++empty > EMPTY_ANSWERS)
        throw failed(link, folder, 'the server sends answers without entries')
      const entries = answer.slice(0, most - counted)
      for (const { filename } of entries) if (!isPlainName(filename)) leftOut.add(filename)
      for (const [name, stats] of await describe(link, { folder, entries })) take(name, stats, leftOut)
      counted += answer.length
    }
    return { leftOut, isWhole: false }
  } finally {
    unwatch()
    link.request<void>((done) => link.sftp.close(handle, (error) => done(error, undefined))).catch(() => undefined)
  }
}

/** OpenSSH says "no such file" of a folder that is a file, too; so absence is asked for twice. */
async function expectAbsent(link: SftpLink, folder: string): Promise<null> {
  const stats = await orOn(NO_SUCH_FILE, statEntry(link, folder))
  if (stats === null) return null
  throw failed(link, folder, 'it exists, but cannot be opened as a folder')
}

/** Attributes are optional in the protocol. An entry without them is asked for, not taken for something else. */
function describe(
  link: SftpLink,
  { folder, entries }: { readonly folder: string; readonly entries: readonly FileEntryWithStats[] },
): Promise<readonly (readonly [string, Described])[]> {
  return Promise.all(
    entries
      .filter(({ filename }) => isPlainName(filename))
      .map(async ({ filename, attrs }) => {
        const stats = isComplete(attrs) ? attrs : await orRefusal(statEntry(link, joinPath(folder, filename)))
        return [filename, stats] as const
      }),
  )
}

/** A status that the server answers is about this entry: the connection has just carried it. */
async function orRefusal<Value>(asked: Promise<Value>): Promise<Value | string> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof DaybreakError) throw error
    return readError(error).message
  }
}

interface Named extends Omit<Walk, 'most'> {
  readonly leftOut: LeftOut
  readonly names: readonly string[]
}

async function addNamed(link: SftpLink, { folder, names, take, leftOut }: Named): Promise<void> {
  for (const name of names) {
    const stats = await orRefusal(orOn(NO_SUCH_FILE, statEntry(link, joinPath(folder, name))))
    if (stats !== null) take(name, stats, leftOut)
  }
}

function toFile(folder: string, name: string, { size, mtime }: Stats): SourceFile {
  return { path: joinPath(folder, name), name, bytes: size, modifiedAt: mtime * 1_000 }
}

function toRefused(folder: string, name: string, why: string): SourceFile {
  return { path: joinPath(folder, name), name, bytes: 0, modifiedAt: 0, refusal: why }
}

/** Attributes of the entry itself, never of what a link points at. */
export function statEntry(link: SftpLink, path: string): Promise<Stats> {
  return link.request<Stats>((done) => link.sftp.lstat(path, done))
}

function isComplete({ mode, size, mtime }: Partial<Stats>): boolean {
  return mode !== undefined && size !== undefined && mtime !== undefined
}

/** The value, or null where the server answers with that status. */
export async function orOn<Value>(status: number, asked: Promise<Value>): Promise<Value | null> {
  try {
    return await asked
  } catch (error) {
    if (!(error instanceof DaybreakError) && readError(error).status === status) return null
    throw error
  }
}

function failed(link: SftpLink, folder: string, why: string): DaybreakError {
  return new DaybreakError('SOURCE_LISTING_FAILED', `cannot list ${folder} at ${link.name}: ${why}`)
}

/** A path below a folder. */
function joinPath(folder: string, name: string): string {
  return folder.endsWith('/') ? `${folder}${name}` : `${folder}/${name}`
}
