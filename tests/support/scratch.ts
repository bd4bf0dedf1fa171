import { accessSync, constants, readFileSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'

const IN_MEMORY = '/dev/shm'
const NEEDED = 4_000_000_000

/**
 * Where tests and the processes that they start put their folders: in memory where this system has room for it, since the
 * ledger waits for the disk at each of its thousands of commits. Elsewhere it is the system's own folder.
 */
export function scratchFolder(): string {
  return process.env['TMPDIR'] === undefined && isUsable(IN_MEMORY) ? IN_MEMORY : tmpdir()
}

function isUsable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize >= NEEDED && mayRunPrograms(folder)
  } catch {
    return false
  }
}

/** Some tests write a program and run it. */
function mayRunPrograms(folder: string): boolean {
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n')
  const [, , , options = ''] = mounts.map((line) => line.split(' ')).findLast(([, at]) => at === folder) ?? []
  return options !== '' && !options.split(',').includes('noexec')
}
