import { Temporal } from 'temporal-polyfill'
import type { BusinessDate } from '../functions/pipeline/entities.ts'
import type { CsvRecord } from './csv.ts'
import { apart } from './ids.ts'
import { createNightContext, type NightOptions } from './night-context.ts'
import type { Order } from './order.ts'
import { fillOrders } from './orders.ts'
import type { Channel } from './profile.ts'
import { paymentDetails } from './tables/payment-details.ts'

/** Days between the payment of a pre-order and the date it is promised for. */
const AHEAD = 3

/** The business date in whose file the payment of a pre-order stands. */
export function paidDate(promised: BusinessDate): BusinessDate {
  return Temporal.PlainDate.from(promised).subtract({ days: AHEAD }).toString()
}

/** An order for the given date that was paid days ahead: its payment is not in the files of that date. */
export function makePreOrder(options: NightOptions): Order[] {
  return prepare(options).orders
}

/** The payment rows of an order promised for the given date, as they stand in the file of the day it was paid. */
export function preOrderPayments(options: NightOptions): CsvRecord[] {
  const { context, orders } = prepare(options)
  return paymentDetails(context, orders)
}

function prepare(options: NightOptions) {
  // Chance and ids of its own, so that both nights can make the same order without making each other.
  const alone = createNightContext({ ...options, purpose: 'pre-order' })
  const context = { ...alone, ids: apart(alone.ids) }
  const openedAt = context.clock.instant(18 * 3_600 + 15 * 60)
  const paidAt = openedAt - AHEAD * 86_400 - context.random.int(0, 3 * 3_600)
  const [filled] = fillOrders(context, [
    { channel: channelOf(options), createdAt: openedAt, openedAt, checksAt: [openedAt], paidAt },
  ])
  if (!filled) return { context, orders: [] }
  // The order number is one that the day has already; the check number is not, for reports find checks by it.
  const checks = filled.checks.map((check) => ({ ...check, number: 901 }))
  return { context, orders: [{ ...filled, number: 7, checks }] }
}

function channelOf({ profile }: NightOptions): Channel {
  const [first] = profile.channels
  const ahead = profile.channels.find(([{ paid }]) => paid === 'before') ?? first
  const base = ahead?.[0]
  const online = {
    source: 'Online',
    diningOptions: [['Pick Up', 1]],
    payments: [['Credit', 1]],
    paid: 'before',
  } as const
  return { revenueCenter: 'Online Ordering', diningArea: '', staffed: false, tipped: 0.5, ...base, ...online }
}
