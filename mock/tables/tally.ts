import { type Item, itemsOf, type OpenItem, type Order } from '../order.ts'

/** Counts of a row of the report. */
export interface Tally {
  qty: number
  gross: number
  voidQty: number
  voidAmount: number
  discount: number
  net: number
  readonly orders: Set<number>
}

/** Nothing sold yet. */
export const newTally = (): Tally => ({
  qty: 0,
  gross: 0,
  voidQty: 0,
  voidAmount: 0,
  discount: 0,
  net: 0,
  orders: new Set(),
})

/** Open item with its sums. */
interface Leaf {
  readonly tally: Tally
  readonly item: OpenItem
}

/** Counts of every level, by its path. */
export interface Tallies {
  of(...path: readonly string[]): Tally
  /** Sales of a group that no menu lists, by name. */
  readonly openItems: ReadonlyMap<string, Leaf>
}

/** Counts every item of a night at its own level and at all levels above it. */
export function countItems(orders: readonly Order[]): Tallies {
  const byPath = new Map<string, Tally>()
  const openItems = new Map<string, Leaf>()
  const tallyAt = (key: string): Tally => {
    const tally = byPath.get(key) ?? newTally()
    byPath.set(key, tally)
    return tally
  }
  // The same dish is ordered many times a night, so its place in the report is looked up once.
  const byItem = new Map<Item['item'], readonly Tally[]>()
  const talliesOf = ({ item }: Item): readonly Tally[] => {
    const keys = keysOf(pathOf(item))
    const last = keys.at(-1)
    if ('open' in item && last !== undefined) openItems.set(last, { tally: tallyAt(last), item })
    return keys.map(tallyAt)
  }
  for (const order of orders) {
    for (const item of itemsOf(order)) {
      const tallies = byItem.get(item.item) ?? talliesOf(item)
      byItem.set(item.item, tallies)
      for (const tally of tallies) add(tally, order, item)
    }
  }
  return { of: (...path) => byPath.get(path.join(SEPARATOR)) ?? newTally(), openItems }
}

const SEPARATOR = '\u0000'

/** The keys of a path and of all above it, from the grand total down. Levels without a name are left out. */
function keysOf(path: readonly string[]): string[] {
  const levels = path.flatMap((name, index) => (name === '' ? [] : [path.slice(0, index + 1).join(SEPARATOR)]))
  return ['', ...levels]
}

function pathOf(item: Item['item']): readonly string[] {
  if ('open' in item) return ['Open Items', `Open ${item.open}`, '', item.name]
  return [item.menu.name, item.group.group.name, item.dish.subgroup ?? '', item.dish.name]
}

function add(tally: Tally, order: Order, { qty, gross, net, voided }: Item): void {
  if (!order.voided) tally.orders.add(order.id)
  if (voided) {
    tally.voidQty += qty
    tally.voidAmount += gross
    return
  }
  tally.qty += qty
  tally.gross += gross
  tally.net += net
  tally.discount += gross - net
}
