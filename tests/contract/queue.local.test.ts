import { describe } from 'vitest'
import { openLocalQueue } from '../../functions/adapters/local/queue/queue.ts'
import { createVirtualClock } from '../../functions/lib/virtual-clock.ts'
import { chaosOf } from '../support/chaos.ts'
import { seeded } from '../support/seeded.ts'
import { testQueue } from './queue.ts'

const options = { log: () => {}, maxAttempts: 5, minBackoff: 10_000, maxBackoff: 600_000 }

describe('the queue in this process', () => {
  testQueue(async () => {
    const clock = createVirtualClock({ now: 0 })
    const queue = openLocalQueue({ ...options, random: seeded(1), clock })
    return { queue, now: clock.now, deliver: async (handler) => void (await queue.drain(handler)) }
  })
})

describe('the queue in this process, with chaos (fault 52)', () => {
  testQueue(async () => {
    const chaos = chaosOf({ random: seeded(2), duplicate: 0.5, reorder: 0.5, delay: 6 * 86_400_000 })
    const clock = createVirtualClock({ now: 0 })
    const queue = openLocalQueue({ ...options, random: seeded(1), clock, ...chaos })
    return { queue, now: clock.now, deliver: async (handler) => void (await queue.drain(handler)) }
  })
})
