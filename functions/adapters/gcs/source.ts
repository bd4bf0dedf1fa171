import { DaybreakError } from '../../errors.ts'
import { type Listing, tellListing, toFileListing } from '../../lib/listing.ts'
import type { Clock, Log, SourceConnector } from '../../pipeline/ports.ts'
import { openStorage, type StorageSettings } from './client.ts'
import { listFiles, listFolders } from './folder.ts'
import { readFile } from './read.ts'

/** Bucket, folder, limits, clock and log of a source. */
export interface GcsSourceOptions extends StorageSettings {
  readonly bucket: string
  /** Absolute. */
  readonly root: string
  readonly maxFileBytes: number
  /** Entries of a folder that a listing of files reads. Default: 10,000. */
  readonly maxEntries?: number
  /** Tries of a listing. */
  readonly attempts?: number
  /** Milliseconds without a byte after which an answer is given up. */
  readonly inactivityTimeout?: number
  readonly clock: Clock
  readonly log: Log
  /** From 0 to 1. */
  readonly random: () => number
}

/**
 * Files in a bucket, in the layout of the server: an inbox that another system fills. What ends with `/` in the names of its
 * objects are the folders. Needs to get and list.
 */
export function openGcsSource(options: GcsSourceOptions): SourceConnector {
  const { project, endpoint, bucket, root, maxFileBytes, maxEntries, clock, log, random } = options
  const { attempts = 4, inactivityTimeout = 30_000 } = options
  const name = `gs://${bucket}${root.replace(/\/$/, '')}`
  const storage = openStorage({ project, endpoint })
  const settings = { clock, log, random, attempts, inactivityTimeout, deadline: 120_000 }
  return {
    name,
    async connect(signal) {
      if (signal?.aborted) throw new DaybreakError('CANCELLED', `cancelled before ${name} was opened`)
      const inbox = { bucket: storage.bucket(bucket), root, maxFileBytes, settings, seen: new Map() }
      const tell = <Listed extends Listing<unknown>>(listing: Listed | null, folder: string) => {
        for (const message of tellListing(listing, folder)) settings.log({ severity: 'WARNING', message })
        return listing
      }
      return {
        listFolders: async (folder) => tell(await listFolders(inbox, { folder, signal }), folder)?.entries ?? null,
        async listFiles(folder, named = []) {
          const listing = tell(await listFiles(inbox, { folder, signal, named, most: maxEntries }), folder)
          return listing && toFileListing(listing)
        },
        read: (file, readSignal) => readFile(inbox, file, readSignal),
        close: async () => undefined,
      }
    },
  }
}
