import { tmpdir } from 'node:os'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import type { Message } from '../../functions/pipeline/entities.ts'
import type { Change, Ledger, Ports, Transformer } from '../../functions/pipeline/ports.ts'
import { handle } from '../../functions/pipeline/work/handle.ts'
import { draws } from '../support/draws.ts'
import { seeded } from '../support/seeded.ts'
import { type FinalState, finalState } from '../support/world.ts'
import { differences } from './differences.ts'
import { rememberParts } from './remembered.ts'
import { bringIn, continued, SCOPE, STEPS, takeOver, tellUndisturbed, type Undisturbed } from './story.ts'

const SEEDS = draws({ suite: 6, soak: 600 })

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

/**
 * Every call waits for some turns of the event loop first, and a few stand still for longer than others take for all
 * their work, as the seed has it: workers meet in other places each time, and some wake up late.
 */
function slowed(ports: Ports, random: () => number): Ports {
  const slow = <Port extends object>(port: Port): Port =>
    new Proxy(port, {
      get(target, key) {
        const member: unknown = Reflect.get(target, key)
        if (typeof member !== 'function' || key === 'uri' || key === 'list' || key === 'close') return member
        return async (...args: unknown[]) => {
          for (let turns = Math.floor(random() * 6); turns > 0; turns--) await turn()
          if (random() < 0.04) await sleep(random() * 80)
          return await Reflect.apply(member, target, args)
        }
      },
    })
  const { ledger, objects, destination } = ports
  return {
    ...ports,
    ledger: slow(ledger),
    objects: slow(objects),
    destination: (pipeline) => slow(destination(pipeline)),
  }
}

/** Messages arrive up to five times, and in any order. */
function disordered({ queue, ...ports }: Ports, random: () => number): Ports {
  const copies = (message: Message) => Array.from({ length: 1 + Math.floor(random() * 5) }, () => message)
  const publish = (messages: readonly Message[]) =>
    queue.publish(
      messages
        .flatMap(copies)
        .map((message) => ({ message, place: random() }))
        .toSorted((a, b) => a.place - b.place)
        .map(({ message }) => message),
    )
  return { ...ports, queue: { ...queue, publish } }
}

const inTurn = (ledger: Ledger): Ledger => ledger

/** A ledger that writes slices and partitions over the rows that are there by now, as one without versions would. */
function regardless(ledger: Ledger): Ledger {
  const current = async (each: Change): Promise<Change> => {
    if (each.change === 'slice') {
      const stored = await ledger.slice(each.slice)
      return { ...each, slice: { ...each.slice, version: stored?.version ?? 0 } }
    }
    if (each.change !== 'partition') return each
    const { pipeline, stream, window: date } = each.partition
    const stored = await ledger.partition(pipeline, stream, date)
    return { ...each, partition: { ...each.partition, version: stored?.version ?? 0 } }
  }
  const apply = async (changes: readonly Change[]) => await ledger.apply(await Promise.all(changes.map(current)))
  return new Proxy(ledger, { get: (target, key) => (key === 'apply' ? apply : Reflect.get(target, key)) })
}

/**
 * Three workers on one ledger: corrections arrive while they work, each worker starts runs of its own, and all of them
 * also handle the messages of the others. The last run begins after the last correction.
 */
async function race(seed: number, record = inTurn): Promise<{ readonly state: FinalState; readonly latest: number }> {
  const random = seeded(seed)
  const { world } = await continued(undisturbed.chapters[0]!, transformer)
  const owner = await world.open()
  // One connection for all: two in one thread would wait for each other's transactions, which stand still meanwhile.
  const ledger = record(owner.ports.ledger)
  const openWorker = () => world.open((ports) => disordered(slowed({ ...ports, ledger }, random), random))
  const workers = [await openWorker(), await openWorker(), await openWorker()]
  const steps = Array.from({ length: 3 + Math.floor(random() * 3) }, () => Math.floor(random() * STEPS.length))
  const working: Promise<unknown>[] = []
  for (const [time, step] of steps.entries()) {
    await bringIn(world, step, time)
    const worker = workers[time % workers.length]!
    const run = await worker.start({ pipeline: 'toast', trigger: 'cli', scope: SCOPE })
    const messages = await ledger.messages({ runId: run.id })
    working.push(worker.drive(run))
    for (const other of workers) {
      for (const message of messages) working.push(handle(message, other.worker).catch(() => undefined))
    }
    for (let turns = Math.floor(random() * 200); turns > 0; turns--) await turn()
  }
  await Promise.all(working)
  for (const worker of workers) await worker.close()
  await owner.close()
  // What was sent to a worker that had stopped listening.
  await takeOver(world, 0)
  const state = await finalState(world)
  await world.close()
  return { state, latest: steps.at(-1)! }
}

/** Faults of the end state; empty when there are none. */
async function wrongAfter(seed: number, record = inTurn): Promise<readonly string[]> {
  const { state, latest } = await race(seed, record)
  const { objects, deliveries } = state
  // A correction without a look before the next one leaves no trace, so the history is not compared.
  return differences(state, { ...undisturbed.chapters[1 + (latest % 2)]!.state, objects, deliveries })
}

describe('three workers that race on corrections, with duplicate and reordered messages (faults 51 and 52)', () => {
  it(`end at the latest one in every order, over ${SEEDS} seeds`, async () => {
    const found: string[] = []
    for (let seed = 1; seed <= SEEDS; seed++) {
      const wrong = await wrongAfter(seed)
      if (wrong.length > 0) found.push(`seed ${seed}: ${wrong.join(', ')}`)
    }
    expect(found).toEqual([])
  })

  it('do not, and it shows, when the ledger lets one write over what another recorded', async () => {
    let seed = 1
    while (seed <= 40 && (await wrongAfter(seed, regardless)).length === 0) seed++
    expect(seed).toBeLessThanOrEqual(40)
  })
})
