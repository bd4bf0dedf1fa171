import { tmpdir } from 'node:os'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import type { Daybreak } from '../../functions/compose.ts'
import type { Message } from '../../functions/pipeline/entities.ts'
import type { Ports, Transformer } from '../../functions/pipeline/ports.ts'
import { handle } from '../../functions/pipeline/work/handle.ts'
import { cancelRun, LEASE, newMessage, recoverRuns } from '../../functions/pipeline/work/run.ts'
import { generateNight } from '../../mock/night.ts'
import { at } from '../support/definition.ts'
import { createWorld, type World } from '../support/world.ts'

// What a worker that died leaves behind, and who takes it up. Empty folders do: these are about messages.
const scope = { windows: ['2025-02-05'], streams: ['order_details'] }
const request = { pipeline: 'toast', trigger: 'cli', scope } as const
const LOCATIONS = ['185001', '185002'].map((id) => ({ id, name: id, time_zone: 'America/New_York' }))

let transformer: Transformer
beforeAll(async () => {
  transformer = await openDuckdbTransformer({
    lanes: 1,

    memoryLimit: '256MB',
    tempDir: tmpdir(),
  })
})
afterAll(() => transformer.close())

let world: World
let open: Daybreak[]
beforeEach(async () => {
  world = await createWorld({ now: at('2025-02-06T12:00:00Z'), transformer, locations: LOCATIONS })
  open = []
})
afterEach(async () => {
  for (const daybreak of open) await daybreak.close()
  await world.close()
})
const start = async (...args: Parameters<World['open']>): Promise<Daybreak> => {
  const daybreak = await world.open(...args)
  open.push(daybreak)
  return daybreak
}

it('a run is given as it is on record, so that it can be cancelled at once', async () => {
  const { ports, ...daybreak } = await start()
  const run = await daybreak.start(request)
  expect(run).toEqual(await ports.ledger.run(run.id))
  expect(await cancelRun(run, ports)).toBe(true)
  expect(await ports.ledger.run(run.id)).toMatchObject({ state: 'cancelled' })
})

describe('a plan that was recorded and never sent (fault 58)', () => {
  /** A worker whose queue takes nothing, and what it sent. */
  const mute = async () => {
    const sent: string[] = []
    const publish = async (messages: readonly Message[]) => void sent.push(...messages.map(({ work }) => work.kind))
    const daybreak = await start((ports) => ({ ...ports, queue: { ...ports.queue, publish } }))
    const run = await daybreak.start(request)
    const [tick] = await daybreak.ports.ledger.messages({ runId: run.id })
    await handle(tick!, daybreak.worker)
    sent.length = 0
    return { daybreak, run, tick: tick!, sent }
  }

  it('is sent when the message that made it comes again', async () => {
    const { daybreak, tick, sent } = await mute()
    await world.clock.advance(10_000)
    await handle(tick, daybreak.worker)
    expect(sent).toEqual(['ingest', 'ingest'])
  })

  it('is not sent twice for a duplicate that comes at once, nor while a worker has it', async () => {
    const { daybreak, run, tick, sent } = await mute()
    await handle(tick, daybreak.worker)
    expect(sent).toEqual([])
    await world.clock.advance(10_000)
    const [ingest] = await daybreak.ports.ledger.messages({ runId: run.id, states: ['pending'] })
    await handle(ingest!, daybreak.worker)
    sent.length = 0
    await handle(tick, daybreak.worker)
    expect(sent).toEqual([])
  })
})

