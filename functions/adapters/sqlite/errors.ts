// Primary result codes of SQLite; extended ones keep them in the lowest byte.
const SQLITE_BUSY = 5
const SQLITE_LOCKED = 6

/** True when another connection held a lock. */
export function isBusy(error: unknown): boolean {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return false
  return [SQLITE_BUSY, SQLITE_LOCKED].includes(error.errcode & 0xff)
}
