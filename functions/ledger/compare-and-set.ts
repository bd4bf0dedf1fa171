import { DaybreakError } from '../errors.ts'

interface CompareAndSet {
  /** Table and key, for the message. */
  readonly table: string
  readonly key: string
  /** Version of the row before the change; 0 for a row that must not exist yet. */
  readonly version: number
  /** How many rows it added: none when the key is taken. */
  readonly insert: () => Promise<bigint>
  /** How many rows it changed: none when the row has another version. */
  readonly update: () => Promise<bigint>
  /** The version that is stored now. */
  readonly stored: () => Promise<{ readonly version: number } | undefined>
}

/**
 * Writes a row if its version is still the one that was read: one statement, unless it is not.
 * @throws {DaybreakError} LEDGER_CONFLICT, which names table, key and versions.
 */
export async function compareAndSet(change: CompareAndSet): Promise<void> {
  const written = change.version === 0 ? await change.insert() : await change.update()
  if (written === 1n) return
  const stored = await change.stored()
  throw conflict(change, stored?.version ?? 0)
}

/** The error that says a row is not at the version it was expected at. */
export function conflict(
  { table, key, version }: Pick<CompareAndSet, 'table' | 'key' | 'version'>,
  found: number,
): DaybreakError {
  const message = `${table} ${key}: expected ${describe(version)}, found ${describe(found)}; nothing was applied`
  return new DaybreakError('LEDGER_CONFLICT', message, { details: { table, key, expected: version, found } })
}

function describe(version: number): string {
  return version === 0 ? 'no row' : `version ${version}`
}
