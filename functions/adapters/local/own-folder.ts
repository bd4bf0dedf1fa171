import { constants } from 'node:fs'
import { access, mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DaybreakError } from '../../errors.ts'

/**
 * Makes a folder that this process must write to, and proves that it may. `what` is how a person set it.
 * @throws {DaybreakError} CONFIG_INVALID with path, kind and mode; STORAGE_FAILED when the disk refuses.
 */
export async function makeOwnFolder(path: string, what: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true })
    await access(path, constants.W_OK | constants.X_OK)
  } catch (error) {
    throw await refused(path, what, error)
  }
}

/**
 * A file that this process keeps may be absent, but never be a folder, nor closed to it.
 * @throws {DaybreakError} CONFIG_INVALID.
 */
export async function expectOwnFile(path: string, what: string): Promise<void> {
  const found = await stat(path).catch(() => null)
  if (found === null) return
  if (!found.isFile())
    throw invalid(what, `${path} is ${found.isDirectory() ? 'a folder' : 'no file'}; expected a file`)
  await access(path, constants.R_OK | constants.W_OK).catch(() => {
    throw invalid(what, `${path} cannot be read and written by this process (mode ${modeOf(found)})`)
  })
}

async function refused(path: string, what: string, error: unknown): Promise<DaybreakError> {
  const blocking = await nearest(path)
  const found = await stat(blocking).catch(() => null)
  if (found && !found.isDirectory()) return invalid(what, `${blocking} is a file; expected a folder`)
  if (isDenied(error))
    return invalid(what, `${blocking} cannot be written by this process${found ? ` (mode ${modeOf(found)})` : ''}`)
  const why = error instanceof Error ? error.message : String(error)
  return new DaybreakError('STORAGE_FAILED', `${what}: cannot make ${path}: ${why}`, { cause: error })
}

/** The path itself, or the nearest thing above it that exists. */
async function nearest(path: string): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    if ((await stat(at).catch(() => null)) !== null || dirname(at) === at) return at
  }
}

function isDenied(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['EACCES', 'EPERM', 'EROFS'].includes(String(error.code))
}

function modeOf({ mode }: { readonly mode: number }): string {
  return (mode & 0o7777).toString(8).padStart(4, '0')
}

function invalid(what: string, problem: string): DaybreakError {
  return new DaybreakError('CONFIG_INVALID', `${what}: ${problem}`, { details: { next: 'daybreak doctor' } })
}
