import { DaybreakError } from '../errors.ts'
import type { Change, Ports } from './ports.ts'

/** Applies changes as a whole. False when a row is no longer as it was read: another worker was faster, and nothing is changed. */
export async function applied(changes: readonly Change[], ledger: Pick<Ports['ledger'], 'apply'>): Promise<boolean> {
  try {
    await ledger.apply(changes)
    return true
  } catch (error) {
    if (error instanceof DaybreakError && error.code === 'LEDGER_CONFLICT') return false
    throw error
  }
}
