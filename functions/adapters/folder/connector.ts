import { realpath, stat } from 'node:fs/promises'
import { DaybreakError } from '../../errors.ts'
import { quoteName } from '../../lib/plain-name.ts'
import type { Log, SourceConnector } from '../../pipeline/ports.ts'
import { listFolder } from './list.ts'
import { readFile } from './read.ts'

/** What the connector must know: an absolute path, and the size that no file may exceed. */
export interface FolderSettings {
  readonly root: string
  readonly maxFileBytes: number
}

/**
 * Files in a folder of this disk, in the layout of the server: for archives, hand downloads and tests.
 * Paths are absolute and inside the root; links are not followed.
 */
export function createFolderConnector({ root, maxFileBytes }: FolderSettings, { log }: { log: Log }): SourceConnector {
  const name = `folder ${root}`
  return {
    name,
    async connect(signal) {
      if (signal?.aborted) throw new DaybreakError('CANCELLED', `cancelled before ${name} was opened`)
      const realRoot = await openRoot(root)
      const list = async (folder: string) => {
        const listing = await listFolder(realRoot, { root, folder })
        if (listing && listing.leftOut.length > 0) {
          const some = listing.leftOut.slice(0, 3).map(quoteName).join(', ')
          const message = `${folder} has ${listing.leftOut.length} names that cannot be used and were left out, such as ${some}`
          log({ severity: 'WARNING', message })
        }
        return listing
      }
      return {
        listFolders: async (folder) => (await list(folder))?.folders ?? null,
        listFiles: async (folder) => (await list(folder))?.files ?? null,
        read: (file, readSignal) => readFile(realRoot, { root, file, maxFileBytes, signal: readSignal }),
        close: async () => undefined,
      }
    },
  }
}

/** A missing root is a broken source; only what is missing inside it is an absence. */
async function openRoot(root: string): Promise<string> {
  const found = await stat(root).catch((error: unknown) => {
    throw new DaybreakError('SOURCE_UNREACHABLE', `cannot open the folder ${root}: ${String(error)}`, { cause: error })
  })
  if (!found.isDirectory()) throw new DaybreakError('SOURCE_UNREACHABLE', `${root} is not a folder`)
  return await realpath(root)
}
