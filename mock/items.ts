import type { MenuItem } from './menu.ts'
import type { NightContext } from './night-context.ts'
import { allocate, roundedCents, UNITS_PER_CENT } from './numbers.ts'
import type { Item, Modifier, OpenItem } from './order.ts'

/** An item before discounts and tax. */
interface ItemDraft extends Omit<Item, 'discount' | 'net' | 'taxUnits'> {
  /** Price on the menu less the price before tax, where the menu's price holds the tax. */
  readonly includedTax: number
  readonly taxMicros: number
}

/** Facts about an order that its items depend on. */
interface ItemsOrder {
  readonly count: number
  readonly sentAt: number
  readonly takeout: boolean
  readonly voided: boolean
  readonly taxExempt: boolean
}

/** A discount on one check: a percentage off one item, or off the whole check. 100 is a comp. */
export interface Discount {
  readonly scope: 'item' | 'check'
  readonly percent: number
  readonly reason: string
}

/** The items of one check, priced, discounted and taxed. */
export function makeItems(context: NightContext, order: ItemsOrder, discount: Discount | undefined): Item[] {
  let id = context.ids.at(order.sentAt + 240)
  const drafts = Array.from({ length: order.count }, () => {
    const draft = draftItem(context, order, id)
    id = context.ids.near(draft.id + (context.random.chance(0.65) ? 1 : 2))
    return draft
  })
  return discountItems(drafts, discount)
}

function draftItem(context: NightContext, order: ItemsOrder, id: number): ItemDraft {
  const { random, profile } = context
  const open = random.chance(0.0015) ? openItem(context) : undefined
  const item = open ?? context.pickItem()
  const group = 'open' in item ? undefined : item.group.group
  const modifiers = 'open' in item ? [] : pickModifiers(context, item, id)
  const unit = 'open' in item ? random.int(4, 24) * 100 + 50 : item.dish.price + priceOf(modifiers)
  const qty = random.weighted(QUANTITIES)
  const untaxedForTakeout = order.takeout && group?.takeoutUntaxed === true
  const taxMicros = order.taxExempt || untaxedForTakeout ? 0 : profile.taxMicros
  const menuPrice = unit * qty
  const gross = group?.taxIncluded ? Math.round((menuPrice * 1_000_000) / (1_000_000 + taxMicros)) : menuPrice
  return {
    id,
    item,
    sentAt: order.sentAt + random.int(0, 40),
    qty,
    gross,
    includedTax: menuPrice - gross,
    taxMicros,
    voided: order.voided || random.chance(profile.voidedItems),
    taxExempt: order.taxExempt,
    untaxedForTakeout,
    modifiers,
  }
}

const QUANTITIES = [
  [1, 953],
  [2, 43],
  [3, 4],
] as const

/** Something rung up by hand. Its ids are the same every night. */
function openItem({ random, ids }: NightContext): OpenItem {
  return {
    open: random.pick(['Food', 'Drink']),
    name: random.pick(['Open Item', 'Off menu, ask Chef']),
    itemId: ids.text(187_953_231),
    masterId: ids.text(187_953_230),
  }
}

const NOTES = [
  'No peanuts, please.',
  'Allergy: shellfish',
  'Extra napkins',
  // As guests write them on a phone: these are the line breaks that real exports hold.
  'No onions.\nSauce on the side',
  'Birthday!\n🎂 one candle, please',
]

function pickModifiers({ random, ids, profile }: NightContext, { group }: MenuItem, id: number): Modifier[] {
  const options = group.modifiers.length > 0 ? random.pick(group.modifiers) : undefined
  const each = profile.modifiersPerItem
  // Not every dish takes modifiers; those that do take several at once.
  const count = options && random.chance(Math.min(0.95, each)) ? random.int(1, each > 0.5 ? 5 : 2) : 0
  const chosen = Array.from({ length: options ? count : 0 }, (_, index): Modifier[] =>
    options ? [{ id: ids.near(id - 60 - index), group: options, option: random.pick(options.options) }] : [],
  ).flat()
  return random.chance(each / 20) ? [...chosen, { id: ids.near(id - 70), note: random.pick(NOTES) }] : chosen
}

function priceOf(modifiers: readonly Modifier[]): number {
  return modifiers.reduce((sum, modifier) => sum + ('note' in modifier ? 0 : modifier.option.price), 0)
}

function discountItems(drafts: readonly ItemDraft[], discount: Discount | undefined): Item[] {
  const first = drafts.findIndex(({ voided, gross }) => !voided && gross > 0)
  const onItem = drafts.map(({ gross }, index) =>
    discount?.scope === 'item' && index === first ? Math.round((gross * discount.percent) / 100) : 0,
  )
  const weights = drafts.map(({ gross, voided }) => (voided ? 0 : gross))
  const total =
    discount?.scope === 'check' ? Math.round((weights.reduce((a, b) => a + b, 0) * discount.percent) / 100) : 0
  const onCheck = allocate(total, weights)
  return drafts.map((draft, index) => {
    const itemDiscount = onItem[index] ?? 0
    const net = draft.gross - itemDiscount - (onCheck[index] ?? 0)
    return finish(draft, itemDiscount, net, total > 0)
  })
}

function finish({ includedTax, taxMicros, ...item }: ItemDraft, discount: number, net: number, exact: boolean): Item {
  // Cents times millionths are units of 1e-8: exact. Toast shows the fraction only where a discount was shared out.
  const units = net * taxMicros
  const rounded = roundedCents(units) * UNITS_PER_CENT
  const taxUnits = includedTax > 0 && net === item.gross ? includedTax * UNITS_PER_CENT : exact ? units : rounded
  return { ...item, discount, net, taxUnits }
}
