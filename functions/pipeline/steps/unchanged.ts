import type { RunSlice, UnchangedLooks } from '../entities.ts'
import { isCountedOnly } from './settle.ts'

/** Looks of some days that are only counted. Days whose streams are the same share one record. */
export function unchangedLooks(
  days: readonly { readonly window: string; readonly runSlices: readonly RunSlice[] }[],
): readonly UnchangedLooks[] {
  const streamsOf = (runSlices: readonly RunSlice[]) => runSlices.filter(isCountedOnly).map(({ stream }) => stream)
  const counted = days.map(({ window, runSlices }) => ({ window, streams: streamsOf(runSlices).toSorted() }))
  const groups = Map.groupBy(
    counted.filter(({ streams }) => streams.length > 0),
    ({ streams }) => streams.join('\n'),
  )
  return [...groups.values()].map((alike) => ({
    windows: alike.map(({ window }) => window),
    streams: alike[0]?.streams ?? [],
  }))
}
