import type { Ids } from './ids.ts'
import type { Random } from './random.ts'

/** One dish as a menu lists it. Prices are cents. */
export interface Dish {
  readonly name: string
  readonly price: number
  /** How often it is ordered, relative to the other dishes. 0 is never. */
  readonly popularity: number
  readonly tags?: string
  readonly subgroup?: string
}

/** Group of a menu, such as starters. */
export interface MenuGroup {
  readonly name: string
  readonly salesCategory: string
  /** Who prepares it: a kitchen station, or undefined where no ticket is printed. */
  readonly station?: string
  /** The price on the menu already holds the tax, as in many bars. */
  readonly taxIncluded?: boolean
  /** Toast's `No Tax for Takeout`. */
  readonly takeoutUntaxed?: boolean
  readonly modifiers?: readonly ModifierGroup[]
  readonly dishes: readonly Dish[]
}

/** Choices that a dish comes with. */
interface ModifierGroup {
  readonly name: string
  /** Name and price in cents. */
  readonly options: readonly (readonly [string, number])[]
}

/** Menu of a restaurant. */
export interface Menu {
  readonly name: string
  readonly groups: readonly MenuGroup[]
}

/** A dish in its place, with the ids that this location's tenant gave it. */
export interface MenuItem {
  readonly dish: Dish
  readonly group: GroupWithIds
  readonly menu: Menu
  readonly itemId: string
  readonly masterId: string
}

/** Group of a menu with the ids that Toast gives it. */
export interface GroupWithIds {
  readonly group: MenuGroup
  readonly menu: Menu
  readonly itemId: string
  readonly masterId: string
  readonly modifiers: readonly ModifierWithIds[]
  /** Ids of the subgroups, by name. */
  readonly subgroups: ReadonlyMap<string, { readonly itemId: string; readonly masterId: string }>
}

/** Choices of a dish with the ids that Toast gives them. */
export interface ModifierWithIds {
  readonly groupId: string
  readonly groupName: string
  readonly options: readonly {
    readonly name: string
    readonly price: number
    readonly id: string
    readonly masterId: string
  }[]
}

/** Every dish of the location, in the order of its menus. A dish listed in two groups has the same ids in both. */
export interface Carte {
  readonly menus: readonly { readonly menu: Menu; readonly groups: readonly GroupWithIds[] }[]
  readonly items: readonly MenuItem[]
}

/** Gives every group, dish and modifier its ids: Item Id and Master Id a few apart, as measured. */
export function printMenus(menus: readonly Menu[], ids: Ids, random: Random): Carte {
  const numbers = createPairs(ids, random)
  const known = new Map<string, { readonly itemId: string; readonly masterId: string }>()
  const idsOf = (dish: string) => {
    const pair = known.get(dish) ?? numbers()
    known.set(dish, pair)
    return pair
  }
  const printed = menus.map((menu) => ({
    menu,
    groups: menu.groups.map(
      (group): GroupWithIds => ({
        group,
        menu,
        ...numbers(),
        modifiers: printModifiers(group, numbers),
        subgroups: printSubgroups(group, numbers),
      }),
    ),
  }))
  const items = printed.flatMap(({ menu, groups }) =>
    groups.flatMap((group) => group.group.dishes.map((dish): MenuItem => ({ dish, group, menu, ...idsOf(dish.name) }))),
  )
  return { menus: printed, items }
}

type Pairs = () => { readonly itemId: string; readonly masterId: string }

function createPairs(ids: Ids, random: Random): Pairs {
  let counter = 9_094_000_000 + random.int(0, 999_999)
  return () => {
    counter += random.int(20, 2_500)
    const distance = random.weighted([
      [1, 84],
      [3, 10],
      [-1, 5],
      [851, 1],
    ])
    return { itemId: ids.text(counter + distance), masterId: ids.text(counter) }
  }
}

function printModifiers(group: MenuGroup, numbers: Pairs): ModifierWithIds[] {
  return (group.modifiers ?? []).map(({ name, options }) => ({
    groupId: numbers().itemId,
    groupName: name,
    options: options.map(([option, price]) => {
      const { itemId, masterId } = numbers()
      return { name: option, price, id: itemId, masterId }
    }),
  }))
}

function printSubgroups(group: MenuGroup, numbers: Pairs): GroupWithIds['subgroups'] {
  const names = new Set(group.dishes.flatMap(({ subgroup }) => (subgroup === undefined ? [] : [subgroup])))
  return new Map([...names].map((name) => [name, numbers()]))
}
