import type { CsvRecord } from '../csv.ts'
import { tenantPrefix } from '../ids.ts'
import type { GroupWithIds, MenuItem } from '../menu.ts'
import type { NightContext } from '../night-context.ts'
import { javaDouble, money } from '../numbers.ts'
import type { Order } from '../order.ts'
import { countItems, newTally, type Tallies, type Tally } from './tally.ts'

interface Place {
  readonly masterId: string
  readonly itemId: string
  readonly parentId: string
  readonly menu: string
  readonly group: string
  readonly subgroup: string
  readonly item: string
  readonly tags: string
}

const NOWHERE: Place = { masterId: '', itemId: '', parentId: '', menu: '', group: '', subgroup: '', item: '', tags: '' }

/** The tallies a row is a part of: its parent, and those of its group, menu and of all. */
interface Whole {
  readonly parent: Tally
  readonly group?: Tally
  readonly menu?: Tally
  readonly all: Tally
}

/**
 * Records of AllItemsReport.csv: the grand total, then menu by menu its total, its groups and their items.
 * Every level adds up to the orders of the night, to the cent.
 */
export function allItemsReport(context: NightContext, orders: readonly Order[]): CsvRecord[] {
  const tallies = countItems(orders)
  const all = tallies.of()
  for (const order of orders) if (!order.voided) all.orders.add(order.id)
  const records = [totalRow(all)]
  for (const { menu, groups } of context.carte.menus) {
    const menuTally = tallies.of(menu.name)
    if (!context.profile.listsUnsold && isZero(menuTally)) continue
    records.push(menuRow(menu.name, menuTally, all))
    for (const group of groups) records.push(...groupRows(context, tallies, { group, menuTally, all }))
  }
  return [...records, ...specialRows(context, tallies, all)]
}

interface GroupPlace {
  readonly group: GroupWithIds
  readonly menuTally: Tally
  readonly all: Tally
}

function groupRows(
  { carte, profile }: NightContext,
  tallies: Tallies,
  { group, menuTally, all }: GroupPlace,
): CsvRecord[] {
  const place = {
    ...NOWHERE,
    menu: group.menu.name,
    group: group.group.name,
    masterId: group.masterId,
    itemId: group.itemId,
  }
  const tally = tallies.of(place.menu, place.group)
  if (!profile.listsUnsold && isZero(tally)) return []
  const items = carte.items.filter((item) => item.group === group)
  const rows = items
    .filter(({ dish }) => dish.subgroup === undefined)
    .map((item) => ({ item, parent: tally, parentId: group.masterId }))
  const records = [row({ ...place }, tally, { parent: menuTally, menu: menuTally, all })]
  for (const { item, parent, parentId } of rows) records.push(...itemRow(item, { parent, parentId }))
  for (const [name, ids] of group.subgroups) {
    const subgroup = tallies.of(place.menu, place.group, name)
    if (!profile.listsUnsold && isZero(subgroup)) continue
    records.push(
      row(
        { ...place, subgroup: name, masterId: ids.masterId, itemId: ids.itemId, parentId: group.masterId },
        subgroup,
        { parent: tally, menu: menuTally, all },
      ),
    )
    for (const item of items.filter(({ dish }) => dish.subgroup === name))
      records.push(...itemRow(item, { parent: subgroup, parentId: ids.masterId }))
  }
  return records

  function itemRow(
    { dish, itemId, masterId }: MenuItem,
    { parent, parentId }: { parent: Tally; parentId: string },
  ): CsvRecord[] {
    const sold = tallies.of(place.menu, place.group, dish.subgroup ?? '', dish.name)
    if (!profile.listsUnsold && isZero(sold)) return []
    const where = {
      ...place,
      masterId,
      itemId,
      parentId,
      subgroup: dish.subgroup ?? '',
      item: dish.name,
      tags: dish.tags ?? '',
    }
    return [row(where, sold, { parent, group: parent, menu: menuTally, all })]
  }
}

