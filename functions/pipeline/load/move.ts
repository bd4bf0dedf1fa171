import type { PartitionContent, Table } from '../destination.ts'
import type { Manifest, PendingPartition, Reason } from '../entities.ts'
import { reconcile, reconcileSources } from '../reconcile.ts'
import { shardNoun } from '../slice-words.ts'
import { type JobResult, type LoadTask, MOST_STALE, type Move, type Tries, type Verified } from './task.ts'

// A failure of the warehouse itself needs a new job id. After the third the sweep goes on, with longer pauses.
const ATTEMPTS = 3

/** Pure: the move of a pending row that follows from its job and the comparison of the table. */
export function nextMove(
  result: Verified,
  partition: PendingPartition,
  { task, tries }: { readonly task: LoadTask; readonly tries: Readonly<Tries> },
): Move {
  const { stream, window } = task
  switch (result.is) {
    case 'running':
      return { move: 'wait' }
    case 'loaded':
      return { ...result, move: 'load' }
    case 'obsolete':
      return { move: 'release' }
    case 'taken':
      return { move: 'replace', manifest: result.manifest }
    case 'unequal': {
      const { manifest, content, difference } = result
      // The job ran under a ledger that was put back since, or another job came after it.
      if (!result.created && tries.stale < MOST_STALE) return { move: 'replace', manifest }
      const message = `${stream} of ${window}, manifest ${manifest.number}: ${difference}`
      return { move: 'quarantine', reason: { code: 'NOT_RECONCILED', message }, content }
    }
    case 'failed': {
      const { permanent, manifest, message } = result
      if (!permanent && partition.attempt < ATTEMPTS) return { move: 'reattempt', manifest }
      const code = result.code ?? (permanent ? 'LOAD_REJECTED' : 'WAREHOUSE_FAILED')
      return { move: 'quarantine', reason: reasonOf({ code, message }, partition) }
    }
    case 'refused':
      return { move: 'quarantine', reason: reasonOf(result.failure, partition) }
  }
}

function reasonOf({ code, message }: Reason, { jobId, stream, window }: PendingPartition): Reason {
  return { code, message: `job ${jobId} could not load ${stream} of ${window}: ${message}` }
}

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
