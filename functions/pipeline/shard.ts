import { localDate } from '../lib/business-date.ts'
import { DATES_ONLY, isDated, timeOf, type WindowTimes } from '../lib/window-time.ts'
import { type Cut, DAYS, dayOfWindow, isShown, windowHolding } from '../lib/window-unit.ts'
import type { BusinessDate, ImportedLocation, Instant, Shard } from './entities.ts'

/** One share of a pipeline's windows, e.g. a location: where its days end, and which of them it delivers. */
export interface ShardConfig extends Shard {
  /** Where its files come from: the source of the pipeline, imports alone, or the source of another pipeline. */
  readonly delivery: 'source' | 'import' | 'elsewhere'
  /** How its windows are cut out of the calendar; days where it is absent. A name that is no such window is none of the shard. */
  readonly cut?: Cut
  /** First and last window; earlier and later ones are not expected. */
  readonly activeFrom?: BusinessDate | undefined
  readonly activeTo?: BusinessDate | undefined
  /** Windows that were found for it, where the source says which shards there are; no other is expected. */
  readonly found?: readonly BusinessDate[]
  /** Windows without files: waived, not missing. */
  readonly closed: readonly BusinessDate[]
  /** Streams that it does not deliver. */
  readonly streamsOff: readonly string[]
  /** Who to call when its files are missing; absent for none. */
  readonly contacts?: readonly Contact[] | undefined
}

/** A person at a shard. */
interface Contact {
  readonly name: string
  readonly role?: string | undefined
  readonly phone?: string | undefined
  readonly email?: string | undefined
}

/** An imported location in the words of the configuration: known, and expected from no source. */
export function toGuest({ id, timeZone, closeoutHour }: Omit<ImportedLocation, 'pipeline' | 'at'>): ShardConfig {
  return { id, name: id, timeZone, closeoutHour, delivery: 'import', closed: [], streamsOff: [] }
}

/** True when the source of the pipeline delivers the shard, so that its files are expected. */
export function isDelivered({ delivery }: Pick<ShardConfig, 'delivery'>): boolean {
  return delivery === 'source'
}

/** Standing of a shard in a window: it delivers, is closed, or is not (or no longer) there. */
export function standing(
  shard: ShardConfig,
  window: BusinessDate,
  times: WindowTimes = DATES_ONLY,
): 'open' | 'closed' | 'inactive' {
  if (shard.found?.includes(window) === false || !isOfCut(shard, window)) return 'inactive'
  const day = isDated(window) ? dayOfWindow(window) : dayOf(timeOf(window, times), shard)
  if (day === null) return 'open'
  if (shard.activeFrom && day < shard.activeFrom) return 'inactive'
  if (shard.activeTo && day > shard.activeTo) return 'inactive'
  return shard.closed.includes(day) ? 'closed' : 'open'
}

/** False for a day in the middle of a week or month, and for an hour that the clocks skip. */
function isOfCut({ cut = DAYS, timeZone }: ShardConfig, window: BusinessDate): boolean {
  if (!isDated(window)) return true
  return windowHolding(window, cut) === window && isShown(window, timeZone)
}

/** The day of an instant at the shard; null for a window of which no instant is known. */
function dayOf(at: Instant, { timeZone }: Pick<ShardConfig, 'timeZone'>): BusinessDate | null {
  return Number.isFinite(at) ? localDate(at, timeZone) : null
}
