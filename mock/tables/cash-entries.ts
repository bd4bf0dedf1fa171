import type { CsvRecord } from '../csv.ts'
import type { NightContext } from '../night-context.ts'
import { money } from '../numbers.ts'
import { isSuccessful, type Order } from '../order.ts'

interface Entry {
  readonly at: number
  readonly action: string
  readonly amount: number
  readonly drawer: string
  readonly payoutReason?: string
  readonly noSaleReason?: string
  readonly comment: string
  readonly employee: string
  readonly receiver?: string
}

/** Records of CashEntries.csv: one CASH_PAYMENT per cash payment, and what else moves a drawer. Empty where there is none. */
export function cashEntries(context: NightContext, orders: readonly Order[]): CsvRecord[] {
  if (context.withoutScreens) return []
  const { location, clock, ids } = context
  return [...cashPayments(orders), ...drawerEntries(context, orders)].map((entry) => [
    location.name,
    ids.text(ids.at(entry.at)),
    clock.dateTime(entry.at),
    entry.action,
    money(entry.amount),
    entry.drawer,
    entry.payoutReason ?? '',
    entry.noSaleReason ?? '',
    entry.comment,
    entry.employee,
    entry.receiver ?? '',
  ])
}

function cashPayments(orders: readonly Order[]): Entry[] {
  return orders.flatMap(({ checks, server }) =>
    checks.flatMap(({ payments }) =>
      payments
        .filter((payment) => payment.type === 'Cash' && isSuccessful(payment))
        .map(({ paidAt, amount, tip, gratuity, drawer }) => ({
          at: paidAt,
          action: 'CASH_PAYMENT',
          amount: amount + tip + gratuity,
          drawer,
          comment: 'Cash payment',
          employee: server,
        })),
    ),
  )
}

/** Tips paid out to staff, the odd pay-out, and the count at closing. */
function drawerEntries({ random, profile, clock }: NightContext, orders: readonly Order[]): Entry[] {
  const last = Math.max(...orders.map(({ openedAt }) => openedAt))
  const drawer = profile.drawers[0] ?? ''
  const at = () => Math.min(last + random.int(600, 5_000), clock.closeout - 60)
  const tipOuts = profile.servers
    .filter(() => random.chance(0.7))
    .map(
      (employee): Entry => ({
        at: at(),
        action: 'TIP_OUT',
        amount: -random.int(200, 14_000),
        drawer: random.pick(profile.drawers),
        comment: 'Tips paid out from shift review.',
        employee,
        receiver: employee,
      }),
    )
  const payOuts: Entry[] = random.chance(0.4)
    ? [
        {
          at: last - random.int(0, 3_000),
          action: 'PAY_OUT',
          amount: -random.int(500, 8_000),
          drawer,
          payoutReason: 'Supplies',
          comment: 'Ice, limes',
          employee: 'Manager 1',
        },
      ]
    : []
  const noSales: Entry[] = random.chance(0.4)
    ? [
        {
          at: last - random.int(0, 9_000),
          action: 'NO_SALE',
          amount: 0,
          drawer,
          noSaleReason: 'Change',
          comment: '',
          employee: 'Manager 1',
        },
      ]
    : []
  const closing: Entry[] = random.chance(0.3)
    ? [
        {
          at: at(),
          action: 'CLOSE_OUT_SHORTAGE',
          amount: -random.int(1, 900),
          drawer,
          comment: '',
          employee: 'Manager 1',
        },
      ]
    : [{ at: at(), action: 'CLOSE_OUT_EXACT', amount: 0, drawer, comment: '', employee: 'Manager 1' }]
  return [...tipOuts, ...payOuts, ...noSales, ...closing]
}
