import { beforeAll, describe, expect, it } from 'vitest'
import { SOAK } from '../support/draws.ts'
import { seeded } from '../support/seeded.ts'
import { type CloudState, startCloudProcesses } from './cloud-process.ts'

/** `npm run soak` kills at every request; the suite at one of each kind that changes something. */

let undisturbed: CloudState
let corrected: CloudState

beforeAll(async () => {
  const world = await startCloudProcesses()
  try {
    await world.upload(0)
    await world.settled()
    undisturbed = await world.state()
    await world.upload(1)
    await world.settled()
    corrected = await world.state()
  } finally {
    await world.close()
  }
})

/** How a night ends whose process is killed as the nth request of a kind arrives, or when it is done. */
async function killedAt(kind: RegExp, nth: number, fate: 'before' | 'lost') {
  let seen = 0
  const world = await startCloudProcesses({
    decide: (request) => (kind.test(request) && ++seen === nth ? fate : 'pass'),
  })
  try {
    await world.upload(0)
    await world.settled()
    return { state: await world.state(), wasKilled: seen >= nth }
  } finally {
    await world.close()
  }
}

const KINDS = [
  { kind: /^POST \/upload\/.*acme-raw/, nth: 2, fate: 'lost' },
  { kind: /^POST \/upload\/.*acme-parts/, nth: 1, fate: 'before' },
  { kind: /^POST .*\/jobs$/, nth: 1, fate: 'lost' },
] as const
const EVERY = Array.from({ length: 60 }, (_, index) => index + 1).flatMap((nth) =>
  (['before', 'lost'] as const).map((fate) => ({ kind: /^/, nth, fate })),
)

describe('fault 59: the process of the container, killed by SIGKILL', () => {
  it.each(SOAK ? [...KINDS, ...EVERY] : KINDS)(
    'at request $nth of $kind, $fate, leaves nothing that its successor does not mend',
    async ({ kind, nth, fate }) => {
      const { state, wasKilled } = await killedAt(kind, nth, fate)
      expect(state).toEqual(undisturbed)
      if (kind.source !== '^') expect(wasKilled).toBe(true)
    },
  )
})

describe('three processes that race on corrections (faults 47, 51 and 52)', () => {
  it.each(SOAK ? [1, 2, 3, 4, 5, 6, 7, 8] : [1])(
    'end at the latest, with doubled and reordered messages, seed %i',
    async (seed) => {
      const world = await startCloudProcesses({ count: 3 })
      const random = seeded(seed)
      world.cloud.pubsub.misbehave({ copies: 2, reorder: random, delay: () => random() * 400 })
      try {
        for (const step of [0, 1, 2, 1]) await world.upload(step)
        await world.settled()
        const { objects, ...state } = await world.state()
        const { objects: all, ...expected } = corrected
        // A version without a look before the next one leaves no trace.
        expect(state).toEqual(expected)
        expect(objects.filter((name) => !all.includes(name))).toEqual([])
      } finally {
        await world.close()
      }
    },
  )
})
