import { realpath } from 'node:fs/promises'
import { isAbsolute, join, relative, sep } from 'node:path'
import { DaybreakError } from '../../errors.ts'

/**
 * The real path of something inside the root; null when it does not exist.
 * @throws {DaybreakError} SOURCE_LISTING_FAILED when the path leads out of the root, or through a link.
 */
export async function resolveInside(realRoot: string, root: string, path: string): Promise<string | null> {
  const inside = relative(root, path)
  if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
    throw new DaybreakError('SOURCE_LISTING_FAILED', `${path} is not inside ${root}`)
  }
  const straight = join(realRoot, inside)
  const real = await realpath(straight).catch(orNullIfMissing(path))
  if (real === null || real === straight) return real
  throw new DaybreakError('SOURCE_LISTING_FAILED', `${path} leads through a link, which is not followed`)
}

/** For `catch`: nothing where the file does not exist, a typed failure otherwise. */
export function orNullIfMissing(path: string): (error: unknown) => null {
  return (error) => {
    if (error instanceof DaybreakError) throw error
    if (isMissing(error)) return null
    throw new DaybreakError('SOURCE_LISTING_FAILED', `cannot list ${path}: ${String(error)}`, { cause: error })
  }
}

/** True for the error of a path that does not exist. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
