import { type Discount, makeItems } from './items.ts'
import type { NightContext } from './night-context.ts'
import { roundedCents } from './numbers.ts'
import { type Check, type Item, isSuccessful, sumOf } from './order.ts'
import { makePayments } from './payments.ts'
import { makeCustomer } from './people.ts'
import type { Channel } from './profile.ts'

/** How an order came to be void: rung up empty, never paid, or paid and voided. */
export type Void = 'empty' | 'unpaid' | 'paid'

/** One check before it is filled. */
interface CheckPlan {
  readonly channel: Channel
  readonly voided: Void | undefined
  readonly guests: number
  readonly paidAt: number
  readonly openedAt: number
  readonly number: number
  readonly count: number
  readonly takeout: boolean
  readonly name: string
}

/** A check with its items, its payments and the sums of both. */
export function fillCheck(context: NightContext, plan: CheckPlan): Check {
  const { random, profile, ids } = context
  const { channel, voided, paidAt, openedAt } = plan
  // Ids are given when a device reaches the server, so they follow neither numbers nor times to the minute.
  const id = ids.at(openedAt + random.int(0, 240))
  const discount = voided === undefined && random.chance(profile.discounted) ? pickDiscount(context) : undefined
  const items = makeItems(
    context,
    {
      count: plan.count,
      sentAt: openedAt + 2,
      takeout: plan.takeout,
      voided: voided !== undefined,
      taxExempt: random.chance(0.001),
    },
    discount,
  )
  const totals = addUp(items)
  const gratuity = plan.guests >= profile.autoGratuityFrom ? Math.round(totals.net * 0.18) : 0
  const charged = voided === 'paid' ? addUp(items.map((item) => ({ ...item, voided: false }))) : totals
  const payments =
    voided === 'unpaid'
      ? []
      : makePayments(context, {
          channel,
          due: charged.net + charged.tax,
          net: charged.net,
          gratuity,
          paidAt,
          voided: voided === 'paid',
        })
  const tips = sumOf(payments.filter(isSuccessful), ({ tip }) => tip)
  return {
    id,
    number: plan.number,
    openedAt,
    showsOpened: plan.count > 0 || random.chance(0.5),
    tabName: plan.name,
    customer: random.chance(channel.otherType ? 0.97 : 0.1)
      ? makeCustomer(random, ids.text(99_100_000_000 + random.int(1, 9_999)))
      : undefined,
    tableSize: Math.max(plan.guests, 1),
    items,
    payments,
    reasons: discount && totals.discount > 0 ? [discount.reason] : [],
    ...totals,
    tip: tips,
    gratuity,
    receipt: `${random.token(16)}/${random.token(16)}`,
  }
}

function addUp(items: readonly Item[]): Pick<Check, 'net' | 'tax' | 'discount'> {
  const sold = items.filter(({ voided }) => !voided)
  const net = sumOf(sold, (item) => item.net)
  return {
    net,
    tax: roundedCents(sumOf(sold, ({ taxUnits }) => taxUnits)),
    discount: sumOf(sold, ({ gross }) => gross) - net,
  }
}

function pickDiscount({ random }: NightContext): Discount {
  return random.weighted<Discount>([
    [{ scope: 'check', percent: 50, reason: 'Employee Discount - Check (50.00%)' }, 25],
    [{ scope: 'check', percent: 12, reason: 'Open % Check (12.00%)' }, 25],
    [{ scope: 'check', percent: 100, reason: 'Manager Comp (100.00%)' }, 8],
    [{ scope: 'item', percent: 20, reason: 'Happy Hour - Item (20.00%)' }, 27],
    [{ scope: 'item', percent: 100, reason: 'Guest Recovery, Item (100.00%)' }, 15],
  ])
}
