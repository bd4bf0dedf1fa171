import { realpath } from 'node:fs/promises'
import { isAbsolute, join, relative, sep } from 'node:path'
import { DaybreakError } from '../../errors.ts'
import { orNullIfMissing } from './errors.ts'

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
