import { bucketsSql } from '../../sql/digest.ts'
import type { Destination, RecordedWindow } from '../destination.ts'
import type { Slice } from '../entities.ts'
import type { CursorRange, TableReader } from './ports.ts'
import { WHOLE } from './shards.ts'
import { hash, targetOf, type WindowPlan } from './window-plan.ts'

// Hashing so many rows takes a server a few seconds.
const MOST_HASHED = 250_000

type Rows = Pick<WindowPlan, 'from' | 'columns' | 'sourceColumns' | 'where' | 'asText' | 'fingerprint'>

/**
 * A hash of the rows at the end of a window, which its successor would read again to find late ones: while it stays the same there is
 * nothing to be read. Null where it is not asked for, because the rows are many.
 */
export async function tailOf(rows: Rows, range: CursorRange, reader: TableReader): Promise<string | null> {
  const { from: table, columns, sourceColumns: from, where, asText, fingerprint } = rows
  if (fingerprint !== undefined) return fingerprint
  const ask = { table, columns, from, where, asText, range }
  const view = await reader.open({ ...ask, workers: 1 })
  try {
    const { rows: count } = await view.totals(WHOLE, [])
    if (count > MOST_HASHED) return null
  } finally {
    await view.close()
  }
  const names = columns.map(({ name }) => name)
  const { digest, dialect, query } = reader.side(ask, names)
  return hash([names, await query(bucketsSql(digest, dialect, 1))])
}

/** True while the table of a destination still has the rows of a window. A destination that cannot be asked is believed. */
export async function isStillThere(
  before: WindowPlan,
  slices: readonly Slice[],
  destination: Destination,
): Promise<boolean> {
  const written = slices.reduce((sum, { delivery }) => sum + (delivery?.counts.accepted ?? 0), 0)
  const { rows } = await destination.partitionTotals(targetOf(before), before.window)
  return before.strategy === 'replace' ? rows === written : rows >= written
}

/** Windows of a stream that its destination has on record. */
export async function recordedBy(destination: Destination, plan: WindowPlan): Promise<readonly RecordedWindow[]> {
  return (await destination.recordedWindows?.(targetOf(plan))) ?? []
}
