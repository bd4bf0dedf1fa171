import type { Message, RunSlice, SliceKey } from '../pipeline/entities.ts'

/** Entries of a run together with the looks that its messages only count, by date, location, stream. */
export function withUnchanged(
  entries: readonly RunSlice[],
  messages: readonly Pick<Message, 'runId' | 'work' | 'unchanged'>[],
): readonly RunSlice[] {
  const known = new Set(entries.map(nameOf))
  const counted = messages.flatMap(expand).filter((look) => !known.has(nameOf(look)))
  return counted.length === 0 ? entries : [...entries, ...counted].toSorted(byKey)
}

function expand({ runId, work, unchanged }: Pick<Message, 'runId' | 'work' | 'unchanged'>): readonly RunSlice[] {
  if (work.kind !== 'ingest') return []
  const { pipeline, location } = work
  const bare = { pipeline, location, runId, outcome: 'unchanged', reason: null, counts: null, milliseconds: 0 } as const
  return unchanged.flatMap(({ dates, streams }) =>
    dates.flatMap((date) => streams.map((stream) => ({ ...bare, date, stream }))),
  )
}

const nameOf = ({ date, location, stream }: SliceKey): string => `${date}/${location}/${stream}`

function byKey(a: SliceKey, b: SliceKey): number {
  return compare(a.date, b.date) || compare(a.location, b.location) || compare(a.stream, b.stream)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