/** Gift cards and open items: groups that no menu has, with negative ids. */
function specialRows({ location, profile }: NightContext, tallies: Tallies, all: Tally): CsvRecord[] {
  const prefix = tenantPrefix(location.id)
  const openMenu = tallies.of('Open Items')
  const open = (['Food', 'Drink'] as const).flatMap((kind, index): CsvRecord[] => {
    const group = `Open ${kind}`
    const tally = tallies.of('Open Items', group)
    const masterId = `-${prefix}00187953${222 + index * 2}`
    const place = { ...NOWHERE, menu: 'Open Items', group, masterId, itemId: `-${prefix}00187953${221 + index * 2}` }
    if (!profile.listsUnsold && isZero(tally)) return []
    const items = [...tallies.openItems.values()]
      .filter(({ item }) => item.open === kind)
      .map(({ tally: sold, item }) =>
        row({ ...place, item: item.name, masterId: item.masterId, itemId: item.itemId, parentId: masterId }, sold, {
          parent: tally,
          group: tally,
          menu: openMenu,
          all,
        }),
      )
    return [row(place, tally, { parent: openMenu, menu: openMenu, all }), ...items]
  })
  if (!profile.listsUnsold) return isZero(openMenu) ? [] : [menuRow('Open Items', openMenu, all), ...open]
  const none = newTally()
  const giftCards = { ...NOWHERE, menu: 'Gift Cards', group: 'Gift Cards', masterId: '-1', itemId: '-1' }
  return [
    menuRow('Gift Cards', none, all),
    [
      ...placeColumns(giftCards),
      ...amountColumns(none, '0.00', none),
      '0',
      '0',
      '0',
      share(0, all.qty),
      '0',
      '0',
      moneyShare(0, all.net),
    ],
    menuRow('Open Items', openMenu, all),
    ...open,
  ]
}

function totalRow(all: Tally): CsvRecord {
  const none = newTally()
  return [
    ...placeColumns({ ...NOWHERE, menu: 'ALL MENUS' }),
    ...amountColumns(all, average(all), none),
    '0',
    '0',
    '0',
    '0',
    '0',
    '0',
    '0',
  ]
}

function menuRow(menu: string, tally: Tally, all: Tally): CsvRecord {
  return [
    ...placeColumns({ ...NOWHERE, menu }),
    ...amountColumns(tally, average(tally), all),
    share(tally.orders.size, all.orders.size),
    '0',
    '0',
    share(tally.qty, all.qty),
    '0',
    '0',
    moneyShare(tally.net, all.net),
  ]
}

function row(place: Place, tally: Tally, { parent, group, menu, all }: Whole): CsvRecord {
  // A row of something that was not ordered at all: whole zeros, not ratios.
  if (isZero(tally))
    return [...placeColumns(place), ...amountColumns(tally, '0.00', tally), '0', '0', '0', '0', '0', '0', '0']
  return [
    ...placeColumns(place),
    ...amountColumns(
      tally,
      place.item === '' && place.subgroup === '' ? roundedAverage(tally) : average(tally),
      parent,
    ),
    share(tally.orders.size, parent.orders.size),
    share(tally.qty, group?.qty ?? 0),
    share(tally.qty, menu?.qty ?? 0),
    share(tally.qty, all.qty),
    moneyShare(tally.net, group?.net ?? 0),
    moneyShare(tally.net, menu?.net ?? 0),
    moneyShare(tally.net, all.net),
  ]
}

function placeColumns({ masterId, itemId, parentId, menu, group, subgroup, item, tags }: Place): CsvRecord {
  return [masterId, itemId, parentId, menu, group, subgroup, item, tags]
}

function amountColumns(tally: Tally, avgPrice: string, parent: Tally): CsvRecord {
  const withVoids = tally.qty + tally.voidQty
  const amountWithVoids = tally.gross + tally.voidAmount
  return [
    avgPrice,
    javaDouble(withVoids),
    javaDouble(ratio(withVoids, parent.qty + parent.voidQty)),
    money(amountWithVoids),
    javaDouble(ratio(amountWithVoids / 100, (parent.gross + parent.voidAmount) / 100)),
    javaDouble(tally.qty),
    money(tally.gross),
    javaDouble(tally.voidQty),
    money(tally.voidAmount),
    money(tally.discount),
    money(tally.net),
    String(tally.orders.size),
  ]
}

// Divided as Toast does: as doubles of dollars, so that 70.55 / 17 is 4.1499999999999995.
const average = ({ gross, qty }: Tally) => (qty === 0 ? '0.00' : javaDouble(gross / 100 / qty))
const roundedAverage = ({ gross, qty }: Tally) =>
  qty === 0 ? '0.00' : money(Math.floor((2 * gross + qty) / (2 * qty)))
const ratio = (part: number, whole: number) => (whole === 0 ? 0 : part / whole)
const moneyShare = (part: number, whole: number) => share(part / 100, whole / 100)
const share = (part: number, whole: number) => (whole === 0 ? '0' : javaDouble(part / whole))
const isZero = ({ qty, voidQty }: Tally) => qty === 0 && voidQty === 0
