import { tenantPrefix } from './ids.ts'
import type { NightContext } from './night-context.ts'
import type { Card, Payment, PaymentStatus } from './order.ts'
import { dashed, makeEmail, makePhone, restaurantUser } from './people.ts'
import type { Channel, PaymentType } from './profile.ts'

/** Amounts of one check. Money is cents. */
interface Bill {
  readonly channel: Channel
  /** Net and tax. */
  readonly due: number
  /** Base of tips. */
  readonly net: number
  readonly gratuity: number
  readonly paidAt: number
  readonly voided: boolean
}

interface Share {
  readonly type: PaymentType
  readonly amount: number
  readonly tip: number
  readonly gratuity: number
  readonly paidAt: number
}

/** The payments of a check: the successful ones add up to its total, the others carry full amounts too. */
export function makePayments(context: NightContext, bill: Bill): Payment[] {
  const { random, profile } = context
  const shares = shareBill(context, bill)
  return shares.flatMap((share) => {
    if (bill.voided) return [makePayment(context, bill, share, 'VOIDED')]
    const payment = makePayment(context, bill, share, successStatus(context, share.type))
    const earlier = (status: PaymentStatus) => ({
      ...makePayment(context, bill, { ...share, paidAt: share.paidAt - random.int(20, 90) }, status),
      card: status === 'OPEN' ? payment.card : randomCard(context, status),
    })
    if (share.type !== 'Credit')
      return random.chance(profile.voidedPayments / 4) ? [earlier('VOIDED'), payment] : [payment]
    if (random.chance(profile.denied)) return [earlier('DENIED'), payment]
    if (random.chance(profile.voidedPayments)) return [earlier('VOIDED'), payment]
    if (random.chance(profile.openTwins)) return [earlier('OPEN'), payment]
    if (random.chance(profile.denied / 6)) return [earlier(random.pick(['ERROR', 'CANCELLED'])), payment]
    return [payment]
  })
}

function successStatus({ random, uncaptured }: NightContext, type: PaymentType): PaymentStatus {
  if (type === 'Gift Card') return 'AUTHORIZED'
  return type === 'Credit' && random.chance(uncaptured) ? 'AUTHORIZED' : 'CAPTURED'
}

function shareBill({ random, profile }: NightContext, bill: Bill): Share[] {
  const { channel, due, gratuity, paidAt } = bill
  const type = random.weighted(channel.payments)
  if (due + gratuity === 0) return []
  if (type === 'Cash' && random.chance(profile.cashBack * 10) && due > 500)
    return withCashBack(random.int(100, 400), bill)
  if (!bill.voided && due >= 1000 && channel.paid === 'after' && random.chance(profile.splitTenders)) {
    const first = Math.floor(due / 2) + random.int(-200, 200)
    const second: PaymentType = random.pick(['Credit', 'Cash', 'Gift Card'])
    return [
      { type, amount: first, tip: tipFor(type), gratuity, paidAt: paidAt - random.int(10, 100) },
      { type: second, amount: due - first, tip: tipFor(second), gratuity: 0, paidAt },
    ]
  }
  return [{ type, amount: due, tip: tipFor(type), gratuity, paidAt }]

  function tipFor(paid: PaymentType): number {
    if (paid !== 'Credit' || !random.chance(channel.tipped)) return 0
    const percent = random.weighted([
      [10, 8],
      [12, 5],
      [15, 13],
      [16, 8],
      [18, 34],
      [20, 22],
      [22, 8],
      [24, 2],
    ])
    return random.chance(0.15)
      ? Math.round((bill.net * percent) / 10_000) * 100
      : Math.round((bill.net * percent) / 100)
  }
}

/** Cash for more than is due, and a negative payment that gives the rest back: something was taken off the bill later. */
function withCashBack(over: number, { due, gratuity, paidAt }: Bill): Share[] {
  return [
    { type: 'Cash', amount: due + over, tip: 0, gratuity, paidAt: paidAt - 120 },
    { type: 'Cash', amount: -over, tip: 0, gratuity: 0, paidAt },
  ]
}

function makePayment(context: NightContext, { channel }: Bill, share: Share, status: PaymentStatus): Payment {
  const { random, ids, profile } = context
  const total = share.amount + share.tip + share.gratuity
  const cash = share.type === 'Cash'
  const phone = share.type === 'Other' || random.chance(0.12) ? makePhone(random) : ''
  return {
    ...share,
    id: ids.at(share.paidAt + random.int(0, 20)),
    status,
    card: share.type === 'Credit' ? randomCard(context, status) : undefined,
    gift:
      share.type === 'Gift Card'
        ? { first5: String(random.int(0, 99_999)).padStart(5, '0'), last4: String(random.int(0, 999)).padStart(4, '0') }
        : undefined,
    drawer: cash && !context.withoutScreens ? random.pick(profile.drawers) : '',
    tendered: cash ? tendered(context, total) : 0,
    email: share.type === 'Credit' && random.chance(0.075) ? makeEmail(random) : '',
    phone: phone !== '' && channel.staffed && random.chance(0.3) ? dashed(phone) : phone,
    receipt: random.token(13),
    voidedBy: status === 'VOIDED' ? voidedBy(context, share.paidAt) : undefined,
  }
}

function tendered({ random }: NightContext, total: number): number {
  if (total <= 0) return total
  const note = random.pick([1, 100, 500, 2000])
  return Math.ceil(total / note) * note
}

function randomCard({ random }: NightContext, status: PaymentStatus): Card {
  return {
    type:
      status === 'ERROR'
        ? 'Unknown'
        : random.weighted([
            ['Visa', 71],
            ['Mastercard', 17],
            ['Amex', 8],
            ['Discover', 3.5],
            ['JCB', 0.5],
          ]),
    last4: String(random.int(0, 9999)).padStart(4, '0'),
    entry: random.weighted([
      ['swiped', 79],
      ['keyed', 3],
      ['tapped', 18],
    ]),
  }
}

function voidedBy({ random, location }: NightContext, paidAt: number) {
  const prefix = tenantPrefix(location.id)
  const user = (number: number) => restaurantUser(`${prefix}9990000000${number}`, `manager${number}`)
  const number = random.int(1, 4)
  return {
    user: user(number),
    approver: user(random.chance(0.8) ? number : random.int(1, 4)),
    at: paidAt + random.int(30, 1500),
  }
}
