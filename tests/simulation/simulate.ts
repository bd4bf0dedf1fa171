import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { instantOf } from '../../functions/lib/business-date.ts'
import type { Ports } from '../../functions/pipeline/ports.ts'
import { createMemoryLedger } from '../support/memory-ledger.ts'
import { createMemoryObjects } from '../support/memory-objects.ts'
import { type Chance, createChance } from './chance.ts'
import { checkEnd, checkQuiet } from './end.ts'
import type { Row } from './file.ts'
import { CALM, DATES, definitionOf, drawWritings, START } from './scenario.ts'
import { createSimSource } from './source.ts'
import { createTime, type Time } from './time.ts'
import { createTopics } from './topics.ts'
import { createSimTransformer } from './transformer.ts'
import { createSimWarehouse } from './warehouse.ts'
import { createWatch } from './watch.ts'
import { createWorker, type Worker } from './worker.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const SWEEP = 15 * MINUTE
// A disk in memory, where there is one: files of a simulation live for milliseconds.
const MEMORY = '/dev/shm'

/** Result of one seed. */
export interface Outcome {
  readonly seed: number
  /** Faults that were seen; empty when there were none. */
  readonly violations: readonly string[]
  readonly facts: Readonly<Record<string, number>>
}

export interface SimulateOptions {
  /** Around the ports of every worker: a defect that is to be found. */
  readonly wrap?: (ports: Ports) => Ports
  /** Told what happens, for a person who examines a seed. */
  readonly tell?: (line: string) => void
}

/**
 * Three days of a small pipeline, drawn from a seed: the real handlers and the real core, over servers in memory that fail,
 * workers that die and whose clocks are wrong, messages that come twice, late, in any order, and restaurants that write
 * late, wrong, and again. After that nothing goes wrong until the next morning is over, and all must be as if nothing ever had.
 */
