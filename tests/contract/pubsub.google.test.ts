import { setTimeout as sleep } from 'node:timers/promises'
import { describe } from 'vitest'
import { findGooglePubsub, startGooglePubsub } from '../support/google-pubsub.ts'
import { testPubsub } from './pubsub.ts'

const jar = findGooglePubsub()

describe.skipIf(jar === null)(`Google's emulator of Pub/Sub${jar ? '' : ' (skipped: not present)'}`, () => {
  testPubsub(async () => {
    const emulator = await startGooglePubsub(jar ?? '')
    return {
      ...emulator,
      async until(isSo) {
        for (let tries = 0; tries < 1000 && !isSo(); tries++) await sleep(20)
      },
    }
  })
})
