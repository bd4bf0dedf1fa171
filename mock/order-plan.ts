import { Temporal } from 'temporal-polyfill'
import type { NightContext } from './night-context.ts'
import type { Channel } from './profile.ts'

/** One order before it is priced: who comes when. Times are seconds since 1970. */
export interface OrderPlan {
  readonly channel: Channel
  /** When it was rung up, which numbers it. */
  readonly createdAt: number
  /** `Opened`: the promised time of a pre-order. */
  readonly openedAt: number
  readonly checksAt: readonly number[]
  /** When it is paid, where that is not left to chance. */
  readonly paidAt?: number
}

/** The orders of a night before they are filled. `scale` multiplies how many there are. */
export function planOrders(context: NightContext, scale: number): OrderPlan[] {
  const { random, profile, date } = context
  const mean = profile.weekdayOrders[Temporal.PlainDate.from(date).dayOfWeek - 1] ?? 0
  const swing = Math.min(1.07, Math.max(0.62, Math.exp(random.normal() * 0.13)))
  const count = Math.max(1, Math.round(mean * swing * scale))
  return Array.from({ length: count }, () =>
    planOrder(context, random.weighted(profile.hours) * 3600 + random.int(0, 3599)),
  )
}

/** An order that is opened when the wall clock shows these seconds after midnight. */
function planOrder({ random, profile, clock }: NightContext, wallSeconds: number): OrderPlan {
  const channel = random.weighted(profile.channels)
  const openedAt = clock.instant(wallSeconds)
  const createdAt = channel.paid === 'before' ? openedAt - random.int(44, 9_000) : openedAt
  const [two, three] = profile.splitChecks
  const extra =
    channel.paid !== 'after'
      ? 0
      : random.weighted([
          [0, 1 - two - three],
          [1, two],
          [2, three],
        ])
  const later = Array.from({ length: extra }, () => openedAt + random.int(60, 2400))
  return { channel, createdAt, openedAt, checksAt: [createdAt + random.int(0, 5), ...later] }
}

/**
 * Orders around the moment at which the clock is set back: one at 1:30 AM before it, one at 1:30 AM after it, and one
 * that is paid 30 minutes after it was opened, at an earlier wall time. None on any other night.
 */
export function planRepeatedHour(context: NightContext): OrderPlan[] {
  const { change } = context.clock
  if (!change || change.jump >= 0) return []
  const channel = context.profile.channels.find(([{ paid }]) => paid === 'after')?.[0]
  if (!channel) return []
  const at = (openedAt: number, paidAt: number): OrderPlan => ({
    channel,
    createdAt: openedAt,
    openedAt,
    checksAt: [openedAt],
    paidAt,
  })
  const first = change.instant - 1_800
  const second = change.instant + 1_800
  return [at(first, first + 600), at(second, second + 600), at(change.instant - 1_200, change.instant + 600)]
}
