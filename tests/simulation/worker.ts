import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { openScripts } from '../../functions/adapters/local/scripts.ts'
import { DaybreakError, type ErrorCode } from '../../functions/errors.ts'
import { byPath } from '../../functions/handlers/all.ts'
import type { HandlerContext } from '../../functions/handlers/context.ts'
import { createIds } from '../../functions/lib/id.ts'
import type { PipelineDefinition } from '../../functions/pipeline/definition.ts'
import { incidentCause } from '../../functions/pipeline/incident-cause.ts'
import type { LogEntry, Ports, Source } from '../../functions/pipeline/ports.ts'
import { wordsOf } from '../../functions/pipeline/slice-words.ts'
import type { Chance } from './chance.ts'
import { answerTo, type Sent } from './request.ts'
import type { Time } from './time.ts'

/** How badly things go. */
export interface Weather {
  /** Probability that a call fails, half of them after its effect. */
  calls: number
  /** Probability that the worker dies at a call. */
  deaths: number
}

export interface WorkerOptions {
  readonly name: string
  readonly time: Time
  readonly chance: Chance
  readonly weather: Weather
  /** Milliseconds that its clock is ahead. */
  readonly skew: number
  readonly definition: PipelineDefinition
  /** Servers far away, which all workers share. */
  readonly servers: Pick<Ports, 'ledger' | 'objects' | 'destination' | 'queue' | 'transformer' | 'source'>
  readonly wrap: (ports: Ports) => Ports
  readonly scratch: string
  readonly log: (entry: LogEntry) => void
}

/** One instance: the real handlers over ports that are far away, unreliable, and gone once it dies. */
export interface Worker {
  readonly name: string
  readonly ports: Ports
  isAlive(): boolean
  die(): void
  /** Sends a request; null when it died before it answered. */
  send(request: Sent): Promise<{ readonly status: number; readonly body: unknown } | null>
}

const LATENCY = 40

export function createWorker(options: WorkerOptions): Worker {
  const { name, time, chance, weather, skew, definition, servers, scratch, wrap } = options
  let alive = true
  const dying = new AbortController()
  const die = () => {
    alive = false
    dying.abort()
  }
  // After its death nothing it does has an effect; what it thinks then reaches no other process.
  const gone = () => new DaybreakError('CANCELLED', `${name} is dead`)
  const hop = async (what: string, draw = () => chance.latency(LATENCY)) => {
    if (!alive) throw gone()
    await time.wait(`${name} ${what}`, draw)
    if (!alive) throw gone()
  }
  const call = async <Result>(code: ErrorCode, what: string, work: () => Promise<Result>): Promise<Result> => {
    await hop(what)
    if (chance.is(weather.deaths / 2)) die()
    if (!alive) throw gone()
    const failing = chance.is(weather.calls) ? chance.one(['before', 'after']) : null
    if (failing === 'before') throw new DaybreakError(code, 'the simulation lost the request')
    const result = await work()
    if (chance.is(weather.deaths / 2)) die()
    // Most answers come at once, or half of all that happens would be waiting for them.
    if (chance.is(0.3)) await hop(what)
    if (!alive) throw gone()
    if (failing === 'after') throw new DaybreakError(code, 'the simulation lost the answer')
    return result
  }
  const distant = <Port extends object>(port: Port, code: ErrorCode): Port =>
    new Proxy(port, {
      get(target, key) {
        const member: unknown = Reflect.get(target, key)
        if (typeof member !== 'function' || NEAR.has(String(key))) return member
        return (...args: unknown[]) =>
          call(code, `${String(key)} ${args[0]}`, async () => Reflect.apply(member, target, args))
      },
    })
  const distantSource = (source: Source): Source => ({
    listFolders: (folder) => call('SOURCE_LISTING_FAILED', folder, () => source.listFolders(folder)),
    listFiles: (folder, named) => call('SOURCE_LISTING_FAILED', folder, () => source.listFiles(folder, named)),
    async *read(file, signal) {
      await call('SOURCE_UNREACHABLE', file.path, async () => undefined)
      yield* source.read(file, signal)
    },
    close: async () => undefined,
  })
  const now = () => time.now() + skew
  let folders = 0
  const ports: Ports = wrap({
    clock: {
      now,
      sleep: async (milliseconds, signal) => {
        if (!signal?.aborted) await hop('sleep', () => milliseconds)
      },
    },
    log: (entry) => {
      if (alive) options.log(entry)
    },
    newId: createIds({ now, randomBytes: chance.bytes }),
    ledger: distant(servers.ledger, 'LEDGER_BUSY'),
    objects: distant(servers.objects, 'STORAGE_FAILED'),
    destination: (pipeline) => distant(servers.destination(pipeline), 'WAREHOUSE_FAILED'),
    queue: distant(servers.queue, 'QUEUE_FAILED'),
    transformer: servers.transformer,
    source: (pipeline) => {
      const { name: called, connect } = servers.source(pipeline)
      return {
        name: called,
        connect: () => call('SOURCE_UNREACHABLE', 'connect', async () => distantSource(await connect())),
      }
    },
    words: () => wordsOf(definition),
    processes: null,
    scripts: openScripts(),
    withScratch: (work) =>
      time.onDisk(async () => {
        const folder = join(scratch, `${name}-${++folders}`)
        await mkdir(folder)
        return await work(folder).finally(() => rm(folder, { recursive: true, force: true }))
      }),
  })
  const context: HandlerContext = {
    worker: { definitions: new Map([[definition.name, definition]]), ports },
    maxBodyBytes: 1_000_000,
    timeBudget: 540_000,
    gather: 2_000,
    inboxes: [],
    dependencies: {},
    now,
    log: ports.log,
    stopping: dying.signal,
    authenticate: async () => ({ email: 'operator@example.com' }),
    traced: (_, work) => work(),
    async recordFailure({ code, message }, path) {
      const reason = { code, message }
      await ports.ledger.apply([
        {
          change: 'incident_opened',
          ...incidentCause.unknownMessage(path),
          severity: 'error',
          reason,
          runId: null,
          at: now(),
        },
      ])
    },
  }
  const handler = byPath(async () => context)
  return {
    name,
    ports,
    isAlive: () => alive,
    die,
    async send(request) {
      if (!alive) return null
      const answer = await answerTo(handler, request)
      return alive ? answer : null
    },
  }
}

const NEAR = new Set(['uri', 'list', 'close', 'dialect', 'engine'])
