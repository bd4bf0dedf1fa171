import { randomUUID } from 'node:crypto'
import { constants, copyFile, link, mkdir, open, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DaybreakError } from '../../errors.ts'
import { holdsSame } from './objects-compare.ts'
import { hasCode, throwStorageFailed } from './objects-errors.ts'
import { deleteLeftovers } from './objects-leftovers.ts'
import { TEMPORARY } from './objects-name.ts'

/** What an object is made of: bytes, or a file on this disk. */
export type Content = Uint8Array | { readonly path: string }

interface Target {
  readonly name: string
  readonly path: string
}

/**
 * Makes a function that creates an object whole or not at all; false when it was there already with the same content.
 * The bytes are written and synced under a temporary name and then linked, because a link never takes the place of a file.
 * @throws {DaybreakError} OBJECT_CONFLICT, STORAGE_FAILED.
 */
export function createObjectWriter(root: string): (target: Target, content: Content) => Promise<boolean> {
  const folder = join(root, TEMPORARY)
  let cleaned = false
  return async ({ name, path }, content) => {
    const temporary = join(folder, randomUUID())
    try {
      // Synced at every way out: whoever found the object here may have come between another's link and its sync.
      if (await isSame({ name, path }, content)) return await syncFolder(dirname(path)).then(() => false)
      await makeFolder(folder)
      await write(temporary, content)
      if (!cleaned) {
        cleaned = true
        await deleteLeftovers(folder, temporary)
      }
      await makeFolder(dirname(path))
      const created = await linked(temporary, path)
      if (!created && !(await isSame({ name, path }, content)))
        throw new DaybreakError('STORAGE_FAILED', `the object ${name} was there, and was gone a moment later`)
      await syncFolder(dirname(path))
      return created
    } catch (error) {
      return throwStorageFailed(`write the object ${name}`)(error)
    } finally {
      await rm(temporary, { force: true }).catch(() => undefined)
    }
  }
}

/** True when the object exists with this content, false when it does not exist. @throws {DaybreakError} OBJECT_CONFLICT. */
async function isSame({ name, path }: Target, content: Content): Promise<boolean> {
  const same = await holdsSame(path, content)
  if (same === false) throw new DaybreakError('OBJECT_CONFLICT', `the object ${name} exists with other content`)
  return same === true
}

async function write(temporary: string, content: Content): Promise<void> {
  const isFile = 'path' in content
  if (isFile) await copyFile(content.path, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
  const file = await open(temporary, isFile ? 'r' : 'wx')
  try {
    if (!isFile) await file.writeFile(content)
    await file.chmod(0o444)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function linked(temporary: string, path: string): Promise<boolean> {
  try {
    await link(temporary, path)
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  }
}

/** Makes a folder and those above it; what is new is synced into its parent, or the name could be lost with the power. */
async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true })
  if (first === undefined) return
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made))
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
