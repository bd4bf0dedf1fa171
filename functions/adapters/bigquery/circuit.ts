import { DaybreakError } from '../../errors.ts'
import type { Clock, Log } from '../../pipeline/ports.ts'

// Quotas of load jobs fill up again little by little, all day long.
const PAUSE = 600_000

// BigQuery counts some quotas by table; the others are the project's.
const ONE_TABLE = /Your table exceeded quota/

/** Keeps a quota that is used up from being asked for again and again: of one table, or of the project. */
export interface Circuit {
  /** @throws {DaybreakError} WAREHOUSE_QUOTA as long as it is open for this table. */
  expectClosed(table: string): void
  /** Opens it, and reports that once. */
  open(why: string, table: string): void
}

/** A circuit that closes by itself after ten minutes. */
export function createCircuit({ clock, log }: { readonly clock: Pick<Clock, 'now'>; readonly log: Log }): Circuit {
  const openUntil = new Map<string, number>()
  const left = (key: string) => (openUntil.get(key) ?? Number.NEGATIVE_INFINITY) - clock.now()
  return {
    expectClosed(table) {
      const [pause, what] = left(PROJECT) > 0 ? [left(PROJECT), ''] : [left(table), ` into ${table}`]
      if (pause <= 0) return
      const message = `no load job${what} is started for another ${Math.ceil(pause / 60_000)} minutes: the quota of BigQuery is used up`
      throw new DaybreakError('WAREHOUSE_QUOTA', message)
    },
    open(why, table) {
      const key = ONE_TABLE.test(why) ? table : PROJECT
      if (left(key) > 0) return
      openUntil.set(key, clock.now() + PAUSE)
      const what = key === PROJECT ? '' : ` into ${table}`
      log({
        severity: 'ERROR',
        code: 'WAREHOUSE_QUOTA',
        message: `No load job${what} is started for ten minutes: ${why}`,
      })
    },
  }
}

const PROJECT = ''
