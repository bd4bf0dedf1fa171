import { chmod, constants, copyFile, readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { checkName } from '../../../lib/object-name.ts'
import type { MendableStore } from '../../../pipeline/ports.ts'
import { createObjectWriter } from './create.ts'
import { hasCode, objectMissing, throwMissing, throwStorageFailed } from './errors.ts'
import { listObjects } from './list.ts'
import { damagedFiles, replaceFile } from './mend.ts'

/** The folder that holds the objects, one file per object. Made when the first object is put. */
interface FolderObjectsOptions {
  readonly root: string
}

/**
 * Objects as read-only files under a folder, named as the objects are. Several processes may use one folder at a time.
 * An object is on the disk, not only in its cache, when `put` resolves: the source deletes a file after seven days, so a
 * power failure must not take the only copy.
 */
export function openFolderObjects(options: FolderObjectsOptions): MendableStore {
  const root = resolve(options.root)
  const write = createObjectWriter(root)
  const pathOf = (name: string) => join(root, checkName(name))
  const sizeOf = async (name: string) => {
    const found = await stat(pathOf(name)).catch((error: unknown) => {
      if (hasCode(error, 'ENOENT', 'ENOTDIR')) return null
      return throwStorageFailed(`look at ${name}`)(error)
    })
    return found?.isFile() ? found.size : null
  }
  return {
    can: { mend: true },
    put: async (name, content) => ({ created: await write({ name, path: pathOf(name) }, content) }),
    get: async (name) => await readFile(pathOf(name)).catch(throwMissing(name)),
    async fetch(name, path) {
      try {
        // A copy (a clone where the file system can): a caller may write to what it fetched, and a hard link is the object.
        await copyFile(pathOf(name), path, constants.COPYFILE_FICLONE)
        await chmod(path, 0o644)
      } catch (error) {
        if ((await sizeOf(name)) === null) throw objectMissing(name, error)
        throwStorageFailed(`fetch ${name}`)(error)
      }
    },
    size: sizeOf,
    list: (prefix) => listObjects(root, prefix),
    uri: pathOf,
    damaged: (parts) => damagedFiles(parts, pathOf),
    replace: (name, { path }) => replaceFile(pathOf(name), path).catch(throwStorageFailed(`replace ${name}`)),
  }
}
