import { setTimeout as timer } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { systemClock } from '../../../functions/adapters/local/clock.ts'

it('returns the time of this machine', () => {
  const before = Date.now()
  const now = systemClock.now()
  const after = Date.now()
  expect(now).toBeGreaterThanOrEqual(before)
  expect(now).toBeLessThanOrEqual(after)
})

it('sleeps at least as long as it was asked to', async () => {
  const order: string[] = []
  await Promise.all([
    systemClock.sleep(60).then(() => order.push('sleep of 60 ms')),
    timer(20).then(() => order.push('timer of 20 ms')),
  ])
  expect(order).toEqual(['timer of 20 ms', 'sleep of 60 ms'])
})

it.each([60_000, 2 ** 31 + 1, Number.MAX_SAFE_INTEGER])(
  'stops sleeping %i ms when it is cancelled before or during the sleep',
  async (pause) => {
    await systemClock.sleep(pause, AbortSignal.abort())
    const stop = new AbortController()
    const order: string[] = []
    const sleeping = systemClock.sleep(pause, stop.signal).then(() => order.push('woken'))
    await timer(10)
    order.push('cancelled')
    stop.abort()
    await sleeping
    expect(order).toEqual(['cancelled', 'woken'])
  },
)
