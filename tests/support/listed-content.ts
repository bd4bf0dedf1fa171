import { sumTotals } from '../../functions/lib/decimal.ts'
import type { LoadEntry, PartitionContent } from '../../functions/pipeline/destination.ts'

/** Counts of a warehouse that trusts the entries of a manifest, once it holds them. */
export function listedContent(entries: readonly LoadEntry[]): PartitionContent {
  return {
    rows: entries.reduce((sum, { part }) => sum + part.rows, 0),
    totals: sumTotals(entries.map(({ totals }) => totals)),
    sources: entries.map(({ shard, rawSha256, part: { rows } }) => ({ shard, rawSha256, rows })),
  }
}
