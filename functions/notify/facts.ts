import type { Instant, RunState, SliceKey } from '../pipeline/entities.ts'
import type { Noun } from './words.ts'

/** One expected slice with the instants of its life, so that the same facts say how it stood at any instant. */
export interface SliceFact extends SliceKey {
  /** When it is first looked for. */
  readonly dueAt: Instant
  /** When its absence is a problem. */
  readonly lateAt: Instant
  /** When the source deletes it; null where it deletes nothing. */
  readonly goneAt: Instant | null
  /** When its folder was last listed; null before the first look. */
  readonly lookedAt: Instant | null
  /** When its bytes were first archived. */
  readonly landedAt: Instant | null
  /** When the table first showed it. A newer file that is held back leaves the rows there. */
  readonly loadedAt: Instant | null
  /** Since when its newest file is held or quarantined. */
  readonly heldAt: Instant | null
  /** No file is expected. */
  readonly isWaived: boolean
  readonly rows: { readonly accepted: number; readonly rejected: number } | null
}

/** One run, as rules see it. */
export interface RunFact {
  readonly id: string
  readonly pipeline: string
  readonly state: RunState
  readonly createdAt: Instant
  readonly finishedAt: Instant | null
  /** A run that has not ended by then is taken over. */
  readonly leaseUntil: Instant
}

/** Slices and runs that rules and the watch judge. */
export interface Facts {
  readonly slices: readonly SliceFact[]
  readonly runs: readonly RunFact[]
  /** Noun of a shard in the pipeline. */
  readonly noun: Noun
}

/** True for a slice of which nothing more is expected at that instant. */
export function isDone({ isWaived, loadedAt }: SliceFact, at: Instant): boolean {
  return isWaived || (loadedAt !== null && loadedAt <= at)
}