export async function simulate(
  seed: number,
  { wrap = (ports) => ports, tell }: SimulateOptions = {},
): Promise<Outcome> {
  const scratch = await mkdtemp(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'daybreak-simulation-'))
  try {
    const world = createWorld(seed, { wrap, scratch, tell })
    await world.storm()
    await world.calm()
    await world.aftermath()
    const { watch, time, topics } = world
    const facts = { ...watch.facts, events: time.events(), dead: topics.deadLetters(), workers: world.workers.length }
    return { seed, violations: watch.violations, facts }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

export type World = ReturnType<typeof createWorld>

interface WorldOptions {
  readonly wrap: (ports: Ports) => Ports
  readonly scratch: string
  readonly tell: ((line: string) => void) | undefined
}

function createWorld(seed: number, { wrap, scratch, tell }: WorldOptions) {
  const chance = createChance(seed)
  const time = createTime(START)
  const definition = definitionOf()
  const bytes = new Map<string, Uint8Array>()
  const memory = createMemoryLedger()
  const part = (object: string): readonly Row[] => {
    const content = bytes.get(object.replace('memory://', ''))
    return content ? JSON.parse(Buffer.from(content).toString()) : []
  }
  const watch = createWatch({
    ledger: () => memory,
    table: (stream, date) => warehouse.rows(stream, date),
    part,
    now: time.now,
  })
  const objects = createMemoryObjects(bytes)
  // What `uri` says of an object is where the warehouse finds it.
  const warehouse = createSimWarehouse({ time, chance, watch, objects: lookUp(bytes) })
  const source = createSimSource(time)
  const workers: Worker[] = []
  const post = { twice: 0, unheard: 0, daysLate: 0 }
  const weather = { calls: 0, deaths: 0 }
  const topics = createTopics({ time, chance, post, watch, workers: () => workers })
  const ledger = watch.ledger(memory)
  const storms = drawStorms(chance)

  const hire = (engine: string, skew = 0): Worker => {
    const name = `worker ${workers.length + 1}`
    const worker = createWorker({
      ...{ name, time, chance, weather, skew, definition, scratch, wrap },
      log: (entry) => {
        watch.logged(entry)
        tell?.(`${stamp(time)} ${name} ${entry.severity} ${entry.message}`)
      },
      servers: {
        ...{ ledger, objects, destination: () => warehouse, queue: topics, transformer: createSimTransformer(engine) },
        source: () => source.connector,
      },
    })
    workers.push(worker)
    return worker
  }
  const alive = () => workers.filter((worker) => worker.isAlive())
  const skew = () => (chance.is(0.6) ? 0 : chance.one([-HOUR, -5 * MINUTE, -20_000, 20_000, 5 * MINUTE, HOUR]))

  const planWritings = () => {
    for (const { at, path, content } of drawWritings(definition, chance)) {
      const isTold = chance.is(0.3)
      time.at(at, () => {
        tell?.(`${stamp(time)} ${path} is written: ${content.kind}`)
        source.write(path, content)
        const [, location = '', folder = ''] = path.split('/')
        if (isTold) time.at(at + 3 * MINUTE, () => topics.send('file-arrival', { location, date: dateOf(folder) }))
      })
    }
  }
  const schedule = (from: number, until: number, isReliable: boolean) => {
    const fire = (at: number, tick: object) => {
      const times = isReliable || chance.is(0.94) ? 1 : chance.one([0, 2])
      const scheduleTime = new Date(at).toISOString()
      for (let time_ = 0; time_ < times; time_++)
        time.at(at, () => topics.send('tick', { pipeline: definition.name, scheduleTime, ...tick }))
    }
    for (let at = from; at < until; at += isMorning(at) ? SWEEP : 4 * SWEEP) fire(at, {})
    for (const { timeZone } of definition.shards) {
      for (const day of [6, 7, 8, 9].map((one) => `2025-02-0${one}`)) {
        const at = instantOf(day, '04:30', timeZone)
        if (at >= from && at < until) fire(at, { timeZone })
      }
    }
  }
  /** Instances come and go; one revision takes the place of another, and both are there for a while. */
  const planWorkers = () => {
    const deployedAt = chance.is(0.5) ? chance.integer(START, CALM) : Number.POSITIVE_INFINITY
    const overUntil = deployedAt + chance.integer(MINUTE, 6 * HOUR)
    const engine = () => {
      if (time.now() < deployedAt) return 'e1'
      return time.now() < overUntil && chance.is(0.5) ? 'e1' : 'e2'
    }
    for (let count = chance.integer(1, 3); count > 0; count--) hire(engine(), skew())
    const tend = () => {
      for (let count = alive().length; count < 2; count++) hire(engine(), skew())
      if (chance.is(0.02) && storms.killing) chance.one(alive()).die()
      if (time.now() < CALM) time.at(time.now() + chance.integer(5_000, 5 * MINUTE), tend)
    }
    tend()
  }
  const planBackfill = () => {
    if (!chance.is(0.4)) return
    const body = { startDate: DATES[0], endDate: DATES[1] }
    const ask = async () => {
      const [worker] = alive()
      const answer = await worker?.send({
        method: 'POST',
        path: '/backfill',
        body,
        headers: { 'idempotency-key': 'one' },
      })
      if (answer?.status !== 202) time.at(time.now() + 5_000, () => void ask())
    }
    const at = chance.integer(START + 3 * HOUR, CALM - HOUR)
    for (let times = chance.integer(1, 2); times > 0; times--) time.at(at, () => void ask())
  }

  const world = {
    ...{ chance, time, definition, memory, watch, warehouse, source, topics, workers, part, alive },
    /** Everything that may go wrong does. */
    async storm() {
      Object.assign(post, storms.post)
      Object.assign(weather, storms.weather)
      warehouse.failing = storms.failing
      planWritings()
      schedule(START, CALM, false)
      planWorkers()
      planBackfill()
      for (let until = START + 5 * MINUTE; until <= CALM; until += HOUR) {
        await time.pass(until)
        await checkQuiet(world)
      }
    },
    /** Nothing goes wrong any more; people look after what was given up on, and a last night comes. */
    async calm() {
      Object.assign(post, { twice: 0, unheard: 0, daysLate: 0 })
      Object.assign(weather, { calls: 0, deaths: 0 })
      warehouse.failing = 0
      await time.pass(CALM)
      for (const worker of alive()) worker.die()
      hire('e2')
      hire('e2')
      const end = CALM + 10 * HOUR
      schedule(CALM, end, true)
      await time.pass(CALM + 3 * HOUR)
      await checkOver(world)
      await replayAll(world)
      await time.pass(end)
    },
    /** Delivers messages that were on their way for days. */
    async aftermath() {
      await time.pass(time.now() + 8 * DAY)
      topics.send('tick', { pipeline: definition.name, scheduleTime: new Date(time.now()).toISOString() })
      await time.pass(time.now() + HOUR)
      await checkQuiet(world)
      await checkEnd(world)
    },
  }
  return world
}

/** All that was begun while things went wrong is over three hours later: the longest lease of a clock that was wrong. */
async function checkOver({ memory, watch }: Pick<World, 'memory' | 'watch'>): Promise<void> {
  const old = ({ createdAt }: { readonly createdAt: number }) => createdAt < CALM
  const messages = (await memory.messages({ states: ['pending'] })).filter(old)
  for (const { work } of messages.slice(0, 3)) watch.found(`I8 hours after all is calm a ${work.kind} is still pending`)
  const runs = (await memory.runs({ states: ['queued', 'running'] })).filter(old)
  for (const { state, trigger } of runs.slice(0, 3))
    watch.found(`I8 hours after all is calm a ${trigger} run is ${state}`)
}

async function replayAll({ alive, memory, watch }: Pick<World, 'alive' | 'memory' | 'watch'>): Promise<void> {
  const dead = (await memory.messages({ states: ['dead'] })).filter(({ reason }) => reason?.code !== 'CANCELLED')
  if (dead.length === 0) return
  const body = { messages: dead.map(({ id }) => id) }
  // Not waited for: it takes time, and that passes elsewhere.
  void alive()[0]
    ?.send({ method: 'POST', path: '/dead-letter:replay', body })
    .then((answer) => {
      if (answer?.status !== 202) watch.found(`a replay was answered with ${answer?.status}`)
    })
}

/** When a person waits for files. Sweeps of the rest of the day are far between, or they would be most of a simulation. */
function isMorning(at: number): boolean {
  const hour = new Date(at).getUTCHours()
  return hour >= 8 && hour < 17
}

function drawStorms(chance: Chance) {
  const strength = chance.one([0.2, 0.6, 1, 2])
  return {
    post: { twice: 0.08 * strength, unheard: 0.03 * strength, daysLate: 0.004 * strength },
    weather: { calls: 0.008 * strength, deaths: 0.001 * strength },
    failing: chance.is(0.15) ? 0.3 : 0.03 * strength,
    killing: chance.is(0.8),
  }
}

function lookUp(bytes: ReadonlyMap<string, Uint8Array>): ReadonlyMap<string, Uint8Array> {
  const bare = (uri: string) => uri.replace('memory://', '')
  return new Proxy(bytes, {
    get: (target, key) =>
      key === 'get' || key === 'has' ? (uri: string) => target[key](bare(uri)) : Reflect.get(target, key),
  })
}

function dateOf(folder: string): string {
  return `${folder.slice(0, 4)}-${folder.slice(4, 6)}-${folder.slice(6)}`
}

function stamp(time: Time): string {
  return new Date(time.now()).toISOString().slice(5, 23)
}
