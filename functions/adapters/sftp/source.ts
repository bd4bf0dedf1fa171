import { DaybreakError } from '../../errors.ts'
import { quoteName } from '../../lib/plain-name.ts'
import type { SourceFile } from '../../pipeline/model.ts'
import type { Log, Source } from '../../pipeline/ports.ts'
import type { SftpLink } from './link.ts'
import { joinPath, type Listing, listFolder } from './list.ts'
import { readFile } from './read.ts'
import type { SftpSettings } from './settings.ts'

/** The port over one open connection. */
export function createSource(link: SftpLink, { settings, log }: { settings: SftpSettings; log: Log }): Source {
  const list = async (folder: string) => {
    const listing = await listFolder(link, folder)
    if (listing) tellLeftOut(listing, { folder, name: link.name, log })
    return listing?.entries ?? null
  }
  return {
    async listFolders(folder) {
      const entries = await list(folder)
      return entries?.filter(({ stats }) => stats.isDirectory()).map(({ name }) => name) ?? null
    },
    async listFiles(folder) {
      const entries = await list(folder)
      return (
        entries
          ?.filter(({ stats }) => stats.isFile())
          .map(({ name, stats }) => ({
            path: joinPath(folder, name),
            name,
            bytes: stats.size,
            modifiedAt: stats.mtime * 1_000,
          })) ?? null
      )
    },
    read: (file, signal) => readWithin(link, file, { maxFileBytes: settings.maxFileBytes, signal }),
    close: () => link.close(),
  }
}

async function* readWithin(
  link: SftpLink,
  file: SourceFile,
  { maxFileBytes, signal }: { maxFileBytes: number; signal: AbortSignal | undefined },
): AsyncGenerator<Uint8Array> {
  // An answer that is not waited for could still arrive, so a cancelled read takes its connection with it.
  const cancel = () => link.break(new DaybreakError('CANCELLED', `cancelled while reading ${file.path}`))
  if (signal?.aborted) cancel()
  signal?.addEventListener('abort', cancel, { once: true })
  try {
    yield* readFile(link, file, maxFileBytes)
  } finally {
    signal?.removeEventListener('abort', cancel)
  }
}

function tellLeftOut({ leftOut }: Listing, { folder, name, log }: { folder: string; name: string; log: Log }): void {
  if (leftOut.length === 0) return
  const some = leftOut.slice(0, 3).map(quoteName).join(', ')
  log({
    severity: 'WARNING',
    message: `${folder} at ${name} has ${leftOut.length} names that cannot be used and were left out, such as ${some}`,
  })
}
