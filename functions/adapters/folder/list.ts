import type { Dirent } from 'node:fs'
import { lstat, opendir } from 'node:fs/promises'
import { join } from 'node:path'
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
import { isMissing, orNullIfMissing } from './errors.ts'
import { resolveInside } from './path.ts'

/** A folder below the root of a source. */
export interface Place {
  readonly realRoot: string
  readonly root: string
  readonly folder: string
}

/**
 * Regular files of a folder, and what else is in it; null when it does not exist. In a folder of more entries than are looked at,
 * the named files are looked for one by one.
 * @throws {DaybreakError} SOURCE_LISTING_FAILED
 */
export async function listFiles(
  place: Place,
  { named, most = MAX_FILES }: { readonly named: readonly string[]; readonly most?: number | undefined },
): Promise<FolderListing<SourceFile> | null> {
  const names = new Set<string>()
  const others = new Map<string, OtherEntry>()
  const walked = await walk(place, most, (entry) => {
    if (entry.isFile()) names.add(entry.name)
    else others.set(entry.name, { name: entry.name, kind: otherKind(entry) })
  })
  if (walked === null) return null
  for (const name of walked.isWhole ? [] : named) names.add(name)
  const found: SourceFile[] = []
  for (const name of names) {
    const path = join(place.folder, name)
    const entry = await describeEntry(join(walked.real, name), path, name)
    if (entry !== null && 'kind' in entry) others.set(name, entry)
    else if (entry !== null) found.push(entry)
  }
  const { leftOut, isWhole } = walked
  return { entries: found.toSorted(byName), others: [...others.values()], leftOut, isWhole }
}

/**
 * Names of the folders in a folder; null when it does not exist.
 * @throws {DaybreakError} SOURCE_LISTING_FAILED, also for more than 100,000 folders or a million entries.
 */
export async function listFolders(place: Place): Promise<Listing<string> | null> {
  const names: string[] = []
  const walked = await walk(place, MAX_ENTRIES, (entry) => {
    if (entry.isDirectory()) names.push(entry.name)
    if (names.length > MAX_FOLDERS) throw tooMany(place, `${MAX_FOLDERS} folders`)
  })
  if (walked === null) return null
  if (!walked.isWhole) throw tooMany(place, `${MAX_ENTRIES} entries`)
  return { entries: names.toSorted(), leftOut: walked.leftOut, isWhole: true }
}

interface Walked {
  readonly real: string
  readonly leftOut: LeftOut
  readonly isWhole: boolean
}

/** Hands over the usable entries of a folder one by one, so that a folder of any size fits into memory. */
async function walk(
  { realRoot, root, folder }: Place,
  most: number,
  take: (entry: Dirent) => void,
): Promise<Walked | null> {
  const real = await resolveInside(realRoot, root, folder)
  if (real === null) return null
  const leftOut = new LeftOut()
  let counted = 0
  const read = async () => {
    for await (const entry of await opendir(real)) {
      if (++counted > most) return { real, leftOut, isWhole: false }
      if (isPlainName(entry.name)) take(entry)
      else leftOut.add(entry.name)
    }
    return { real, leftOut, isWhole: true }
  }
  return await read().catch(orNullIfMissing(folder))
}

/** Null when it was deleted since it was listed. Any other failure is about this file alone. */
async function describeEntry(real: string, path: string, name: string): Promise<SourceFile | OtherEntry | null> {
  const stats = await lstat(real).catch((error: unknown) => (isMissing(error) ? null : String(error)))
  if (typeof stats === 'string') return { path, name, bytes: 0, modifiedAt: 0, refusal: stats }
  if (stats === null) return null
  if (!stats.isFile()) return { name, kind: otherKind(stats) }
  return { path, name, bytes: stats.size, modifiedAt: Math.floor(stats.mtimeMs) }
}

function tooMany({ folder }: Place, what: string): DaybreakError {
  return new DaybreakError('SOURCE_LISTING_FAILED', `cannot list ${folder}: it has more than ${what}`)
}
