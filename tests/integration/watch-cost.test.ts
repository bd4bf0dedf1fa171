import { DatabaseSync } from 'node:sqlite'
import { Kysely, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openPool } from '../../functions/adapters/postgres/client.ts'
import { createPostgresDialect } from '../../functions/adapters/postgres/dialect.ts'
import { POSTGRES } from '../../functions/adapters/postgres/ledger.ts'
import { createSqliteDialect } from '../../functions/adapters/sqlite/dialect.ts'
import { SQLITE } from '../../functions/adapters/sqlite/ledger.ts'
import { NotifyConfig } from '../../functions/config/notify-config.ts'
import { createLedger } from '../../functions/ledger/ledger.ts'
import { migrate } from '../../functions/ledger/migrate.ts'
import type { Schema } from '../../functions/ledger/schema.ts'
import { createVirtualClock } from '../../functions/lib/virtual-clock.ts'
import type { PeopleLedger } from '../../functions/pipeline/people/reads.ts'
import { createMemory, recall } from '../../functions/watch/memory.ts'
import { watchPass } from '../../functions/watch/pass.ts'
import type { WatchPorts } from '../../functions/watch/ports.ts'
import { aContract, aDefinition, at } from '../support/definition.ts'
import { fillLedger, STREAMS, shardAt, windowAt } from '../support/large-ledger.ts'
import { hasPostgres, NO_POSTGRES, type Postgres, startPostgres } from '../support/postgres.ts'
import { silent } from '../support/world.ts'

// 100,800 slices: 72 days of 200 locations. The source keeps the last eight.
const EXTENT = { shards: 200, windows: 72 }
const LAST = EXTENT.windows - 1
const NOW = at(`${windowAt(LAST)}T23:00:00Z`)
const MINUTE = 60_000

interface Place {
  readonly ledger: PeopleLedger
  readonly statements: string[]
}

function createPorts(ledger: PeopleLedger) {
  const clock = createVirtualClock({ now: NOW })
  const plain = aDefinition()
  const definition = aDefinition({
    contracts: new Map(STREAMS.map((stream) => [stream, aContract(stream)])),
    config: { ...plain.config, streams: STREAMS },
    shards: Array.from({ length: EXTENT.shards }, (_, number) => {
      return { ...plain.shards[0]!, id: shardAt(number), name: shardAt(number) }
    }),
  })
  let id = 0
  const ports: WatchPorts = {
    ...{ ledger, clock, log: silent, newId: () => `w${++id}`, environment: 'prod', random: () => 0 },
    definitions: new Map([['toast', definition]]),
    config: NotifyConfig.parse({ version: 1 }),
    memory: createMemory(),
    heartbeat: null,
    modelSources: new Map(),
    openChannel: async () => {
      throw new TypeError('nothing is sent')
    },
  }
  return { ports, clock, definition }
}

const ofSlices = (statements: readonly string[]) => statements.filter((text) => /from "?slices"?/.test(text))

