import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { folderOf } from '../../../lib/object-name.ts'
import type { StoredObject } from '../../../pipeline/ports.ts'
import { hasCode, throwStorageFailed } from './errors.ts'
import { TEMPORARY } from './names.ts'

/** Objects whose name starts with the prefix, by name. Holds one folder per level in memory, never the whole tree. */
export async function* listObjects(root: string, prefix: string): AsyncGenerator<StoredObject> {
  yield* walk(root, folderOf(prefix), prefix)
}

async function* walk(root: string, folder: string, prefix: string): AsyncGenerator<StoredObject> {
  for (const { name, isFolder } of await namesIn(root, folder)) {
    if (!name.startsWith(prefix)) continue
    if (isFolder) yield* walk(root, name, prefix)
    else yield* describe(root, name)
  }
}

interface Entry {
  readonly name: string
  readonly isFolder: boolean
}

async function namesIn(root: string, folder: string): Promise<readonly Entry[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch((error: unknown): Dirent[] => {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return []
    return throwStorageFailed(`list ${folder || 'the objects'}`)(error)
  })
  return entries
    .filter((entry) => entry.isFile() || entry.isDirectory())
    .filter(({ name }) => folder !== '' || name !== TEMPORARY)
    .map((entry) => ({
      name: `${folder}${entry.name}${entry.isDirectory() ? '/' : ''}`,
      isFolder: entry.isDirectory(),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Nothing for an object that was deleted since its folder was read. */
async function* describe(root: string, name: string): AsyncGenerator<StoredObject> {
  const found = await stat(join(root, name)).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return null
    return throwStorageFailed(`look at ${name}`)(error)
  })
  if (found) yield { name, bytes: found.size, createdAt: found.mtimeMs }
}
