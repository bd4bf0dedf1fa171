import { realpath, stat } from 'node:fs/promises'
import { DaybreakError } from '../../errors.ts'
import { type Listing, tellListing, toFileListing } from '../../lib/listing.ts'
import type { Log, SourceConnector } from '../../pipeline/ports.ts'
import { listFiles, listFolders } from './list.ts'
import { readFile } from './read.ts'

/** Folder, limits and log of a source. */
interface FolderSourceOptions {
  /** Absolute. */
  readonly root: string
  readonly maxFileBytes: number
  /** Entries of a folder that a listing of files reads. Default: 10,000. */
  readonly maxEntries?: number
  readonly log: Log
}

/**
 * Files in a folder of this disk, in the layout of the server: for archives, hand downloads and tests.
 * Paths are absolute and inside the root; links are not followed.
 */
export function openFolderSource(options: FolderSourceOptions): SourceConnector {
  const { root, maxFileBytes, maxEntries, log } = options
  const name = `folder ${root}`
  return {
    name,
    async connect(signal) {
      if (signal?.aborted) throw new DaybreakError('CANCELLED', `cancelled before ${name} was opened`)
      const realRoot = await openRoot(root)
      const tell = <Listed extends Listing<unknown>>(listing: Listed | null, folder: string) => {
        for (const message of tellListing(listing, folder)) log({ severity: 'WARNING', message })
        return listing
      }
      const at = (folder: string) => ({ realRoot, root, folder })
      return {
        listFolders: async (folder) => tell(await listFolders(at(folder)), folder)?.entries ?? null,
        async listFiles(folder, named = []) {
          const listing = tell(await listFiles(at(folder), { named, most: maxEntries }), folder)
          return listing && toFileListing(listing)
        },
        read: (file, readSignal) => readFile(realRoot, { root, file, maxFileBytes, signal: readSignal }),
        close: async () => undefined,
      }
    },
  }
}

/** A missing root is a broken source; only what is missing inside it is an absence. */
async function openRoot(root: string): Promise<string> {
  const found = await stat(root).catch((error: unknown) => {
    const code = isAbsent(error) ? 'SOURCE_ROOT_MISSING' : 'SOURCE_LISTING_FAILED'
    throw new DaybreakError(code, `cannot open the folder ${root}: ${String(error)}`, { cause: error })
  })
  if (!found.isDirectory()) throw new DaybreakError('SOURCE_ROOT_MISSING', `${root} is not a folder`)
  return await realpath(root)
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR'].includes(String(error.code))
}
