import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

// Longer than any write takes, so that no write loses its file.
const A_DAY = 86_400_000

/**
 * Deletes what killed processes left in the folder of temporary files. Age is told by the file system's own clock: a
 * leftover is a day older than a file that was just written. Leftovers are never read, so a failure here is no failure.
 */
export async function deleteLeftovers(folder: string, justWritten: string): Promise<void> {
  try {
    const { mtimeMs: now } = await stat(justWritten)
    for (const name of await readdir(folder)) {
      const path = join(folder, name)
      if ((await stat(path)).mtimeMs < now - A_DAY) await rm(path, { force: true })
    }
  } catch {
    // Another process cleans at the same time, or may not: the next one will.
  }
}
