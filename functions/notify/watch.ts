import type { Incident, Instant, Reason } from '../pipeline/entities.ts'
import { type Facts, isDone, type SliceFact } from './facts.ts'
import { countInWords, lengthInWords, nounInWords } from './words.ts'

/** Something that no run tells, because the run that should is not there. */
export interface Finding {
  readonly name: FindingName
  readonly severity: Incident['severity']
  readonly reason: Reason
}

/** All findings of the watch. */
export const FINDINGS = ['unlooked', 'stuck', 'unloaded'] as const
/** Name of a finding. */
export type FindingName = (typeof FINDINGS)[number]

const HOUR = 3_600_000
// A worker that takes a run over renews its lease; so long after its end none has.
const LEASE_GRACE = HOUR / 2
const LOAD_GRACE = 2 * HOUR

/**
 * Pure: what is wrong at an instant though no run says so.
 * 1. Files are past due, and nothing has looked for them since they were due.
 * 2. A run has not ended, and its lease ran out long ago.
 * 3. Files are here for hours, are not held back, and are in no table.
 */
export function watch({ slices, runs, noun }: Facts, now: Instant): readonly Finding[] {
  const shardsOf = (some: readonly SliceFact[]) => nounInWords(new Set(some.map(({ shard }) => shard)).size, noun)
  const unlooked = slices.filter((slice) => isUnlooked(slice, now))
  const stuck = runs.filter(({ finishedAt, leaseUntil }) => finishedAt === null && leaseUntil + LEASE_GRACE < now)
  const unloaded = slices.filter((slice) => isUnloaded(slice, now))
  return [
    ...found('unlooked', unlooked, (all) => {
      const since = Math.min(...all.map(({ dueAt }) => dueAt))
      return `${countInWords(all.length, 'file')} of ${shardsOf(all)} are due, the first for ${lengthInWords(now - since)}, and no run has looked for them`
    }),
    ...found('stuck', stuck, (all) => {
      const [first] = all.toSorted((a, b) => a.createdAt - b.createdAt)
      return `${countInWords(all.length, 'run')} did not end, and no worker renews the lease; the oldest is ${first?.id}, begun ${lengthInWords(now - (first?.createdAt ?? now))} ago`
    }),
    ...found('unloaded', unloaded, (all) => {
      const since = Math.min(...all.map(({ landedAt }) => landedAt ?? now))
      return `${countInWords(all.length, 'file')} of ${shardsOf(all)} are archived, the first for ${lengthInWords(now - since)}, and in no table`
    }),
  ]
}

function isUnlooked(slice: SliceFact, now: Instant): boolean {
  const { lateAt, dueAt, lookedAt, landedAt, goneAt } = slice
  const isGone = goneAt !== null && now >= goneAt
  if (isDone(slice, now) || landedAt !== null || now < lateAt || isGone) return false
  return lookedAt === null || lookedAt < dueAt
}

function isUnloaded(slice: SliceFact, now: Instant): boolean {
  const { landedAt, loadedAt, heldAt } = slice
  return landedAt !== null && landedAt < now - LOAD_GRACE && loadedAt === null && heldAt === null && !slice.isWaived
}

function found<Entry>(
  name: FindingName,
  all: readonly Entry[],
  message: (all: readonly Entry[]) => string,
): readonly Finding[] {
  return all.length === 0 ? [] : [{ name, severity: 'error', reason: { code: 'WATCH_OVERDUE', message: message(all) } }]
}
