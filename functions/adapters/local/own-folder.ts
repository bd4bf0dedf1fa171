import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DaybreakError } from '../../errors.ts'
import { throwDisk } from '../../lib/disk-failure.ts'

/**
 * Makes a folder that this process must write to. `what` is how a person set it.
 * @throws {DaybreakError} CONFIG_INVALID where a file stands in its place or above it; else as the disk refuses.
 */
export async function makeOwnFolder(path: string, what: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true })
  } catch (error) {
    const blocking = await nearest(path)
    const found = await stat(blocking).catch(() => null)
    if (found && !found.isDirectory()) throw invalid(what, `${blocking} is a file; expected a folder`)
    throwDisk(`make the folder ${path}`, path)(error)
  }
}

/** A folder that is made when something is written to it. @throws {DaybreakError} CONFIG_INVALID where a file stands in its place or above it. */
export async function expectOwnFolder(path: string, what: string): Promise<void> {
  const blocking = await nearest(path)
  const found = await stat(blocking).catch(() => null)
  if (found && !found.isDirectory()) throw invalid(what, `${blocking} is a file; expected a folder`)
}

/** A file that this process keeps may be absent, but never be a folder. @throws {DaybreakError} CONFIG_INVALID. */
export async function expectOwnFile(path: string, what: string): Promise<void> {
  const found = await stat(path).catch(() => null)
  if (found === null || found.isFile()) return
  throw invalid(what, `${path} is ${found.isDirectory() ? 'a folder' : 'no file'}; expected a file`)
}

/** The path itself, or the nearest thing above it that exists. */
async function nearest(path: string): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    if ((await stat(at).catch(() => null)) !== null || dirname(at) === at) return at
  }
}

function invalid(what: string, problem: string): DaybreakError {
  return new DaybreakError('CONFIG_INVALID', `${what}: ${problem}`, { details: { next: 'daybreak doctor' } })
}
