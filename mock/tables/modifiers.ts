import type { CsvRecord } from '../csv.ts'
import type { NightContext } from '../night-context.ts'
import { money, quantity } from '../numbers.ts'
import type { Item, Modifier, Order } from '../order.ts'
import { itemName, type Selection, salesCategory, selectionPlace } from './item-selection-details.ts'

/** Records of ModifiersSelectionDetails.csv. Their prices are already inside the price of the item. */
export function modifiersSelectionDetails(context: NightContext, orders: readonly Order[]): CsvRecord[] {
  return orders.flatMap((order) =>
    order.checks.flatMap((check) =>
      check.items.flatMap((item) =>
        item.modifiers.map((modifier) => modifierRecord(context, { order, check, item }, modifier)),
      ),
    ),
  )
}

function modifierRecord(context: NightContext, selection: Selection, modifier: Modifier): CsvRecord {
  const { item } = selection
  const listed = 'note' in modifier ? undefined : modifier
  const price = money((listed?.option.price ?? 0) * item.qty)
  return [
    ...selectionPlace(context, selection),
    context.ids.text(modifier.id),
    listed?.option.id ?? '',
    listed?.option.masterId ?? '',
    '',
    '',
    'note' in modifier ? modifier.note : modifier.option.name,
    listed?.group.groupId ?? '',
    listed?.group.groupName ?? '',
    item.item.itemId,
    itemName(item),
    listed ? salesCategory(item) : '',
    price,
    '0.00',
    price,
    quantity(item.qty),
    String(item.voided),
    ...voidReason(item),
  ]
}

function voidReason({ voided }: Item): CsvRecord {
  return voided ? ['600000000190215550', 'Server Error'] : ['', '']
}
