import type { CsvRecord } from '../csv.ts'
import type { NightContext } from '../night-context.ts'
import { money } from '../numbers.ts'
import { type Check, checkTotal, isSuccessful, type Order } from '../order.ts'
import { itemName } from './item-selection-details.ts'

/** Records of CheckDetails.csv: no Location column, but a code where the location has one. */
export function checkDetails(context: NightContext, orders: readonly Order[]): CsvRecord[] {
  return orders.flatMap((order) => order.checks.map((check) => checkRecord(context, order, check)))
}

function checkRecord({ location, clock, ids }: NightContext, order: Order, check: Check): CsvRecord {
  const total = checkTotal(check)
  return [
    check.customer?.id ?? '',
    check.customer?.name ?? '',
    check.customer?.phone ?? '',
    check.customer?.email ?? '',
    `LOC${location.id.slice(-2)}`,
    check.showsOpened ? clock.date(check.openedAt) : '',
    check.showsOpened ? clock.time(check.openedAt) : '',
    check.items.flatMap((item) => (item.voided ? [] : [itemName(item)])).join(', '),
    order.server,
    money(check.tax),
    // One tender only, even where two paid.
    total === 0 ? '' : tender(check),
    ids.text(check.id),
    String(check.number),
    money(total),
    '',
    String(check.tableSize),
    money(check.discount),
    check.reasons.join(', '),
    total === 0 ? '' : `http://www.toasttab.com/receipts/${check.receipt}`,
  ]
}

function tender({ payments }: Check): string {
  const first = payments.find(isSuccessful)
  return first?.card?.type ?? first?.type ?? ''
}
