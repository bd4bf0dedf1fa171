import type { Dirent } from 'node:fs'
import { lstat, opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { DaybreakError } from '../../errors.ts'
import { isPlainName } from '../../lib/plain-name.ts'
import type { SourceFile } from '../../pipeline/model.ts'
import { orNullIfMissing, resolveInside } from './path.ts'

const MAX_ENTRIES = 10_000

/** What a folder holds: names of folders, regular files, and the names that cannot be used. */
export interface Listing {
  readonly folders: readonly string[]
  readonly files: readonly SourceFile[]
  readonly leftOut: readonly string[]
}

/**
 * Lists a folder; null when it does not exist.
 * @throws {DaybreakError} SOURCE_LISTING_FAILED, also for more than 10,000 entries.
 */
export async function listFolder(
  realRoot: string,
  { root, folder }: { root: string; folder: string },
): Promise<Listing | null> {
  const real = await resolveInside(realRoot, root, folder)
  if (real === null) return null
  const entries = await readEntries(real, folder).catch(orNullIfMissing(folder))
  if (entries === null) return null
  const plain = entries.filter(({ name }) => isPlainName(name)).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const found = await Promise.all(
    plain.filter((entry) => entry.isFile()).map(({ name }) => describeFile(join(real, name), join(folder, name), name)),
  )
  return {
    folders: plain.filter((entry) => entry.isDirectory()).map(({ name }) => name),
    files: found.filter((file) => file !== null),
    leftOut: entries.map(({ name }) => name).filter((name) => !isPlainName(name)),
  }
}

async function readEntries(real: string, folder: string): Promise<readonly Dirent[]> {
  const entries: Dirent[] = []
  for await (const entry of await opendir(real)) {
    if (entries.push(entry) <= MAX_ENTRIES) continue
    throw new DaybreakError('SOURCE_LISTING_FAILED', `cannot list ${folder}: it has more than ${MAX_ENTRIES} entries`)
  }
  return entries
}

/** Null when it was deleted or replaced by something else since it was listed. */
async function describeFile(real: string, path: string, name: string): Promise<SourceFile | null> {
  const stats = await lstat(real).catch(orNullIfMissing(path))
  if (!stats?.isFile()) return null
  return { path, name, bytes: stats.size, modifiedAt: Math.floor(stats.mtimeMs) }
}
