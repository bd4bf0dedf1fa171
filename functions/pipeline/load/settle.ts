import type { PartitionContent, Terms } from '../destination.ts'
import type { Manifest, PendingPartition, Usage } from '../entities.ts'
import type { Change } from '../ports.ts'
import { readSlices } from './look.ts'
import { becomeLoaded, quarantine, reattempt, reclaim, release } from './row.ts'
import type { Helping, Loaded, LoadTask, Move } from './task.ts'

// Milliseconds before the second attempt, four times as long before the last: a failing warehouse takes a while to recover.
const PAUSE = 1_000

/** Makes a move of a pending row. Null when the partition is to be looked at again, also after a success; else the answer. */
export async function settleLoad(move: Move, partition: PendingPartition, helping: Helping): Promise<Loaded | null> {
  const { task, ports, tries } = helping
  switch (move.move) {
    case 'wait':
      return { outcome: 'pending', partition }
    case 'load':
      await settleLoaded(move, partition, helping)
      return null
    case 'release':
      await release(partition, ports)
      return null
    case 'replace':
      tries.stale++
      await reclaim({ partition, manifest: move.manifest }, task, ports)
      return null
    case 'reattempt':
      await reattempt({ partition, manifest: move.manifest }, task, ports)
      await ports.clock.sleep(PAUSE * 4 ** (partition.attempt - 1))
      return null
    case 'quarantine':
      return await settleQuarantined(move, partition, helping)
  }
}

type Making<Name extends Move['move']> = Extract<Move, { readonly move: Name }>

async function settleLoaded(
  { content, manifest, started }: Making<'load'>,
  partition: PendingPartition,
  { task, ports }: Helping,
): Promise<void> {
  const slices = await readSlices(task, ports)
  const next = task.followUps ?? (() => [])
  const { terms } = ports.destination(task.pipeline)
  const used = useOf({ manifest, content, terms }, task, ports.clock.now() - started)
  const recorded = await becomeLoaded({ partition, manifest }, { content, slices, next, used }, ports)
  if (recorded === null) return
  // One without a time of sending waits in the ledger, as a load or a build does.
  const due = recorded.filter(({ sentAt }) => sentAt !== null)
  if (due.length > 0) await ports.queue.publish(due)
  const { pipeline, stream, window, runId } = task
  const { number, rows, entries } = manifest
  ports.log({
    severity: 'INFO',
    message: `Loaded ${stream} of ${window}: ${rows} rows from ${entries.length} parts`,
    step: 'load',
    ...{ pipeline, stream, window, runId },
    milliseconds: ports.clock.now() - started,
    counts: { rows, parts: entries.length, manifest: number, epoch: partition.epoch, attempt: partition.attempt },
  })
}

interface Use {
  readonly manifest: Manifest
  readonly content: PartitionContent
  readonly terms: Terms | undefined
}

/** Time, rows, bytes and cost of a load, for the run that asked for it. */
function useOf({ manifest, content, terms }: Use, { runId }: LoadTask, milliseconds: number): readonly Change[] {
  const bytes = manifest.entries.reduce((sum, { part }) => sum + part.bytes, 0)
  const { bytesBilled } = content
  const costMicros = terms && bytesBilled !== undefined ? costOf(bytesBilled, terms) : null
  const amounts: readonly Omit<Usage, 'runId'>[] = [
    { kind: 'bytes_loaded', amount: bytes, costMicros: null },
    { kind: 'rows', amount: content.rows, costMicros: null },
    ...(bytesBilled === undefined ? [] : [{ kind: 'bytes_billed', amount: bytesBilled, costMicros }]),
  ]
  return [
    { change: 'run_step', step: { runId, step: 'load', milliseconds: Math.max(0, milliseconds), count: 1 } },
    ...amounts.map((amount): Change => ({ change: 'usage', usage: { runId, ...amount } })),
  ]
}

/** Millionths of a dollar, rounded up. */
function costOf(bytes: number, { dollarsPerTib }: Terms): number {
  return Math.ceil((bytes / 2 ** 40) * dollarsPerTib * 1e6)
}

async function settleQuarantined(
  { reason, content }: Making<'quarantine'>,
  partition: PendingPartition,
  { task, ports }: Helping,
): Promise<Loaded | null> {
  const { pipeline, stream, window, runId } = task
  // A table that holds what no manifest lists equals none.
  const held = content ? { ...partition, loaded: 0, rows: content.rows, totals: content.totals } : partition
  const quarantined = await quarantine(held, { reason, runId, next: task.failureFollowUps }, ports)
  if (quarantined === null) return null
  ports.log({ severity: 'WARNING', ...reason, step: 'load', pipeline, stream, window, runId })
  return { outcome: 'quarantined', partition: quarantined }
}
