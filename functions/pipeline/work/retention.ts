import type { Ports } from '../ports.ts'

const DAY = 86_400_000
/** How long a run keeps an entry for each slice, in milliseconds. Its row, with its counts, stays. */
export const ENTRY_RETENTION = 90 * DAY
/** Entries that one sweep deletes at most: sweeps of a day delete more than a day adds, and none holds the ledger up. */
const EXPIRED_PER_SWEEP = 5_000

/** How long notices of changes and answers to requests are kept, in milliseconds. */
const NOTICE_RETENTION = DAY

/** Deletes entries of old runs, a bounded number at a time, and notices of the day before. To be called by every sweep. */
export async function forgetOldEntries({ ledger, clock }: Pick<Ports, 'ledger' | 'clock'>): Promise<void> {
  const now = clock.now()
  await ledger.apply([
    { change: 'run_slices_expired', before: now - ENTRY_RETENTION, most: EXPIRED_PER_SWEEP },
    { change: 'notices_expired', before: now - NOTICE_RETENTION },
  ])
}
