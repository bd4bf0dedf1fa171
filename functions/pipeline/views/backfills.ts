import type { Backfill, BusinessDate } from '../entities.ts'

/** A backfill as one row. */
export interface BackfillRow {
  readonly id: string
  readonly pipeline: string
  readonly state: Backfill['state']
  readonly start: BusinessDate
  readonly end: BusinessDate
  /** First date that is still to be done. */
  readonly next: BusinessDate
  readonly runs: number
  readonly reason: string
}

/** Pure: a backfill as one row, for lists. */
export function backfillRow({ id, pipeline, state, from, to, next, runIds, reason }: Backfill): BackfillRow {
  return { id, pipeline, state, start: from, end: to, next, runs: runIds.length, reason: reason?.message ?? '' }
}
