import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import { openPostgresLedger } from '../../functions/adapters/postgres/ledger.ts'
import { openSqliteLedger } from '../../functions/adapters/sqlite/ledger.ts'
import { apiHandler } from '../../functions/api/handle.ts'
import { REQUEST_LEASE } from '../../functions/api/idempotency.ts'
import { NotifyConfig } from '../../functions/config/notify-config.ts'
import type { Project } from '../../functions/config/project.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { startServer } from '../../functions/http/server.ts'
import { createVirtualClock } from '../../functions/lib/virtual-clock.ts'
import { incidentCause } from '../../functions/pipeline/incident-cause.ts'
import type { PeopleLedger } from '../../functions/pipeline/people/reads.ts'
import type { Clock, Ports, Transformer } from '../../functions/pipeline/ports.ts'
import { createTestContext } from '../support/api-world.ts'
import { at } from '../support/definition.ts'
import { hasPostgres, startPostgres } from '../support/postgres.ts'
import { createWorld, type World } from '../support/world.ts'

const NOW = at('2026-10-30T18:00:00Z')
const NOTIFY = NotifyConfig.parse({
  version: 1,
  people: { ana: { name: 'Ana', zone: 'America/New_York' } },
  rotations: { primary: { zone: 'America/New_York', handoff: 'Mon 09:00', people: ['ana'] } },
})

/** Where the process dies: before the effect of a call, or after it, with the answer lost. */
type Death = 'before' | 'after'

/** Ends a process at its nth effect: no later call of it does anything. */
class Life {
  effects = 0
  readonly #nth: number
  readonly #death: Death
  constructor(nth: number, death: Death) {
    this.#nth = nth
    this.#death = death
  }

  async effect<Result>(work: () => Promise<Result>): Promise<Result> {
    this.effects++
    if (this.effects < this.#nth) return await work()
    if (this.effects === this.#nth && this.#death === 'after') await work()
    throw new DaybreakError('LEDGER_FAILED', `the process died at effect ${this.#nth}`)
  }
}

const IMMORTAL = () => new Life(Number.POSITIVE_INFINITY, 'after')

function mortalLedger(ledger: PeopleLedger, life: Life): PeopleLedger {
  return {
    ...ledger,
    apply: (changes) => life.effect(() => ledger.apply(changes)),
    beginRequest: (...attempt) => life.effect(() => ledger.beginRequest(...attempt)),
    releaseRequest: (attempt) => life.effect(() => ledger.releaseRequest(attempt)),
    dropRequest: (attempt) => life.effect(() => ledger.dropRequest(attempt)),
  }
}

interface Writing {
  readonly method: 'POST' | 'PUT'
  readonly path: string
  readonly body: object
  readonly ifMatch?: string
}

/** Makes the state before a write, and gives the write. */
type Prepare = (ledger: PeopleLedger) => Promise<Writing>
const RUN = '0193a1f0-0000-7000-8000-00000000000a'
const BACKFILL = '0193a1f0-0000-7000-8000-00000000000b'
const SLICE = { pipeline: 'toast', window: '2026-10-29', shard: '185001', stream: 'order_details' } as const

const post =
  (path: string, body: object): Prepare =>
  async () => ({ method: 'POST', path, body })

async function withRun(ledger: PeopleLedger): Promise<void> {
  await ledger.apply([
    {
      change: 'run',
      run: {
        ...{ id: RUN, pipeline: 'toast', trigger: 'http', state: 'running', scope: {}, reason: null, backfillId: null },
        counts: { slices: 0, rows: 0, rejected: 0, unchanged: 0 },
        ...{ createdAt: NOW, startedAt: NOW, finishedAt: null, leaseUntil: NOW + 900_000, owner: null, version: 0 },
      },
    },
  ])
}

async function withBackfill(ledger: PeopleLedger): Promise<void> {
  await ledger.apply([
    {
      change: 'backfill',
      backfill: {
        ...{ id: BACKFILL, pipeline: 'toast', from: '2026-10-28', to: '2026-10-29', shards: [], streams: [] },
        ...{
          unit: 'day',
          fromArchive: true,
          force: false,
          reload: false,
          state: 'queued',
          next: '2026-10-28',
          runIds: [],
        },
        ...{ reason: null, createdAt: NOW, updatedAt: NOW, version: 0 },
      },
    },
  ])
}

const steer =
  (verb: string): Prepare =>
  async (ledger) => {
    await withBackfill(ledger)
    return { method: 'POST', path: `/api/backfill/${BACKFILL}:${verb}`, body: { reason: 'r' } }
  }

const WRITES: Readonly<Record<string, Prepare>> = {
  'run.create': post('/api/runs', { windows: ['2026-10-29'], reason: 'r' }),
  'run.cancel': async (ledger) => {
    await withRun(ledger)
    return { method: 'POST', path: `/api/runs/${RUN}:cancel`, body: { reason: 'r' } }
  },
  'run.retry': async (ledger) => {
    await withRun(ledger)
    return { method: 'POST', path: `/api/runs/${RUN}:retry`, body: { reason: 'r', failedOnly: false } }
  },
  'backfill.create': post('/api/backfill', { from: '2026-10-28', to: '2026-10-29', fromArchive: true, reason: 'r' }),
  'backfill.pause': steer('pause'),
  'backfill.cancel': steer('cancel'),
  'slice.retry': post('/api/slices:retry', { slices: [SLICE], reason: 'r' }),
  'slice.waive': post('/api/slices:waive', { slices: [SLICE], reason: 'r' }),
  'setting.put': async () => ({
    ...{ method: 'PUT', path: '/api/settings/policies/day', ifMatch: '"0"' },
    body: { levels: [{ to: 'person ana' }] },
  }),
  'on-call.override': post('/api/on-call/overrides', {
    ...{ rotation: 'primary', person: 'ana', from: '2026-10-30T18:00:00Z', to: '2026-10-31T18:00:00Z' },
  }),
  'incident.acknowledged': async (ledger) => {
    const cause = incidentCause.load('toast', 'order_details', '2026-10-29')
    await ledger.apply([
      {
        ...{ ...cause, change: 'incident_opened', severity: 'error', runId: null, at: NOW },
        reason: { code: 'LOAD_REJECTED', message: 'no' },
      },
    ])
    const { rows } = await ledger.reads.incidentPage({ limit: 1 })
    return { method: 'POST', path: `/api/incidents/${rows[0]?.id}:ack`, body: { note: 'mine' } }
  },
}

let transformer: Transformer
let world: World
beforeAll(async () => {
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '128MB', tempDir: '.' })
  world = await createWorld({ now: NOW, transformer })
})
afterAll(async () => {
  await world.close()
  await transformer.close()
})