function suite(place: () => Place): void {
  it('the slices that the source keeps once, then none in a quiet minute, and one window after a change', async () => {
    const { ledger, statements } = place()
    const { ports, clock } = createPorts(ledger)
    const counted = async () => {
      statements.length = 0
      await watchPass(ports)
      await clock.advance(MINUTE)
      return { all: statements.length, slices: ofSlices(statements).length }
    }
    const first = await counted()
    expect(first.slices).toBe(2)
    expect([...(ports.memory.pipelines.get('toast')?.looks.values() ?? [])].flat()).toHaveLength(9 * 1_400)
    await counted()
    const quiet = await counted()
    expect(quiet).toEqual({ all: quiet.all, slices: 0 })
    expect(quiet.all).toBeLessThanOrEqual(first.all)

    const [slice] = await ledger.slices({ pipeline: 'toast', windows: [windowAt(LAST)], shards: [shardAt(3)] })
    await ledger.apply([{ change: 'slice', slice: { ...slice!, lookedAt: clock.now() } }])
    const rows: number[] = []
    const sliceLooks: typeof ledger.sliceLooks = async (filter) => {
      const looks = await ledger.sliceLooks(filter)
      rows.push(looks.length)
      return looks
    }
    statements.length = 0
    await watchPass({ ...ports, ledger: { ...ledger, sliceLooks } })
    expect([ofSlices(statements).length, rows]).toEqual([2, [1_400]])
  })

  it('the same rows as a process that knew nothing before', async () => {
    const { ledger } = place()
    const { ports, clock, definition } = createPorts(ledger)
    const change = async (windows: readonly number[], shards: number) => {
      const slices = await ledger.slices({
        pipeline: 'toast',
        windows: windows.map(windowAt),
        shards: Array.from({ length: shards }, (_, number) => shardAt(number)),
      })
      await ledger.apply(slices.map((slice) => ({ change: 'slice', slice: { ...slice, lookedAt: clock.now() } })))
    }
    const states = [
      () => Promise.resolve(),
      () => change([LAST], 1),
      // Over 50 slices are told as windows.
      () => change([LAST - 1, LAST - 4], 20),
      // A window that the source has deleted.
      () => change([LAST - 30], 1),
      async () => {
        const before = await ledger.partition('toast', 'orders', windowAt(LAST))
        await ledger.apply([{ change: 'partition', partition: { ...before!, rows: 7 } }])
      },
      // The next day begins, so the window before the oldest one is forgotten.
      () => clock.advance(2 * 3_600_000),
    ]
    for (const [number, state] of states.entries()) {
      await state()
      const fresh = createMemory()
      await recall(ports.memory, [definition], { ledger, now: clock.now() })
      await recall(fresh, [definition], { ledger, now: clock.now() })
      const sorted = (memory: typeof fresh) => {
        const { looks, partitions, days, runs, range } = memory.pipelines.get('toast')!
        const rowsOf = <Row>(map: ReadonlyMap<string, readonly Row[]>) => [...map].toSorted().flatMap(([, all]) => all)
        return { looks: rowsOf(looks), partitions: rowsOf(partitions), days: rowsOf(days), runs, range }
      }
      expect(sorted(ports.memory), `after change ${number}`).toEqual(sorted(fresh))
    }
  })
}

describe('a pass of the watch reads from SQLite', () => {
  const statements: string[] = []
  const db = new Kysely<Schema>({
    dialect: createSqliteDialect(new DatabaseSync(':memory:'), 1000),
    log: ({ query }) => void statements.push(query.sql),
  })
  let id = 0
  const ledger = createLedger(db, { dialect: SQLITE, newId: () => `id${++id}`, now: () => NOW })
  beforeAll(async () => {
    await migrate(db, { dialect: SQLITE, now: () => 1 })
    await fillLedger(db, EXTENT)
  }, 120_000)
  afterAll(() => ledger.close())
  suite(() => ({ ledger, statements }))
})

describe.skipIf(!hasPostgres)(hasPostgres ? 'a pass of the watch reads from PostgreSQL' : NO_POSTGRES, () => {
  let server: Postgres
  let ledger: PeopleLedger
  const statements: string[] = []
  beforeAll(async () => {
    server = await startPostgres({ settings: { shared_buffers: '128MB' } })
    const pool = openPool(await server.createLogin(), () => undefined)
    const dialect = createPostgresDialect({ pool, now: () => NOW, newId: () => 'session', patience: null })
    const db = new Kysely<Schema>({ dialect, log: ({ query }) => void statements.push(query.sql) })
    await migrate(db, { dialect: POSTGRES, now: () => 1 })
    await fillLedger(db, EXTENT)
    await sql`vacuum analyze`.execute(db)
    let id = 0
    ledger = createLedger(db, { dialect: POSTGRES, newId: () => `id${++id}`, now: () => NOW })
  }, 120_000)
  afterAll(async () => {
    await ledger.close()
    await server.close()
  })
  suite(() => ({ ledger, statements }))
})
