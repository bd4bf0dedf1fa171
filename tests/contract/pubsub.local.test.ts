import { describe } from 'vitest'
import { createVirtualClock } from '../../functions/lib/virtual-clock.ts'
import { startPubsubServer } from '../emulators/pubsub/server.ts'
import { testPubsub } from './pubsub.ts'

describe('Pub/Sub on this machine', () => {
  testPubsub(async () => {
    const server = await startPubsubServer({ clock: createVirtualClock({ now: Date.UTC(2025, 1, 6) }) })
    return {
      endpoint: server.endpoint,
      until: async (isSo) => {
        await server.drain()
        if (!isSo()) throw new Error('nothing is left to be pushed, and it is not so')
      },
      close: server.close,
    }
  })
})
