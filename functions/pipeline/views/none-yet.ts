import { DaybreakError } from '../../errors.ts'
import type { Warehouse } from '../destination.ts'

/** An empty answer for a table that nothing was loaded into yet; any other error again. */
export function noneYet(error: unknown): Awaited<ReturnType<Warehouse['query']>> {
  const isMissing =
    error instanceof DaybreakError &&
    (error.code === 'NOT_FOUND' || /Table with name \S+ does not exist|Not found: (Table|Dataset) /.test(error.message))
  if (isMissing) return { columns: [], rows: [] }
  throw error
}
