import type { CsvRecord } from '../csv.ts'
import type { NightContext } from '../night-context.ts'
import { itemTax, money, quantity } from '../numbers.ts'
import type { Check, Item, Order } from '../order.ts'

/** Records of ItemSelectionDetails.csv. Prices are for the line: already multiplied by the quantity. */
export function itemSelectionDetails(context: NightContext, orders: readonly Order[]): CsvRecord[] {
  return orders.flatMap((order) =>
    order.checks.flatMap((check) => check.items.map((item) => itemRecord(context, { order, check, item }))),
  )
}

/** The first eleven columns of an item or a modifier: where it was ordered. */
export function selectionPlace({ location, clock, ids }: NightContext, { order, check, item }: Selection): CsvRecord {
  return [
    location.name,
    ids.text(order.id),
    String(order.number),
    clock.dateTime(item.sentAt),
    clock.dateTime(order.openedAt),
    ids.text(check.id),
    order.server,
    order.table,
    order.table === '' ? '' : order.channel.diningArea,
    order.service,
    order.diningOption,
  ]
}

/** Item with its check and order. */
export interface Selection {
  readonly order: Order
  readonly check: Check
  readonly item: Item
}

/** Its name in the menu. */
export function itemName({ item }: Item): string {
  return 'open' in item ? item.name : item.dish.name
}

/** Sales category; empty for what no menu lists. */
export function salesCategory({ item }: Item): string {
  return 'open' in item ? '' : item.group.group.salesCategory
}

function itemRecord(context: NightContext, selection: Selection): CsvRecord {
  const { item, check } = selection
  const listed = 'open' in item.item ? undefined : item.item
  return [
    ...selectionPlace(context, selection),
    context.ids.text(item.id),
    item.item.itemId,
    item.item.masterId,
    '',
    '',
    itemName(item),
    listed?.dish.subgroup ?? '',
    listed?.group.group.name ?? '',
    listed?.menu.name ?? '',
    salesCategory(item),
    money(item.gross),
    money(item.discount),
    money(item.net),
    quantity(item.qty),
    itemTax(item.taxUnits),
    String(item.voided),
    'false',
    String(item.taxExempt),
    listed?.group.group.taxIncluded ? 'Tax Included' : 'Tax Not Included',
    item.untaxedForTakeout ? 'No Tax for Takeout' : 'No Effect',
    check.tabName,
  ]
}
