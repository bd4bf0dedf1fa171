import { equalDecimals } from '../../lib/decimal.ts'
import type { PartitionContent, Table } from '../destination.ts'
import type { Manifest, PendingPartition, Reason } from '../entities.ts'
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

/** Rows, and exact sums by column as decimal text. A column that is not there sums to nothing. */
export interface Amounts {
  readonly rows: number
  readonly totals: Readonly<Record<string, string>>
}

/**
 * Compares what the warehouse counted with what a manifest lists. Null when all is equal; else a sentence with the first
 * numbers that are not. Columns other than the given ones are left out: parts of an older contract may have sums of columns
 * that the table no longer has.
 */
export function reconcile(listed: Amounts, counted: Amounts, columns: readonly string[]): string | null {
  if (listed.rows !== counted.rows) return `the warehouse holds ${counted.rows} rows, the manifest lists ${listed.rows}`
  const wrong = columns.find((column) => !equalDecimals(listed.totals[column] ?? '0', counted.totals[column] ?? '0'))
  if (wrong === undefined) return null
  return `${wrong} sums to ${counted.totals[wrong] ?? '0'} in the warehouse, to ${listed.totals[wrong] ?? '0'} in the manifest`
}

/** Rows of one raw file of a location. */
interface Source {
  readonly shard: string
  readonly rawSha256: string
  readonly rows: number
}

/**
 * Compares the raw files that a table's rows are from with those that a manifest lists. Null when they are the same; else a
 * sentence about the first that is not, in which `noun` stands for a shard. Null as well where the table's rows do not say it. Rows and money may agree although a correction of texts was never loaded.
 */
function reconcileSources(listed: readonly Source[], counted: readonly Source[] | null, noun: string): string | null {
  if (counted === null) return null
  const [wanted, found] = [rowsBySource(listed), rowsBySource(counted)]
  for (const key of new Set([...wanted.keys(), ...found.keys()])) {
    const [rows, held] = [wanted.get(key) ?? 0, found.get(key) ?? 0]
    if (rows === held) continue
    const [shard, raw = ''] = key.split('\n')
    return `the warehouse holds ${held} rows of the raw file ${raw.slice(0, 12)} of ${noun} ${shard}, the manifest lists ${rows}`
  }
  return null
}

function rowsBySource(sources: readonly Source[]): ReadonlyMap<string, number> {
  const rows = new Map<string, number>()
  for (const { shard, rawSha256, rows: more } of sources) {
    const key = `${shard}\n${rawSha256}`
    if (more > 0) rows.set(key, (rows.get(key) ?? 0) + more)
  }
  return rows
}
