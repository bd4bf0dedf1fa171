import type { BusinessDate, Instant, Location } from '../functions/pipeline/entities.ts'
import { type CsvRecord, encodeTable, type Table } from './csv.ts'
import type { MockFile } from './file.ts'
import { HEADERS, type MockCsv } from './headers.ts'
import { menuExport } from './menu-export.ts'
import { createNightContext } from './night-context.ts'
import { planRepeatedHour } from './order-plan.ts'
import { makeOrders } from './orders.ts'
import { makePreOrder, preOrderPayments } from './pre-orders.ts'
import { PROFILES, type ProfileName } from './profiles.ts'
import { createRandom } from './random.ts'
import { allItemsReport } from './tables/all-items-report.ts'
import { cashEntries } from './tables/cash-entries.ts'
import { checkDetails } from './tables/check-details.ts'
import { itemSelectionDetails } from './tables/item-selection-details.ts'
import { kitchenTimings } from './tables/kitchen-timings.ts'
import { modifiersSelectionDetails } from './tables/modifiers.ts'
import { orderDetails } from './tables/order-details.ts'
import { paymentDetails } from './tables/payment-details.ts'
import { timeEntries } from './tables/time-entries.ts'

/** Night to simulate. */
export interface MockNight {
  readonly seed: number
  readonly location: Location
  readonly date: BusinessDate
  /** Default: `restaurant`. */
  readonly profile?: ProfileName
  /** Multiplies the number of orders. Default: 1. */
  readonly scale?: number
  /** A night without guests: header-only files, and an AllItemsReport full of zero rows. */
  readonly closed?: boolean
  /** Adds orders in the hour that the clock repeats; nothing on a night on which it is not set back. */
  readonly repeatedHour?: boolean
  /** Adds an order that was paid three days ahead, so that its payment is in an older file. */
  readonly preOrdered?: boolean
  /** Dates promised to orders that were paid on this one: their payments are here, and the orders are not. */
  readonly paidAhead?: readonly BusinessDate[]
}

/** The CSV files of a night as records, and when they appear on the server. */
interface NightTables {
  readonly tables: readonly Table[]
  /** When the first of them is written: about an hour after the closeout. */
  readonly writtenAt: Instant
  /** A file that is no CSV. */
  readonly menu: MockFile
}

/** The files of one location and business date. The same arguments give the same bytes, independent of other files. */
export function generateNight(night: MockNight): MockFile[] {
  const { tables, writtenAt, menu } = generateTables(night)
  const files = tables.map((table, index) => ({
    name: table.file,
    bytes: Buffer.from(encodeTable(table)),
    modifiedAt: writtenAt + index * 1_000,
  }))
  return [...files, menu]
}

/** The same night, before its tables become bytes: where faults that concern records are planted. */
export function generateTables(night: MockNight): NightTables {
  const { seed, location, date, closed = false } = night
  const options = { seed, location, date, profile: PROFILES[night.profile ?? 'restaurant'] }
  const context = createNightContext(options)
  const extra = night.repeatedHour ? planRepeatedHour(context) : []
  const taken = closed ? [] : makeOrders(context, night.scale ?? 1, extra)
  const orders = night.preOrdered ? [...taken, ...makePreOrder(options)] : taken
  const paidAhead = (night.paidAhead ?? []).flatMap((promised) => preOrderPayments({ ...options, date: promised }))
  const table = (file: MockCsv, records: readonly CsvRecord[]): Table => ({ file, header: HEADERS[file], records })
  const tables = [
    table('AllItemsReport.csv', allItemsReport(context, orders)),
    table('CashEntries.csv', closed ? [] : byId(cashEntries(context, orders), 1)),
    table('CheckDetails.csv', byId(checkDetails(context, orders), 11)),
    table('HouseAccountExport.csv', []),
    table('ItemSelectionDetails.csv', byId(itemSelectionDetails(context, orders), 1)),
    table('KitchenTimings.csv', byId(kitchenTimings(context, orders), 1)),
    table('ModifiersSelectionDetails.csv', byId(modifiersSelectionDetails(context, orders), 1)),
    table('OrderDetails.csv', byId(orderDetails(context, orders), 1)),
    table('PaymentDetails.csv', byId([...paymentDetails(context, taken), ...paidAhead], 1)),
    table('TimeEntries.csv', closed ? [] : timeEntries(context, orders)),
  ]
  const random = createRandom(seed, location.id, date, 'files')
  const written = (context.clock.closeout + random.int(50 * 60, 65 * 60)) * 1_000
  return { tables, writtenAt: written, menu: menuExport(context, written + tables.length * 1_000) }
}

/** Toast lists rows by id, which is neither the order of their numbers nor of their times. Stable for equal ids. */
function byId(records: readonly CsvRecord[], column: number): CsvRecord[] {
  return [...records].sort((one, other) => {
    const [a = '', b = ''] = [one[column], other[column]]
    return a < b ? -1 : a > b ? 1 : 0
  })
}