it('a run ends though another process has its date open and has sent a load of it', async () => {
  const mute = async () => undefined
  const other = await start((ports) => ({ ...ports, queue: { ...ports.queue, publish: mute } }))
  const { id } = await other.start(request)
  const [tick] = await other.ports.ledger.messages({ runId: id })
  await handle(tick!, other.worker)
  const load = { kind: 'load', pipeline: 'toast', stream: 'order_details', window: '2025-02-05' } as const
  const sent = { ...newMessage(load, id, other.ports), sentAt: world.clock.now() }
  await other.ports.ledger.apply([{ change: 'message', message: sent }])
  const location = { id: '185001', name: 'East', timeZone: 'America/New_York', closeoutHour: 4 }
  const night = generateNight({ seed: 1, date: '2025-02-05', profile: 'small', scale: 0.1, closed: false, location })
  const orders = night.find(({ name }) => name === 'OrderDetails.csv')
  await world.write('185001/20250205/OrderDetails.csv', orders?.bytes ?? '')
  expect(await world.run({ scope })).toMatchObject({ finishedAt: expect.any(Number) })
  const [first] = await other.ports.ledger.partitions({ streams: ['order_details'] })
  expect(first).toMatchObject({ state: 'idle', loaded: 1 })
  expect(await other.ports.ledger.messages({ states: ['pending'], runId: id })).toHaveLength(3)
})

describe('a process that died', () => {
  /** Begins a run whose messages no worker handles. */
  const dead = async () => await (await start()).start(request)
  const isOpen = async (id: string, { ports }: Daybreak) =>
    (await ports.ledger.messages({ runId: id, states: ['pending'] })).length > 0

  it('leaves its run to the next one that starts after five minutes, and not to one that runs meanwhile', async () => {
    const { id } = await dead()
    const soon = await start()
    await world.clock.advance(LEASE / 3 - 1)
    await soon.drive(await soon.start(request))
    expect(await isOpen(id, soon)).toBe(true)
    await world.clock.advance(1)
    await soon.drive(await soon.start(request))
    expect(await isOpen(id, soon)).toBe(false)
    expect(await soon.ports.ledger.run(id)).toMatchObject({ finishedAt: expect.any(Number) })
  })

  it('is not thought dead while messages of its run are handled', async () => {
    const { id } = await dead()
    const worker = await start()
    await world.clock.advance(LEASE / 3 - 1)
    for (const message of await worker.ports.ledger.messages({ runId: id })) await handle(message, worker.worker)
    await world.clock.advance(1)
    expect(await recoverRuns(worker.ports, { silentFor: LEASE / 3 })).toBe(0)
  })

  it('gives up on a message that kills its process, after five times, and on no other (fault 54)', async () => {
    let lives = 0
    let killed = 0
    /** A process that is killed as soon as it connects for the poisonous location: what it had in hand is not counted. */
    const live = async () => {
      const power = new AbortController()
      const kill = (ports: Ports): Ports => ({
        ...ports,
        ledger: new Proxy(ports.ledger, {
          get: (target, key) => {
            const member: unknown = Reflect.get(target, key)
            if (key !== 'deliveries' || typeof member !== 'function') return member
            return async (filter: Parameters<Ports['ledger']['deliveries']>[0]) => {
              if (!filter.shards?.includes('185002')) return await Reflect.apply(member, target, [filter])
              killed++
              power.abort()
              throw new Error('killed')
            }
          },
        }),
      })
      const daybreak = await world.open(kill, { signal: power.signal })
      if (lives++ === 0) await daybreak.drive(await daybreak.start(request))
      else {
        await recoverRuns(daybreak.ports)
        const [run] = await daybreak.ports.ledger.runs({})
        await daybreak.drive(run!)
      }
      await daybreak.close()
      await world.clock.advance(LEASE)
    }
    const witness = await start()
    do await live()
    while (lives < 12 && (await witness.ports.ledger.messages({ states: ['pending'] })).length > 0)
    const messages = await witness.ports.ledger.messages({ states: ['dead'] })
    expect(messages.map(({ work, reason }) => ['shard' in work && work.shard, reason?.code])).toEqual([
      ['185002', 'RUN_FAILED'],
    ])
    expect(messages[0]?.reason?.message).toContain('was begun 5 times')
    expect(killed).toBe(5)
    expect((await witness.ports.ledger.incidents({})).map(({ key, severity }) => [key, severity])).toContainEqual([
      'message/toast/ingest/185002',
      'error',
    ])
    expect((await witness.ports.ledger.slices({})).map(({ shard: location }) => location)).toEqual(['185001'])
    expect((await witness.ports.ledger.runs({})).map(({ state }) => state)).toEqual(['failed'])
  })
})
