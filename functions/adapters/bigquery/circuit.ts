import { DaybreakError } from '../../errors.ts'
import type { Clock, Log } from '../../pipeline/ports.ts'

// Quotas of load jobs fill up again little by little, all day long.
const PAUSE = 600_000

/** Keeps the day's quota from being asked for again and again once it is used up. */
export interface Circuit {
  /** @throws {DaybreakError} WAREHOUSE_QUOTA as long as it is open. */
  expectClosed(): void
  /** Opens it, and says so once. */
  open(why: string): void
}

/** A circuit that closes by itself after ten minutes. */
export function createCircuit({ clock, log }: { readonly clock: Pick<Clock, 'now'>; readonly log: Log }): Circuit {
  let openUntil = Number.NEGATIVE_INFINITY
  return {
    expectClosed() {
      const left = openUntil - clock.now()
      if (left <= 0) return
      const message = `no load job is started for another ${Math.ceil(left / 60_000)} minutes: the quota of BigQuery is used up`
      throw new DaybreakError('WAREHOUSE_QUOTA', message)
    },
    open(why) {
      if (openUntil > clock.now()) return
      openUntil = clock.now() + PAUSE
      log({ severity: 'ERROR', code: 'WAREHOUSE_QUOTA', message: `No load job is started for ten minutes: ${why}` })
    },
  }
}
