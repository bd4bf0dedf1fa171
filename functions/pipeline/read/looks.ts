import { setImmediate } from 'node:timers/promises'
import { datesBetween } from '../../lib/business-date.ts'
import { isDay } from '../../lib/window-time.ts'
import type { BusinessDate, SliceLook } from '../entities.ts'
import type { Ledger } from '../ports.ts'

/** Days of a range, and the shards of them. */
interface Days {
  readonly pipeline: string
  readonly from: BusinessDate
  readonly to: BusinessDate
  readonly shards?: readonly string[]
}

/**
 * A range in parts that are read one after the other, so that a process which also answers people is not held for all of it: a day of a
 * thousand shards is seven thousand slices, and an embedded ledger reads them in one go. Ends that are no days are one part.
 */
export function partsOf({ from, to, ...rest }: Days): readonly Days[] {
  if (!isDay(from) || !isDay(to)) return [{ from, to, ...rest }]
  return datesBetween(from, to).map((day) => ({ ...rest, from: day, to: day }))
}

/** Looks at the slices of a range, in the order of `Ledger.sliceLooks`. The event loop has a turn after each day of many slices. */
export async function readLooks(range: Days, ledger: Pick<Ledger, 'sliceLooks'>): Promise<readonly SliceLook[]> {
  const looks: SliceLook[] = []
  for (const part of partsOf(range)) {
    const own = await ledger.sliceLooks(part)
    for (const look of own) looks.push(look)
    if (own.length > MANY) await setImmediate()
  }
  return looks
}

const MANY = 500
