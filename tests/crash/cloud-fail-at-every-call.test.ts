import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import { SOAK } from '../support/draws.ts'
import { type Failing, failAt } from '../support/fail-at.ts'
import type { Fate } from '../support/gate.ts'
import type { FinalState } from '../support/world.ts'
import { type CloudWorldOptions, createCloudWorld, createIssuer, type Issuer } from './cloud-world.ts'
import { DEFECTS } from './defects.ts'
import { differences } from './differences.ts'
import { rememberParts } from './remembered.ts'
import { STEPS } from './story.ts'

/** `npm run soak` makes every call and every request fail in every way; the suite one in many. */

let transformer: Transformer
let issuer: Issuer
let undisturbed: readonly FinalState[]
let calls: readonly string[]
const requests: string[] = []
beforeAll(async () => {
  const options = { lanes: 1, memoryLimit: '256MB', tempDir: tmpdir() }
  transformer = rememberParts(await openDuckdbTransformer(options))
  issuer = await createIssuer()
  const counting = failAt(Number.POSITIVE_INFINITY, 'once')
  undisturbed = await tell({
    wrap: counting.wrap,
    decide: (request) => {
      requests.push(request)
      return 'pass'
    },
  })
  calls = counting.calls()
})
afterAll(async () => {
  await issuer.identity.close()
  await transformer.close()
})

/** Tells the whole story, and gives how each step left the world. */
async function tell(options: Omit<CloudWorldOptions, 'transformer' | 'issuer'>): Promise<readonly FinalState[]> {
  const world = await createCloudWorld({ transformer, issuer, ...options })
  try {
    const states: FinalState[] = []
    for (const step of STEPS.keys()) {
      await world.bringIn(step)
      await world.settle()
      states.push(await world.state())
    }
    return states
  } finally {
    await world.close()
  }
}

/** In what a disturbed story differs from the undisturbed one. */
async function differencesOf(
  options: Omit<CloudWorldOptions, 'transformer' | 'issuer'>,
): Promise<readonly (string | null)[]> {
  const states = await tell(options)
  return states.flatMap((state, step) => differences(state, undisturbed[step]!).map((one) => `step ${step}: ${one}`))
}

/** A failure of the nth port call; `forever` kills the process, and the next request finds another. */
async function failing(nth: number, how: Failing, plant = noDefect): Promise<string | null> {
  const planted = failAt(nth, how)
  const isDead = () => {
    const dead = planted.signal.aborted
    if (dead) planted.heal()
    return dead
  }
  let isOver = false
  const once = () => {
    if (isOver || !isDead()) return false
    isOver = true
    return true
  }
  const wrong = await differencesOf({
    wrap: (ports, storage) => planted.wrap(plant(ports, storage)),
    isDead: once,
  })
  return wrong.length === 0 ? null : `call ${nth} (${planted.failed()}) ${how}: ${wrong.join(', ')}`
}

/** The nth request to Cloud Storage or BigQuery fails, in the story of a process with a defect or without. */
async function cutting(nth: number, fate: Fate, plant = noDefect): Promise<string | null> {
  let count = 0
  let struck = ''
  const decide = (request: string) => {
    if (++count !== nth) return 'pass'
    struck = request
    return fate
  }
  const wrong = await differencesOf({ decide, wrap: plant })
  return wrong.length === 0 ? null : `request ${nth} (${struck}) ${fate}: ${wrong.join(', ')}`
}

const noDefect: NonNullable<CloudWorldOptions['wrap']> = (ports) => ports

/** Deletes what it finds where it wanted to write, as the library of Cloud Storage does when checksums differ: fault 33. */
const deletesWhatIsThere: NonNullable<CloudWorldOptions['wrap']> = ({ objects, ...ports }, storage) => ({
  ...ports,
  objects: {
    ...objects,
    async put(name, content) {
      const put = await objects.put(name, content)
      const [, bucket = '', path = ''] = /^gs:\/\/([^/]+)\/(.+)$/.exec(objects.uri(name)) ?? []
      if (!put.created) storage.bucket(bucket).delete(path)
      return put
    },
  },
})

/** Every number up to a count; in the suite one in n, from the mth on. */
const numbers = (count: number, n: number, m = 1) =>
  Array.from({ length: count }, (_, index) => index + 1).filter((one) => SOAK || (one >= m && (one - m) % n === 0))

async function all(stories: readonly (() => Promise<string | null>)[]): Promise<readonly string[]> {
  const found: string[] = []
  for (const story of stories) found.push(...[await story()].filter((one) => one !== null))
  return found
}

describe('a night, its correction, and the correction taken back, on the local Google Cloud', () => {
  it('end as they should when nothing fails', async () => {
    expect(await differencesOf({})).toEqual([])
    expect([calls.length > 200, requests.length > 80]).toEqual([true, true])
    expect(undisturbed.map(({ open }) => open)).toEqual(STEPS.map(() => ({ runs: 0, messages: 0 })))
    expect(undisturbed[2]!.tables).toEqual(undisturbed[0]!.tables)
    expect(undisturbed[1]!.tables).not.toEqual(undisturbed[0]!.tables)
  })

  it.each([
    { how: 'once', from: 11 },
    { how: 'lost', from: 61 },
    { how: 'forever', from: 31 },
  ] as const)('end the same whichever port call fails, $how (faults 58 and 59)', async ({ how, from }) => {
    expect(await all(numbers(calls.length, 401, from).map((nth) => () => failing(nth, how)))).toEqual([])
  })

  it.each([
    { fate: 'before', from: 9 },
    { fate: 'lost', from: 22 },
  ] as const)(
    'end the same whichever request to Cloud Storage or BigQuery is cut, $fate (faults 31 and 39)',
    async ({ fate, from }) => {
      expect(await all(numbers(requests.length, 131, from).map((nth) => () => cutting(nth, fate)))).toEqual([])
    },
  )
})

describe('the harness over the cloud', () => {
  it('finds a job id made of what it loads', async () => {
    const { plant } = DEFECTS.find(({ name }) => name.startsWith('a job id made of'))!
    expect(await differencesOf({ wrap: plant })).not.toEqual([])
  })

  // A load that is done before its work is shows in `planted-defects.test.ts` only: Pub/Sub delivers the message of a dead worker
  // again, and a load that is done is looked at once more then.
  it.each(DEFECTS.filter(({ name }) => /before the message that loads it/.test(name)))(
    'finds $name, at the latest by a process that dies at $killedAt',
    async ({ plant, killedAt }) => {
      const counting = failAt(Number.POSITIVE_INFINITY, 'once')
      let [found = null] = await differencesOf({ wrap: (ports) => counting.wrap(plant(ports)) })
      const places = counting.calls().flatMap((call, index) => (call === killedAt ? [index + 1] : []))
      for (const nth of places.slice(0, 4)) found ??= await failing(nth, 'forever', plant)
      expect(found).not.toBeNull()
    },
  )

  it('finds an object that is deleted because it is there already, by an upload whose answer is lost', async () => {
    const nth = requests.findIndex((request) => request.startsWith('POST /upload/storage/v1/b/acme-parts/')) + 1
    expect(await cutting(nth, 'lost', deletesWhatIsThere)).not.toBeNull()
    expect(await cutting(nth, 'lost')).toBeNull()
  })
})
