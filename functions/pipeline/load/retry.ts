import type { ErrorCode } from '../../errors.ts'
import type { Instant, PartitionBase, QuarantinedPartition } from '../entities.ts'

// Another attempt meets the same data and the same table: only a newer manifest, --force or --reload helps.
const LASTING: readonly ErrorCode[] = ['LOAD_REJECTED', 'NOT_RECONCILED']

const FIRST_PAUSE = 60_000
const LONGEST_PAUSE = 6 * 3_600_000
// The attempts of the first minute, which are made one after the other.
const QUICK_ATTEMPTS = 3

/** True while a failed manifest is not to be tried again: for good, or until its pause is over. A newer one is. */
export function staysQuarantined(partition: QuarantinedPartition, now: Instant): boolean {
  return partition.loading === partition.wanted && !isDue(partition, now)
}

/** True for a quarantined partition that the sweep tries again now. Its incident stays open until an attempt succeeds. */
export function isDue(partition: QuarantinedPartition, now: Instant): boolean {
  const { reason, updatedAt } = partition
  if (LASTING.includes(reason.code)) return false
  // A time that is yet to come was written by a clock that was wrong.
  return now >= retryAt(partition) || updatedAt > now
}

/** When the next attempt of a failed manifest is due: after a minute, then four times as long each time, at most six hours. */
function retryAt({ updatedAt, attempt }: PartitionBase): Instant {
  return updatedAt + Math.min(LONGEST_PAUSE, FIRST_PAUSE * 4 ** Math.max(0, attempt - QUICK_ATTEMPTS))
}
