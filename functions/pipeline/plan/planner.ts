import type { WindowTimes } from '../../lib/window-time.ts'
import type { BusinessDate, Instant, Run, RunScope, SliceLook } from '../entities.ts'
import type { ShardConfig } from '../shard.ts'

/** Windows of one shard that deserve a look. One `ingest` message per entry. */
export interface Look {
  readonly shard: string
  readonly windows: readonly BusinessDate[]
}

/** Pipeline, scope and slices that a run is planned from. */
export interface PlanInput {
  readonly trigger: Run['trigger']
  readonly scope: RunScope
  /** Slices of the span, as the ledger has them. */
  readonly slices: readonly SliceLook[]
  readonly now: Instant
}

/** When a window ends, when its files are first looked for, when their absence is a problem, and when the source has deleted them. */
export interface Readiness {
  readonly endsAt: Instant
  readonly dueAt: Instant
  readonly lateAt: Instant
  /** Null where the source deletes nothing. */
  readonly goneAt: Instant | null
}

/** True once the source has deleted the files of a window. */
export function isGone({ goneAt }: Pick<Readiness, 'goneAt'>, now: Instant): boolean {
  return goneAt !== null && goneAt <= now
}

/** First and last window, and the shards of a narrow scope. */
export interface Span {
  readonly from: BusinessDate
  readonly to: BusinessDate
  readonly shards?: readonly string[]
}

/** Tells which windows a kind of pipeline has, when each is due, and which deserve a look. Pure over ledger and clock. */
export interface Planner {
  plan(input: PlanInput): readonly Look[]
  /** Slices that a plan can touch, in any time zone. */
  span(scope: RunScope, now: Instant): Span
  /** `times` has the instants of windows that are no dates. */
  readiness(shard: ShardConfig, window: BusinessDate, times?: WindowTimes): Readiness
}
