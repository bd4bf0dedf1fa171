import { tmpdir } from 'node:os'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import { DaybreakError } from '../../functions/errors.ts'
import type { Message } from '../../functions/pipeline/entities.ts'
import type { Ledger, Transformer } from '../../functions/pipeline/ports.ts'
import { handle } from '../../functions/pipeline/work/handle.ts'
import { cancelRun, newMessage } from '../../functions/pipeline/work/run.ts'
import { finalState, type World } from '../support/world.ts'
import { differences } from './differences.ts'
import { rememberParts } from './remembered.ts'
import { bringIn, continued, DATE, SCOPE, takeOver, tellUndisturbed, type Undisturbed } from './story.ts'

let transformer: Transformer
let undisturbed: Undisturbed
beforeAll(async () => {
  const options = { lanes: 1, memoryLimit: '256MB', tempDir: tmpdir() }
  transformer = rememberParts(await openDuckdbTransformer(options))
  undisturbed = await tellUndisturbed(transformer, { simulated: true })
})
afterAll(async () => {
  await undisturbed.close()
  await transformer.close()
})

let world: World
beforeEach(async () => {
  ;({ world } = await continued(undisturbed.chapters[0]!, transformer))
  await bringIn(world, 0)
})
afterEach(() => world.close())

const fromUndisturbed = async () => differences(await finalState(world), undisturbed.chapters[1]!.state)

describe('triggers and messages', () => {
  it('fault 51: five copies of every message, delivered at once to two workers, have the effect of one', async () => {
    const workers = [await world.open(), await world.open()]
    const run = await workers[0]!.start({ pipeline: 'toast', trigger: 'cli', scope: SCOPE })
    const { ledger } = workers[0]!.ports
    const handled = new Set<string>()
    for (;;) {
      const open = await ledger.messages({ states: ['pending'] })
      if (open.length === 0) break
      const copies = open.flatMap((message) => Array.from({ length: 5 }, () => message))
      await Promise.all(copies.map((message, at) => handle(message, workers[at % 2]!.worker).catch(() => undefined)))
      for (const { id } of open) handled.add(id)
    }
    expect((await ledger.run(run.id))?.state).toBe('succeeded')
    for (const worker of workers) await worker.close()
    expect(handled.size).toBeGreaterThan(4)
    expect(await fromUndisturbed()).toEqual([])
  })

  it('a run whose end could not be written ends when its last message comes again', async () => {
    const daybreak = await world.open()
    const { worker, ports } = daybreak
    const { id } = await daybreak.start({ pipeline: 'toast', trigger: 'cli', scope: SCOPE })
    const apply: Ledger['apply'] = async (changes) => {
      const ends = changes.some((change) => change.change === 'run' && change.run.finishedAt !== null)
      if (ends) throw new DaybreakError('LEDGER_BUSY', 'the disk is full')
      await ports.ledger.apply(changes)
    }
    const unable = { ...worker, ports: { ...ports, ledger: { ...ports.ledger, apply } } }
    let last: Message | undefined
    for (;;) {
      const [message] = await ports.ledger.messages({ runId: id, states: ['pending'], limit: 1 })
      if (!message) break
      last = message
      await handle(message, unable).catch(() => undefined)
    }
    expect(await ports.ledger.run(id)).toMatchObject({ state: 'running' })
    await handle(last!, worker)
    expect(await ports.ledger.run(id)).toMatchObject({ state: 'succeeded' })
    await daybreak.close()
  })

  it('fault 52: messages that come six days late, the last one first, bring nothing back', async () => {
    const daybreak = await world.open()
    const run = await daybreak.drive(await daybreak.start({ pipeline: 'toast', trigger: 'cli', scope: SCOPE }))
    const messages = await daybreak.ports.ledger.messages({ runId: run.id })
    await daybreak.close()
    await bringIn(world, 1)
    await world.run({ scope: SCOPE })
    const before = await finalState(world)
    await world.clock.advance(6 * 86_400_000)
    const later = await world.open()
    for (const message of messages.toReversed()) await handle(message, later.worker)
    await later.close()
    expect(await finalState(world)).toEqual(before)
  })

  it('fault 56: a schedule that fires twice at once has the effect of one', async () => {
    const daybreak = await world.open()
    const request = { pipeline: 'toast', trigger: 'schedule', scope: SCOPE } as const
    const runs = await Promise.all([daybreak.start(request), daybreak.start(request)])
    await daybreak.drive(runs[0])
    const states = await Promise.all(runs.map(async ({ id }) => (await daybreak.ports.ledger.run(id))?.state))
    await daybreak.close()
    expect(states).toEqual(['succeeded', 'succeeded'])
    expect(await fromUndisturbed()).toEqual([])
  })

  it('fault 56: a schedule that did not fire is made up for by the next one', async () => {
    await world.clock.advance(86_400_000)
    await world.run({ trigger: 'schedule', scope: SCOPE })
    expect(await fromUndisturbed()).toEqual([])
  })

  it('fault 58: sends a recorded but unsent message when the run is taken over', async () => {
    const daybreak = await world.open((ports) => ({
      ...ports,
      queue: { ...ports.queue, publish: async () => undefined },
    }))
    await daybreak.start({ pipeline: 'toast', trigger: 'cli', scope: SCOPE })
    await daybreak.close()
    expect(await takeOver(world, 0)).toBe('succeeded')
    expect(await fromUndisturbed()).toEqual([])
  })

  it('fault 58: what was sent but never recorded has no effect', async () => {
    const daybreak = await world.open()
    const before = await finalState(world)
    const ghost = newMessage(
      { kind: 'load', pipeline: 'toast', stream: 'order_details', window: DATE },
      'no-run',
      daybreak.ports,
    )
    await handle(ghost, daybreak.worker)
    await daybreak.close()
    expect(await finalState(world)).toEqual(before)
  })
})

describe('a message whose run is over', () => {
  const late = async (stop: boolean): Promise<Message> => {
    const daybreak = await world.open()
    const { ports } = daybreak
    const run = await daybreak.drive(await daybreak.start({ pipeline: 'toast', trigger: 'cli', scope: SCOPE }))
    await bringIn(world, 1)
    const other = await daybreak.start({ pipeline: 'toast', trigger: 'cli', scope: SCOPE })
    const begun = (await ports.ledger.run(other.id))!
    if (stop) expect(await cancelRun(begun, ports)).toBe(true)
    const runId = stop ? other.id : run.id
    const message = newMessage({ kind: 'ingest', pipeline: 'toast', shard: '185001', windows: [DATE] }, runId, ports)
    await ports.ledger.apply([{ change: 'message', message }])
    await handle(message, daybreak.worker)
    await daybreak.drive(run)
    const stored = await ports.ledger.message(message.id)
    await daybreak.close()
    return stored!
  }

  it('is handled all the same when the run ended by itself: what it finds is loaded', async () => {
    expect((await late(false)).state).toBe('done')
    await takeOver(world, 0)
    expect(differences(await finalState(world), undisturbed.chapters[2]!.state)).toEqual([])
  })

  it('is dropped without an incident when the run was cancelled', async () => {
    expect(await late(true)).toMatchObject({ state: 'dead', reason: { code: 'CANCELLED' } })
    expect((await finalState(world)).incidents).toEqual([])
    expect(await fromUndisturbed()).toEqual([])
  })
})
