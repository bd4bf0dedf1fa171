import type { PartitionContent, Table } from '../destination.ts'
import type { Manifest } from '../entities.ts'
import { reconcile, reconcileSources } from '../reconcile.ts'
import { shardNoun } from '../slice-words.ts'
import type { JobResult, Verified } from './task.ts'

/** Pure: compares the table after a job with the manifest that the job loaded. Any other result stays as it is. */
export function verify(result: JobResult, table: Table): Verified {
  if (result.is !== 'ended') return result
  const difference = differenceFrom(result.manifest, result.content, table)
  return difference === null ? { ...result, is: 'loaded' } : { ...result, is: 'unequal', difference }
}

/** How a partition differs from its manifest, as a sentence; null when rows, raw files and sums are equal. */
export function differenceFrom(manifest: Manifest, content: PartitionContent, table: Table): string | null {
  const { rows, totals } = manifest
  return (
    reconcile({ rows, totals }, content, table.totals) ??
    reconcileSources(manifest.entries.map(toSource), content.sources, shardNoun(table))
  )
}

function toSource({ shard, rawSha256, part: { rows } }: Manifest['entries'][number]) {
  return { shard, rawSha256, rows }
}
