import type { Instant } from '../functions/pipeline/entities.ts'
import type { MockFile } from './file.ts'
import type { Dish, GroupWithIds, MenuItem } from './menu.ts'
import type { NightContext } from './night-context.ts'
import { createRandom } from './random.ts'
import { guid } from './tables/time-entries.ts'

/** The menus of a location as Toast exports them: one JSON list, the same every night. */
export function menuExport({ location, carte }: NightContext, modifiedAt: Instant): MockFile {
  const guidOf = (kind: string, id: string) => guid(createRandom(0, location.id, kind, id))
  const menus = carte.menus.map(({ menu, groups }) => ({
    entityType: 'Menu',
    name: menu.name,
    guid: guidOf('menu', menu.name),
    visibility: 'ALL',
    orderableOnline: false,
    groups: groups.map((group) => groupOf(group, carte.items, guidOf)),
  }))
  const bytes = Buffer.from(JSON.stringify(menus).replaceAll(PRICE, '$1'))
  return { name: `MenuExport_${guidOf('restaurant', '')}.json`, bytes, modifiedAt }
}

// A number of JavaScript has no trailing zeros, and a price of Toast has them.
const PRICE = /"(\d+\.\d\d)\$"/g
const priceOf = (cents: number) => `${(cents / 100).toFixed(2)}$`

type GuidOf = (kind: string, id: string) => string

function groupOf(group: GroupWithIds, items: readonly MenuItem[], guidOf: GuidOf): object {
  const own = items.filter((item) => item.group === group)
  const itemsIn = (subgroup: Dish['subgroup']) =>
    own.filter(({ dish }) => dish.subgroup === subgroup).map((item) => itemOf(item, guidOf))
  return {
    entityType: 'MenuGroup',
    name: group.group.name,
    guid: guidOf('group', group.itemId),
    idString: group.itemId,
    visibility: 'ALL',
    items: itemsIn(undefined),
    subgroups: [...group.subgroups].map(([name, { itemId }]) => ({
      entityType: 'MenuGroup',
      name,
      guid: guidOf('group', itemId),
      idString: itemId,
      visibility: 'ALL',
      items: itemsIn(name),
      subgroups: [],
    })),
  }
}

function itemOf({ dish, group, itemId }: MenuItem, guidOf: GuidOf): object {
  return {
    entityType: 'MenuItem',
    name: dish.name,
    guid: guidOf('item', itemId),
    idString: itemId,
    price: priceOf(dish.price),
    visibility: 'ALL',
    unitOfMeasure: 'NONE',
    optionGroups: group.modifiers.map(({ groupId, groupName, options }) => ({
      entityType: 'MenuOptionGroup',
      name: groupName,
      guid: guidOf('options', groupId),
      items: options.map(({ name, price, id }) => ({ name, guid: guidOf('option', id), price: priceOf(price) })),
    })),
  }
}
