import type { DeliveryRecord, Message, Run, SliceKey, Work } from '../entities.ts'
import type { Change, Ports } from '../ports.ts'

interface Owner {
  readonly run: Run
  /** Slices of the day that are published by these changes. */
  readonly published: readonly SliceKey[]
}

/**
 * Takes copies out of their partitions once the day arrives that their bytes belong to: a copy that was published first is judged
 * again and held, as if the right day had come first. A version that a person released or forced stays.
 */
export async function displaceCopies(
  copies: readonly DeliveryRecord[],
  { run, published }: Owner,
  { ledger, clock, newId }: Pick<Ports, 'ledger' | 'clock' | 'newId'>,
): Promise<readonly Change[]> {
  const now = clock.now()
  const messageOf = (work: Work): Message => ({
    ...{ id: newId(), runId: run.id, work, state: 'pending', attempts: 0, notBefore: now, unchanged: [] },
    ...{ reason: null, createdAt: now, sentAt: work.kind === 'load' ? null : now, version: 0 },
  })
  const changes: Change[] = []
  for (const copy of copies.filter(({ stream }) => published.some((key) => key.stream === stream))) {
    const slice = await ledger.slice(copy)
    const { delivery } = slice ?? {}
    if (!slice || delivery?.raw.sha256 !== copy.raw.sha256 || delivery.override) continue
    const { pipeline, shard, stream, window } = copy
    const bare = { ...slice, state: 'landed', delivery: null, reason: null, updatedAt: now, runId: run.id } as const
    changes.push(
      { change: 'slice', slice: bare },
      { change: 'message', message: messageOf({ kind: 'ingest', pipeline, shard, windows: [window] }) },
      { change: 'message', message: messageOf({ kind: 'load', pipeline, stream, window }) },
    )
  }
  return changes
}
