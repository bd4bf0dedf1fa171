import { describe, expect, it } from 'vitest'
import { createVirtualClock } from '../../../functions/lib/virtual-clock.ts'

describe('a clock that advances when a caller sleeps', () => {
  it('is moved by sleeping, at once', async () => {
    const clock = createVirtualClock({ now: 1000 })
    await clock.sleep(86_400_000)
    expect(clock.now()).toBe(86_401_000)
    expect(clock.virtual).toBe(true)
  })

  it('counts two who sleep at the same time once', async () => {
    const clock = createVirtualClock({ now: 0 })
    await Promise.all([clock.sleep(10), clock.sleep(15)])
    expect(clock.now()).toBe(15)
  })

  it('does not move for who does not sleep, or is cancelled at once', async () => {
    const clock = createVirtualClock({ now: 5 })
    const stop = new AbortController()
    const sleeping = clock.sleep(10, stop.signal)
    stop.abort()
    await sleeping
    await clock.sleep(0)
    await clock.sleep(10, AbortSignal.abort())
    expect(clock.now()).toBe(5)
  })
})

describe('a clock that waits to be moved', () => {
  const create = () => {
    const clock = createVirtualClock({ now: 0, sleeping: 'wait' })
    const woken: string[] = []
    const sleep = async (name: string, ...pauses: number[]) => {
      for (const pause of pauses) {
        await clock.sleep(pause)
        woken.push(`${name} ${clock.now()}`)
      }
    }
    return { clock, woken, sleep }
  }

  it('wakes sleepers in the order of their time, each at its own time', async () => {
    const { clock, woken, sleep } = create()
    const all = [sleep('late', 30), sleep('early', 10), sleep('twice', 15, 10)]
    await clock.set(29)
    expect(woken).toEqual(['early 10', 'twice 15', 'twice 25'])
    expect(clock.nextWake()).toBe(30)
    await clock.advance(1)
    await Promise.all(all)
    expect(woken.at(-1)).toBe('late 30')
    expect(clock.nextWake()).toBeNull()
  })

  it('never goes back', async () => {
    const { clock } = create()
    await clock.set(50)
    await clock.set(20)
    expect(clock.now()).toBe(50)
  })

  it('wakes who is cancelled, and forgets him', async () => {
    const { clock } = create()
    const stop = new AbortController()
    const sleeping = clock.sleep(10, stop.signal)
    stop.abort()
    await sleeping
    expect([clock.now(), clock.nextWake()]).toEqual([0, null])
  })
})
