import { DaybreakError } from '../../errors.ts'
import { type Listing, tellListing, toFileListing } from '../../lib/listing.ts'
import type { SourceFile } from '../../pipeline/entities.ts'
import type { Log, Source } from '../../pipeline/ports.ts'
import type { SftpSettings } from './config.ts'
import type { SftpLink } from './link.ts'
import { listFiles, listFolders } from './list.ts'
import { readFile } from './read.ts'

/** The port over one open connection. */
export function openSession(link: SftpLink, { settings, log }: { settings: SftpSettings; log: Log }): Source {
  return {
    async listFolders(folder) {
      const listing = await listFolders(link, folder)
      tell(listing, `${folder} at ${link.name}`, log)
      return listing?.entries ?? null
    },
    async listFiles(folder, named = []) {
      const listing = await listFiles(link, { folder, named, most: settings.maxEntries })
      tell(listing, `${folder} at ${link.name}`, log)
      return listing && toFileListing(listing)
    },
    read: (file, signal) => readWithin(link, file, { settings, signal }),
    close: () => link.close(),
  }
}

async function* readWithin(
  link: SftpLink,
  file: SourceFile,
  { settings, signal }: { settings: SftpSettings; signal: AbortSignal | undefined },
): AsyncGenerator<Uint8Array> {
  // An answer that is not waited for could still arrive, so a cancelled read takes its connection with it.
  const cancel = () => link.break(new DaybreakError('CANCELLED', `cancelled while reading ${file.path}`))
  if (signal?.aborted) cancel()
  signal?.addEventListener('abort', cancel, { once: true })
  try {
    yield* readFile(link, file, settings)
  } finally {
    signal?.removeEventListener('abort', cancel)
  }
}

function tell(listing: Listing<unknown> | null, place: string, log: Log): void {
  for (const message of tellListing(listing, place)) log({ severity: 'WARNING', message })
}
