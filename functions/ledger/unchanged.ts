import type { Message, RunSlice, SliceKey } from '../pipeline/entities.ts'

/** Entries of a run together with the looks that its messages only count, by window, shard, stream. */
export function withUnchanged(
  entries: readonly RunSlice[],
  messages: readonly Pick<Message, 'runId' | 'work' | 'unchanged'>[],
): readonly RunSlice[] {
  const known = new Set(entries.map(nameOf))
  const counted = messages.flatMap(expand).filter((look) => !known.has(nameOf(look)))
  return counted.length === 0 ? entries : [...entries, ...counted].toSorted(byKey)
}

function expand({ runId, work, unchanged }: Pick<Message, 'runId' | 'work' | 'unchanged'>): readonly RunSlice[] {
  if (work.kind !== 'ingest' || runId === null) return []
  const { pipeline, shard } = work
  const bare = { pipeline, shard, runId, outcome: 'unchanged', reason: null, counts: null, milliseconds: 0 } as const
  return unchanged.flatMap(({ windows, streams }) =>
    windows.flatMap((window) => streams.map((stream) => ({ ...bare, window, stream }))),
  )
}

const nameOf = ({ window, shard, stream }: SliceKey): string => `${window}/${shard}/${stream}`

function byKey(a: SliceKey, b: SliceKey): number {
  return compare(a.window, b.window) || compare(a.shard, b.shard) || compare(a.stream, b.stream)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
