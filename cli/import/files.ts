import { readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DaybreakError } from '../../functions/errors.ts'

/** Paths of an import: one tree of day folders, or downloaded files. */
export type Found =
  | { readonly kind: 'folder'; readonly root: string }
  | { readonly kind: 'files'; readonly files: readonly string[] }

/**
 * Files that were named, and those that lie directly in a folder that was named. A single folder is given back as it is: it
 * may be a tree. @throws {DaybreakError} USAGE_INVALID for a path that does not exist.
 */
export function findFiles(paths: readonly string[], cwd: string): Found {
  const found = paths.map((path) => ({ path: resolve(cwd, path), given: path }))
  const [only] = found
  if (!only) throw invalid('PATHS is missing: a folder of exports, or downloaded files', 'daybreak import --help')
  for (const { path, given } of found)
    if (!statSync(path, { throwIfNoEntry: false }))
      throw invalid(`${JSON.stringify(given)} is neither a file nor a folder that exists`, 'daybreak import --help')
  if (found.length === 1 && statSync(only.path).isDirectory()) return { kind: 'folder', root: only.path }
  return { kind: 'files', files: [...new Set(found.flatMap(({ path }) => filesAt(path)))] }
}

/** The file itself, or the files directly in a folder; names that begin with a dot are left out. */
export function filesAt(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map(({ name }) => join(path, name))
    .toSorted()
}

function invalid(message: string, next: string): DaybreakError {
  return new DaybreakError('USAGE_INVALID', message, { details: { next } })
}
