import { fillCheck, type Void } from './checks.ts'
import type { NightContext } from './night-context.ts'
import type { Check, Order } from './order.ts'
import { type OrderPlan, planOrders } from './order-plan.ts'
import { makeCardName, makeGuestName } from './people.ts'
import type { Channel } from './profile.ts'

/** The orders of a night. `scale` multiplies how many there are. */
export function makeOrders(context: NightContext, scale: number, extra: readonly OrderPlan[] = []): Order[] {
  return fillOrders(context, [...planOrders(context, scale), ...extra])
}

/** Numbers the planned orders and their checks in the order they were rung up, and fills them. */
export function fillOrders(context: NightContext, plans: readonly OrderPlan[]): Order[] {
  const numbered = [...plans].sort((a, b) => a.createdAt - b.createdAt)
  const checks = numbered.flatMap(({ checksAt }) => checksAt).sort((a, b) => a - b)
  const used = new Set<number>()
  const checkNumber = (at: number) => {
    let number = checks.indexOf(at) + 1
    while (used.has(number)) number++
    used.add(number)
    return number
  }
  return numbered.map((plan, index) =>
    fillOrder(context, plan, { number: index + 1, checkNumbers: plan.checksAt.map(checkNumber) }),
  )
}

interface Numbers {
  readonly number: number
  readonly checkNumbers: readonly number[]
}

function fillOrder(context: NightContext, plan: OrderPlan, { number, checkNumbers }: Numbers): Order {
  const { random, profile, ids, clock } = context
  const { channel, openedAt } = plan
  const voided: Void | undefined =
    plan.paidAt === undefined && random.chance(profile.voidedOrders)
      ? random.weighted([
          ['empty', 5],
          ['unpaid', 3],
          ['paid', 2],
        ])
      : undefined
  const diningOption = random.weighted(channel.diningOptions)
  const seated = channel.diningArea !== '' && diningOption === 'Dine In'
  const guests = channel.paid === 'after' ? random.weighted(profile.guests) : 1
  const server = channel.staffed ? random.pick(profile.servers) : 'Default Online Ordering'
  const paidAt = Math.min(payTime(context, plan), clock.closeout - 120)
  const counts = itemCounts(context, checkNumbers.length, voided)
  const checks = checkNumbers.map((checkNumber, index) =>
    fillCheck(context, {
      channel,
      voided,
      guests,
      paidAt,
      number: checkNumber,
      openedAt: plan.checksAt[index] ?? openedAt,
      count: counts[index] ?? 1,
      takeout: !seated,
      name: tabName(context, channel),
    }),
  )
  const firstCheck = checks[0]?.id ?? ids.at(openedAt)
  const paid =
    voided === 'unpaid'
      ? undefined
      : lastPaid(checks, voided === 'empty' ? openedAt - random.int(0, 1800) : paidAt) + random.int(0, 9)
  return {
    id: ids.near(
      firstCheck +
        random.weighted(
          channel.staffed
            ? [
                [1, 9],
                [1249, 1],
              ]
            : [
                [50, 9],
                [2349, 1],
              ],
        ),
    ),
    // An offline device counts from 5001 or 21001 on.
    number: random.chance(0.0005) ? random.pick([5000, 21_000]) + number : number,
    checks,
    channel,
    diningOption,
    openedAt,
    paidAt: paid,
    closedAt:
      paid === undefined
        ? undefined
        : Math.max(paid, plan.channel.paid === 'before' ? openedAt + 60 : paid) + random.int(0, 2) * 20,
    hasDuration: voided !== 'empty' && channel.source !== 'Toast Pickup App',
    guests,
    server,
    table: seated ? random.pick(profile.tables) : '',
    service: profile.services(Math.floor(clock.wall(openedAt) / 3600)),
    voided: voided !== undefined,
  }
}

function payTime(
  { random, profile }: NightContext,
  { channel, createdAt, openedAt, checksAt, paidAt }: OrderPlan,
): number {
  if (paidAt !== undefined) return paidAt
  if (channel.paid === 'before') return createdAt + 2
  if (channel.paid === 'at once') return openedAt + (random.chance(0.9) ? 0 : random.int(1, 50))
  const { median, deviation } = profile.minutesToPay
  const minutes = median * Math.exp(random.normal() * deviation)
  return Math.max(...checksAt, openedAt) + Math.min(4 * 3600, Math.max(5, Math.round(minutes * 60)))
}

/** Items per check. Every check of a living order has at least one. */
function itemCounts({ random, profile }: NightContext, checks: number, voided: Void | undefined): number[] {
  if (voided === 'empty') return Array.from({ length: checks }, () => 0)
  const { median, deviation } = profile.items
  const items = Math.min(40, Math.max(checks, Math.round(median * Math.exp(random.normal() * deviation))))
  const counts = Array.from({ length: checks }, () => 1)
  for (let left = items - checks; left > 0; left--) {
    const index = random.int(0, checks - 1)
    counts[index] = (counts[index] ?? 0) + 1
  }
  return counts
}

function tabName({ random }: NightContext, { paid, staffed }: Channel): string {
  if (paid !== 'after') return makeGuestName(random)
  if (!staffed) return ''
  return random.weighted([
    ['', 6],
    [makeCardName(random), 3],
    [makeGuestName(random), 1],
  ])
}

function lastPaid(checks: readonly Check[], otherwise: number): number {
  const times = checks.flatMap(({ payments }) => payments.map(({ paidAt }) => paidAt))
  return times.length === 0 ? otherwise : Math.max(...times)
}
