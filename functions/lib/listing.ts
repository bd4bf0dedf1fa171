import { quoteName } from './plain-name.ts'

/** Entries that a listing of files reads by default. Beyond them only the names that were asked for are listed. */
export const MAX_FILES = 10_000
/** Names that a listing of folders holds. */
export const MAX_FOLDERS = 100_000
/** Entries that are passed over in search of folders: a server may send them without end. */
export const MAX_ENTRIES = 1_000_000

const SHOWN = 3

/** What a folder holds of what was looked for. */
export interface Listing<Entry> {
  readonly entries: readonly Entry[]
  readonly leftOut: LeftOut
  /** False when the folder holds more than was read. */
  readonly isWhole: boolean
}

/** Names of a folder that cannot be used: how many there are, and the first of them. */
export class LeftOut {
  readonly #shown: string[] = []
  #count = 0

  /** Counts a name, and keeps the first few. */
  add(name: string): void {
    this.#count++
    if (this.#shown.length < SHOWN) this.#shown.push(quoteName(name))
  }

  get count(): number {
    return this.#count
  }

  get shown(): readonly string[] {
    return this.#shown
  }
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
