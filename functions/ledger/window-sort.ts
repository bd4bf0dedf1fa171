import { DATES_ONLY, isDated, timeOf, type WindowTimes } from '../lib/window-time.ts'
import type { SliceKey } from '../pipeline/entities.ts'
import type { Page } from '../pipeline/ports.ts'
import type { Database } from './schema.ts'
import { readTimes } from './windows.ts'

// More names than these are not sent to the database: the instants of all windows are read instead.
const MOST_NAMES = 1_000

/** A window, of a pipeline or of whichever has it. */
interface Windowed extends Pick<SliceKey, 'window'> {
  readonly pipeline?: string
}

/**
 * Rows that come by the names of their windows, in the order of the windows' instants. Dates are in that order already,
 * so most lists are given back as they are. A page stays by name, since its caller goes on after the last name.
 */
export async function byInstant<Row extends Windowed>(
  rows: readonly Row[],
  { limit }: Page,
  db: Database,
): Promise<readonly Row[]> {
  const [first] = rows
  const isOrdered = rows.every(({ window }) => isDated(window) || window === first?.window)
  if (limit !== undefined || isOrdered) return rows
  const times = new Map<string | undefined, WindowTimes>()
  for (const [pipeline, own] of Map.groupBy(rows, (row) => row.pipeline)) {
    const windows = [...new Set(own.map(({ window }) => window))].filter((name) => !isDated(name))
    times.set(
      pipeline,
      await readTimes(db, {
        ...(pipeline !== undefined && { pipeline }),
        ...(windows.length <= MOST_NAMES && { windows }),
      }),
    )
  }
  const instantOf = ({ pipeline, window }: Row) => timeOf(window, times.get(pipeline) ?? DATES_ONLY)
  // The sort is stable, so windows of one instant stay by name.
  return rows
    .map((row) => ({ row, at: instantOf(row) }))
    .toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
    .map(({ row }) => row)
}