/** Sends a request to a process that lives so long. */
async function send(
  { method, path, body, ifMatch }: Writing,
  { ledger, life, clock }: { readonly ledger: PeopleLedger; readonly life: Life; readonly clock: Clock },
): Promise<{ readonly status: number; readonly text: string }> {
  const mortal = mortalLedger(ledger, life)
  const wrap = (ports: Ports): Ports => ({
    ...{ ...ports, ledger: mortal, processes: null },
    queue: { ...ports.queue, publish: (messages) => life.effect(() => ports.queue.publish(messages)) },
  })
  const daybreak = await world.open(wrap, { clock })
  const project: Project = { ...world.project, notify: NOTIFY }
  const { context, stop } = createTestContext({ ...daybreak, people: mortal }, project)
  const handler = apiHandler(async () => context)
  const server = await startServer({ handler, host: '127.0.0.1', port: 0, maxBodyBytes: 1_048_576 })
  try {
    const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, {
      method,
      body: JSON.stringify(body),
      headers: {
        ...{ 'content-type': 'application/json', 'idempotency-key': 'k' },
        'x-test-principal': JSON.stringify({ name: 'ana', role: 'admin', shards: null }),
        ...(ifMatch !== undefined && { 'if-match': ifMatch }),
      },
    })
    return { status: answer.status, text: await answer.text() }
  } finally {
    await server.drain(0, stop)
    await daybreak.close()
  }
}

/** Everything that a write can have made, with what tells two of them apart. */
async function madeIn(ledger: PeopleLedger) {
  const { reads } = ledger
  return {
    runs: (await ledger.runs({})).map(({ id, state }) => [id, state]).toSorted(),
    backfills: (await reads.backfillPage({ limit: 50 })).rows.map(({ id, state }) => [id, state]).toSorted(),
    overrides: (await reads.overrides({ from: 0, to: NOW * 2 })).length,
    settings: (await reads.settings('policies')).map(({ id, version }) => [id, version]),
    slices: (await ledger.slices({})).map(({ stream, state }) => [stream, state]),
    events: (await reads.incidentPage({ limit: 9 })).rows.map(({ state }) => state),
    audit: (await reads.auditPage({ limit: 50 })).rows.map(({ action }) => action),
  }
}

type OpenLedger = () => Promise<PeopleLedger>

function testWrites(openLedger: OpenLedger, actions: readonly string[]): void {
  it.each(actions)('%s is done once, and answered, after a death at any of its effects', async (action) => {
    const prepare = WRITES[action]
    if (!prepare) throw new TypeError(action)
    const live = async (nth: number, death: Death) => {
      const ledger = await openLedger()
      const clock = createVirtualClock({ now: NOW })
      try {
        const writing = await prepare(ledger)
        const life = nth === 0 ? IMMORTAL() : new Life(nth, death)
        const first = await send(writing, { ledger, life, clock })
        await clock.advance(REQUEST_LEASE + 1)
        const second = await send(writing, { ledger, life: IMMORTAL(), clock })
        const third = await send(writing, { ledger, life: IMMORTAL(), clock })
        return { first, second, third, made: await madeIn(ledger), effects: life.effects }
      } finally {
        await ledger.close()
      }
    }
    const whole = await live(0, 'after')
    expect(whole.first.status, whole.first.text).toBeLessThan(300)
    expect(whole.second).toEqual(whole.first)
    expect(whole.made.audit).toEqual([action])
    const kinds = (made: Awaited<ReturnType<typeof madeIn>>) => ({
      ...made,
      runs: made.runs.map(([, state]) => state).toSorted(),
      backfills: made.backfills.map(([, state]) => state).toSorted(),
    })
    for (const death of ['before', 'after'] as const)
      for (let nth = 1; nth <= whole.effects; nth++) {
        const where = `${death} effect ${nth} of ${whole.effects}`
        const { first, second, third, made } = await live(nth, death)
        expect(first.status, where).toBe(503)
        expect(second.status, `${where}: ${second.text}`).toBe(whole.first.status)
        expect(third, where).toEqual(second)
        expect(kinds(made), where).toEqual(kinds(whole.made))
      }
  })
}

describe('a write under an Idempotency-Key, in SQLite,', () => {
  testWrites(() => openSqliteLedger({ path: ':memory:' }), Object.keys(WRITES))
})

describe.runIf(hasPostgres)('a write under an Idempotency-Key, in PostgreSQL,', () => {
  let server: Awaited<ReturnType<typeof startPostgres>>
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.close())
  testWrites(
    async () => openPostgresLedger({ ...(await server.createLogin({ isMember: true })), log: () => undefined }),
    ['run.create', 'backfill.create', 'setting.put'],
  )
})
