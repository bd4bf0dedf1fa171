import { expect, it } from 'vitest'
import { systemClock } from '../../../functions/adapters/local/clock.ts'

it('tells the time of this machine, and sleeps at least as long as it was asked to', async () => {
  const before = Date.now()
  const started = performance.now()
  await systemClock.sleep(30)
  // Timers may fire a millisecond early by another clock's count.
  expect(performance.now() - started).toBeGreaterThan(28)
  expect(systemClock.now() - before).toBeGreaterThanOrEqual(28)
})

it.each([1000, 2 ** 31 + 1, Number.MAX_SAFE_INTEGER])(
  'stops sleeping %i ms at once when it is cancelled',
  async (pause) => {
    const started = performance.now()
    await systemClock.sleep(pause, AbortSignal.abort())
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 10)
    await systemClock.sleep(pause, stop.signal)
    expect(performance.now() - started).toBeGreaterThan(8)
    expect(performance.now() - started).toBeLessThan(900)
  },
)
