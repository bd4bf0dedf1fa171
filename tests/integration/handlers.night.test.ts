import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { generateNight } from '../../cli/mock/night.ts'
import { createDuckdbTransformer } from '../../functions/adapters/duckdb/transformer.ts'
import { createContext } from '../../functions/compose/context.ts'
import type { Daybreak } from '../../functions/compose.ts'
import type { RunningServer } from '../../functions/http/server.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import { at } from '../support/definition.ts'
import { createPushQueue, envelope, type PushQueue, post, pump, serve } from '../support/pushes.ts'
import { createWorld, type World } from '../support/world.ts'

const DATE = '2025-02-05'

let transformer: Transformer
beforeAll(async () => {
  transformer = await createDuckdbTransformer({ lanes: 1, pieceBytes: 1 << 25, memoryLimit: '256MB', tempDir: '.' })
})
afterAll(() => transformer.close())

let world: World
let queue: PushQueue
let daybreak: Daybreak
let server: RunningServer
const stopping = new AbortController()
beforeEach(async () => {
  world = await createWorld({ now: at('2025-02-06T09:30:00Z'), transformer })
  queue = createPushQueue()
  daybreak = await world.open((ports) => ({ ...ports, queue }))
  server = await serve(
    createContext(daybreak.worker, world.project, { stopping: stopping.signal, openToThisMachine: true }),
  )
  for (const { name, bytes } of night()) await world.write(`185001/20250205/${name}`, bytes)
})
afterEach(async () => {
  await server.drain(100, () => undefined)
  await daybreak.close()
  await world.close()
})

const night = () =>
  generateNight({
    seed: 1,
    date: DATE,
    profile: 'small',
    scale: 0.5,
    closed: false,
    location: { id: '185001', name: 'East', timeZone: 'America/New_York', closeoutHour: 4 },
  })

const firstLook = { pipeline: 'toast', timeZone: 'America/New_York', scheduleTime: '2025-02-06T09:30:00Z' }

describe('one night through pushes', () => {
  it('is loaded by the first look of its time zone', async () => {
    expect((await post(server, '/tick', envelope(firstLook))).status).toBe(204)
    expect(new Set(await pump(server, queue))).toEqual(new Set([204]))
    const [run, ...more] = await daybreak.ports.ledger.runs({})
    expect(more).toEqual([])
    expect(run).toMatchObject({ trigger: 'schedule', scope: { locations: ['185001'] } })
    const slices = await daybreak.ports.ledger.slices({ dates: [DATE] })
    expect(slices.map(({ state }) => state)).toEqual(Array(7).fill('loaded'))
  })
})
