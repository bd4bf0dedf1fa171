import type { Stats } from 'ssh2'
import { DaybreakError } from '../../errors.ts'
import type { SftpLink } from './link.ts'
import { NO_SUCH_FILE, orOn } from './list.ts'

/**
 * The connection, when the root folder is there. Without it every file would be called missing, each for itself.
 * @throws {DaybreakError} SOURCE_ROOT_MISSING; SOURCE_UNREACHABLE. The connection is closed then.
 */
export async function expectRoot(link: SftpLink, root: string): Promise<SftpLink> {
  if (root === '/') return link
  try {
    const asked = link.request<Stats>((done) => link.sftp.stat(root, done))
    const stats = await orOn(NO_SUCH_FILE, asked)
    if (stats === null) throw missing(link, root, 'does not exist')
    if (stats.mode !== undefined && !stats.isDirectory()) throw missing(link, root, 'is not a folder')
    return link
  } catch (error) {
    // A server that does not say what the root is may still list what is in it.
    if (!(error instanceof DaybreakError)) return link
    await link.close()
    throw error
  }
}

function missing(link: SftpLink, root: string, why: string): DaybreakError {
  return new DaybreakError('SOURCE_ROOT_MISSING', `the root folder ${root} ${why} at ${link.name}`)
}
