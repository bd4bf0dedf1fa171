import type { FileEntryWithStats, Stats } from 'ssh2'
import { DaybreakError } from '../../errors.ts'
import { isPlainName } from '../../lib/plain-name.ts'
import { readError } from './handshake.ts'
import type { SftpLink } from './link.ts'

/** Status codes of the SFTP protocol. */
const EOF = 1
const NO_SUCH_FILE = 2

const MAX_ENTRIES = 10_000
const COUNTED_FOR_NONE = 100

/** A folder's usable entries, with the attributes of the entry itself, and the names that were left out. */
export interface Listing {
  readonly entries: readonly { readonly name: string; readonly stats: Stats }[]
  readonly leftOut: readonly string[]
}

/**
 * Lists a folder; null when it does not exist.
 * @throws {DaybreakError} SOURCE_LISTING_FAILED for any other answer, and for more than 10,000 entries; SOURCE_UNREACHABLE.
 */
export async function listFolder(link: SftpLink, folder: string): Promise<Listing | null> {
  try {
    const handle = await orOn(
      NO_SUCH_FILE,
      link.request<Buffer>((done) => link.sftp.opendir(folder, done)),
    )
    if (handle === null) return await expectAbsent(link, folder)
    try {
      return await toListing(link, folder, await readAll(link, { folder, handle }))
    } finally {
      link.request<void>((done) => link.sftp.close(handle, (error) => done(error, undefined))).catch(() => undefined)
    }
  } catch (error) {
    if (error instanceof DaybreakError) throw error
    throw failed(link, folder, readError(error).message)
  }
}

/** OpenSSH says "no such file" of a folder that is a file, too; so absence is asked for twice. */
async function expectAbsent(link: SftpLink, folder: string): Promise<null> {
  const stats = await orOn(NO_SUCH_FILE, statEntry(link, folder))
  if (stats === null) return null
  throw failed(link, folder, 'it exists, but cannot be opened as a folder')
}

async function readAll(
  link: SftpLink,
  { folder, handle }: { folder: string; handle: Buffer },
): Promise<readonly FileEntryWithStats[]> {
  const entries: FileEntryWithStats[] = []
  // An empty answer counts, too: a server may send them for ever.
  for (let counted = 0; counted <= MAX_ENTRIES; ) {
    const some = await orOn(
      EOF,
      link.request<FileEntryWithStats[]>((done) => link.sftp.readdir(handle, done)),
    )
    if (some === null) return entries
    entries.push(...some)
    counted += some.length || COUNTED_FOR_NONE
  }
  throw failed(link, folder, `it has more than ${MAX_ENTRIES} entries`)
}

async function toListing(link: SftpLink, folder: string, found: readonly FileEntryWithStats[]): Promise<Listing> {
  const plain = found.filter(({ filename }) => isPlainName(filename))
  const entries = await Promise.all(
    plain.map(async ({ filename, attrs }) => {
      // Attributes are optional in the protocol. An entry without them must be asked for, not taken for something else.
      const stats = isComplete(attrs) ? attrs : await statEntry(link, joinPath(folder, filename))
      return { name: filename, stats }
    }),
  )
  return {
    entries: entries.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    leftOut: found.map(({ filename }) => filename).filter((name) => !isPlainName(name)),
  }
}

/** Attributes of the entry itself, never of what a link points at. */
export function statEntry(link: SftpLink, path: string): Promise<Stats> {
  return link.request<Stats>((done) => link.sftp.lstat(path, done))
}

function isComplete({ mode, size, mtime }: Partial<Stats>): boolean {
  return mode !== undefined && size !== undefined && mtime !== undefined
}

/** The value, or null where the server answers with that status. */
async function orOn<Value>(status: number, asked: Promise<Value>): Promise<Value | null> {
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
export function joinPath(folder: string, name: string): string {
  return folder.endsWith('/') ? `${folder}${name}` : `${folder}/${name}`
}
