import { quoteName } from './plain-name.ts'

/** Entries that a listing of files reads by default. Beyond them only the names that were asked for are listed. */
export const MAX_FILES = 10_000
/** Names that a listing of folders holds. */
export const MAX_FOLDERS = 100_000
/** Entries that are passed over in search of folders: a server may send them without end. */
export const MAX_ENTRIES = 1_000_000

const SHOWN = 3
// No file system has longer names of files.
const LONGEST_KEPT = 300
const MOST_KEPT = 1_000

/** An entry of a folder that is not read as a file. */
export interface OtherEntry {
  readonly name: string
  /** `special`: a pipe, a socket or a device. `unusable`: its name cannot stand in a path. */
  readonly kind: 'folder' | 'link' | 'special' | 'unusable'
}

/** Tells what an entry is, of itself and not of what it points at: attributes as a disk and an SFTP server have them. */
interface EntryType {
  isFile(): boolean
  isDirectory(): boolean
  isSymbolicLink(): boolean
}

/** Files and folders that a listing found. */
export interface Listing<Entry> {
  readonly entries: readonly Entry[]
  /** Names that cannot be used. */
  readonly leftOut: LeftOut
  /** False when the folder holds more than was read. */
  readonly isWhole: boolean
}

/** A folder as those see it who look for files. */
export interface FolderListing<Entry> extends Listing<Entry> {
  readonly others: readonly OtherEntry[]
}

/** Names of a folder that cannot be used: how many there are, and the first of them. */
export class LeftOut {
  readonly #shown: string[] = []
  readonly #kept: string[] = []
  #count = 0

  /** Counts a name, and keeps the first ones. */
  add(name: string): void {
    this.#count++
    if (this.#shown.length < SHOWN) this.#shown.push(quoteName(name))
    if (this.#kept.length < MOST_KEPT && name.length <= LONGEST_KEPT) this.#kept.push(name)
  }

  /** The first ones as they are, without any that are too long for a file. */
  get names(): readonly string[] {
    return this.#kept
  }

  get count(): number {
    return this.#count
  }

  get shown(): readonly string[] {
    return this.#shown
  }
}

/** Kind of an entry that is not a regular file. */
export function otherKind(entry: EntryType): OtherEntry['kind'] {
  if (entry.isDirectory()) return 'folder'
  return entry.isSymbolicLink() ? 'link' : 'special'
}

/** A listing as the port of sources has it: names that cannot be used are among the entries that are no files. */
export function toFileListing<Entry>({ entries, others, leftOut, isWhole }: FolderListing<Entry>): {
  readonly files: readonly Entry[]
  readonly others: readonly OtherEntry[]
  readonly isWhole: boolean
} {
  const unusable = leftOut.names.map((name) => ({ name, kind: 'unusable' as const }))
  return { files: entries, others: [...others, ...unusable].toSorted(byName), isWhole }
}

/** Sentences for the log about what a listing lacks. */
export function tellListing(listing: Listing<unknown> | null, place: string): readonly string[] {
  if (listing === null) return []
  const { leftOut, isWhole } = listing
  const some = leftOut.shown.join(', ')
  return [
    ...(leftOut.count > 0
      ? [`${place} has ${leftOut.count} names that cannot be used and were left out, such as ${some}`]
      : []),
    ...(isWhole
      ? []
      : [`${place} has too many entries; only the first and the files that a contract reads were listed`]),
  ]
}

/** By name, in the order of code units. */
export function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1
}
