import type { CsvRecord } from '../csv.ts'
import type { NightContext } from '../night-context.ts'
import { money } from '../numbers.ts'
import type { Check, Order, Payment } from '../order.ts'

/** Records of PaymentDetails.csv, also those that brought no money: they carry full amounts. */
export function paymentDetails(context: NightContext, orders: readonly Order[]): CsvRecord[] {
  return orders.flatMap((order) =>
    order.checks.flatMap((check) => check.payments.map((payment) => paymentRecord(context, { order, check, payment }))),
  )
}

interface Paid {
  readonly order: Order
  readonly check: Check
  readonly payment: Payment
}

function paymentRecord({ location, clock, ids }: NightContext, { order, check, payment }: Paid): CsvRecord {
  const { card, gift, voidedBy } = payment
  const total = payment.amount + payment.tip + payment.gratuity
  return [
    location.name,
    ids.text(payment.id),
    ids.text(order.id),
    String(order.number),
    clock.dateTime(payment.paidAt),
    clock.dateTime(order.openedAt),
    ids.text(check.id),
    String(check.number),
    check.tabName,
    order.server,
    order.table,
    order.table === '' ? '' : order.channel.diningArea,
    order.service,
    order.diningOption,
    '',
    money(payment.amount),
    money(payment.tip),
    money(payment.gratuity),
    money(total),
    money(card?.entry === 'swiped' ? total : 0),
    money(card?.entry === 'keyed' ? total : 0),
    money(payment.tendered),
    'NONE',
    '',
    '',
    '',
    voidedBy?.user ?? '',
    voidedBy?.approver ?? '',
    voidedBy ? clock.longDateTime(voidedBy.at) : '',
    payment.status,
    payment.type,
    payment.drawer,
    card?.type ?? '',
    payment.type === 'Other' ? (order.channel.otherType ?? '') : '',
    payment.email,
    payment.phone,
    card?.last4 ?? '',
    // Not settled when the file is written: zero for what was captured, nothing for the rest.
    card && payment.status === 'CAPTURED' ? '0.00' : '',
    '',
    payment.receipt,
    order.channel.source === 'API' || order.channel.source === 'Online' ? order.channel.source : 'In Store',
    gift?.last4 ?? '',
    gift?.first5 ?? '',
  ]
}
