import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { isBusy, lastingSqliteError } from './errors.ts'

// How long one call may stop the process while another one writes; a transaction takes about a millisecond.
const BLOCKING_WAIT = 50
const PAUSE = 10

/**
 * Opens the file. WAL lets others read while one writes. FULL syncs at every commit: a job id must never be forgotten once the
 * warehouse has seen it, or a later epoch would use it again. docs/decisions has the measurements.
 */
export async function openDatabase(path: string, patience: number): Promise<DatabaseSync> {
  if (path !== ':memory:') await mkdir(dirname(path), { recursive: true })
  const database = new DatabaseSync(path, { timeout: BLOCKING_WAIT })
  try {
    await untilFree(() => database.exec('pragma journal_mode = wal; pragma synchronous = full'), patience)
    return database
  } catch (error) {
    return closeAfter(error, { database, path })
  }
}

/** Looks for the reason before it closes the file: closing removes the files next to it, one of which may be the reason. */
export function closeAfter(
  error: unknown,
  { database, path }: { readonly database: DatabaseSync; readonly path: string },
): never {
  const lasting = lastingSqliteError(path)(error, `open the ledger ${JSON.stringify(path)}`)
  database.close()
  throw lasting ?? error
}

/**
 * Calls until another process no longer holds the lock, for so many milliseconds. SQLite itself waits a little within each
 * call (`timeout`), which stops the whole process; the pauses in between let it go on with other work.
 */
export async function untilFree(call: () => void, patience: number): Promise<void> {
  const deadline = performance.now() + patience
  for (;;) {
    try {
      return call()
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw error
    }
    await sleep(PAUSE)
  }
}
