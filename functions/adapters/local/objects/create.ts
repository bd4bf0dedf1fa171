import { randomUUID } from 'node:crypto'
import {
  closeSync,
  constants,
  existsSync,
  fsync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { chmod, copyFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { DaybreakError } from '../../../errors.ts'
import { holdsSame } from './compare.ts'
import type { Content } from './content.ts'
import { hasCode, throwStorageFailed } from './errors.ts'
import { deleteLeftovers } from './leftovers.ts'
import { TEMPORARY } from './names.ts'

const sync = promisify(fsync)

interface Target {
  readonly name: string
  readonly path: string
}

// Up to here the calls that only touch the file system's memory are made at once: to hand one to another thread and to hear
// of its end takes longer than the call, and a night makes hundreds. What waits for the disk is always handed over.
const SMALL = 1_048_576

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
      // Synced at every way out: a writer that found the object here may have come between another's link and its sync.
      if (existsSync(path) && (await isSame({ name, path }, content)))
        return await syncFolder(dirname(path)).then(() => false)
      await writeTemporary(temporary, content)
      if (!cleaned) {
        cleaned = true
        await deleteLeftovers(folder, temporary)
      }
      const created = await linked(temporary, path)
      if (!created && !(await isSame({ name, path }, content)))
        throw new DaybreakError('STORAGE_FAILED', `the object ${name} was there, and was gone a moment later`)
      await syncFolder(dirname(path))
      return created
    } catch (error) {
      return throwStorageFailed(`write the object ${name}`)(error)
    } finally {
      discard(temporary)
    }
  }
}

function discard(temporary: string): void {
  try {
    rmSync(temporary, { force: true })
  } catch {
    // It is one of the leftovers then.
  }
}

/** True when the object exists with this content, false when it does not exist. @throws {DaybreakError} OBJECT_CONFLICT. */
async function isSame({ name, path }: Target, content: Content): Promise<boolean> {
  const same = await holdsSame(path, content)
  if (same === false) throw new DaybreakError('OBJECT_CONFLICT', `the object ${name} exists with other content`)
  return same === true
}

async function writeTemporary(temporary: string, content: Content): Promise<void> {
  const file = await open(temporary, content)
  try {
    await sync(file)
  } finally {
    closeSync(file)
  }
}

/** A new read-only file with the content. Its folder is made when it turns out to be missing. */
async function open(temporary: string, content: Content): Promise<number> {
  if ('path' in content && statSync(content.path).size > SMALL) {
    await inFolder(temporary, () =>
      copyFile(content.path, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE),
    )
    await chmod(temporary, 0o444)
    return openSync(temporary, 'r')
  }
  const bytes = 'path' in content ? readFileSync(content.path) : content
  const file = await inFolder(temporary, () => openSync(temporary, 'wx', 0o444))
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
  } catch (error) {
    closeSync(file)
    throw error
  }
  return file
}

async function linked(temporary: string, path: string): Promise<boolean> {
  try {
    await inFolder(path, () => linkSync(temporary, path))
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  }
}

/** Does something in the folder of a path and, if there is none, makes it first. */
async function inFolder<Result>(path: string, work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error
  }
  await makeFolder(dirname(path))
  return await work()
}

/** Makes a folder and those above it; what is new is synced into its parent, or the name could be lost with the power. */
async function makeFolder(folder: string): Promise<void> {
  const first = mkdirSync(folder, { recursive: true })
  if (first === undefined) return
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made))
}

async function syncFolder(folder: string): Promise<void> {
  const handle = openSync(folder, 'r')
  try {
    await sync(handle)
  } finally {
    closeSync(handle)
  }
}
