import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import { createVirtualClock } from '../../functions/lib/virtual-clock.ts'
import type { Ports, Transformer } from '../../functions/pipeline/ports.ts'
import { recoverRuns } from '../../functions/pipeline/work/run.ts'
import { generateNight } from '../../mock/night.ts'
import { at } from '../support/definition.ts'
import { ofTheSeven } from '../support/seven.ts'
import { createWorld, type World } from '../support/world.ts'

// The clock of a worker was ahead for one tick. What it recorded must not make anybody wait for that time to come.
const DATE = '2025-02-05'
const NOW = at('2025-02-06T09:40:00Z')
const AHEAD = NOW + 3 * 86_400_000

let transformer: Transformer
beforeAll(async () => {
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: '.' })
})
afterAll(() => transformer.close())

let world: World
beforeEach(async () => {
  world = await createWorld({ now: NOW, transformer })
})
afterEach(() => world.close())

const deliver = async () => {
  const location = { id: '185001', name: 'East', timeZone: 'America/New_York', closeoutHour: 4 }
  const night = ofTheSeven(
    generateNight({ seed: 1, date: DATE, profile: 'small', scale: 0.1, closed: false, location }),
  )
  for (const { name, bytes } of night) await world.write(`185001/20250205/${name}`, bytes, NOW - 1_200_000)
}

async function openAhead(wrap?: (ports: Ports) => Ports) {
  return await world.open(wrap, { clock: createVirtualClock({ now: AHEAD }) })
}

async function stateOf(): Promise<{ loaded: number; incidents: readonly string[] }> {
  const daybreak = await world.open()
  const loaded = await daybreak.ports.ledger.slices({ windows: [DATE], states: ['loaded'] })
  const open = await daybreak.ports.ledger.incidents({ states: ['open'], keyPrefix: 'ahead/' })
  await daybreak.close()
  return { loaded: loaded.length, incidents: open.map(({ key, reason }) => `${reason.code} ${key}`) }
}

it('a night is loaded by its next sweep, and the look in the future is reported until another takes its place', async () => {
  const ahead = await openAhead()
  await ahead.drive(await ahead.start({ pipeline: 'toast', trigger: 'schedule', scope: {} }))
  await ahead.close()
  await deliver()
  await world.run({ trigger: 'schedule' })
  expect((await stateOf()).loaded).toBeGreaterThanOrEqual(7)
  expect((await stateOf()).incidents).toEqual(['CLOCK_AHEAD ahead/toast'])
  await world.clock.advance(900_000)
  await world.run({ trigger: 'cli', scope: { windows: [DATE] } })
  await world.clock.set(AHEAD + 3_600_000)
  await world.run({ trigger: 'schedule' })
  expect((await stateOf()).incidents).toEqual([])
})

it('a night that was loaded by the clock that was ahead is read once more the night after', async () => {
  await deliver()
  const ahead = await openAhead()
  await ahead.drive(await ahead.start({ pipeline: 'toast', trigger: 'schedule', scope: {} }))
  await ahead.close()
  expect((await stateOf()).loaded).toBeGreaterThanOrEqual(7)
  await world.clock.set(at('2025-02-07T09:40:00Z'))
  const reads: string[] = []
  await world.run({ trigger: 'schedule' }, (ports) => ({
    ...ports,
    source: (pipeline) => ({
      name: 'watched',
      async connect(signal) {
        const source = await ports.source(pipeline).connect(signal)
        const read: typeof source.read = (file, stop) => {
          reads.push(file.name)
          return source.read(file, stop)
        }
        return { ...source, read }
      },
    }),
  }))
  expect(reads).toContain('OrderDetails.csv')
})

it('a run whose worker died is taken over at once, and its messages are sent', async () => {
  await deliver()
  const ahead = await openAhead((ports) => ({ ...ports, queue: { ...ports.queue, publish: async () => undefined } }))
  const run = await ahead.start({ pipeline: 'toast', trigger: 'cli', scope: { windows: [DATE] } })
  await ahead.close()
  const next = await world.open()
  expect(await recoverRuns(next.ports)).toBe(1)
  const finished = await next.drive((await next.ports.ledger.run(run.id)) ?? run)
  await next.close()
  expect(finished.state).toBe('succeeded')
  expect((await stateOf()).loaded).toBeGreaterThanOrEqual(7)
})
