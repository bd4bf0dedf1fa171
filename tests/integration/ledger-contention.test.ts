import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { PostgresSettings } from '../../functions/adapters/postgres/config.ts'
import { openPostgresLedger } from '../../functions/adapters/postgres/ledger.ts'
import { MIGRATIONS } from '../../functions/ledger/migrations/all.ts'
import { ensureLoaded } from '../../functions/pipeline/night.ts'
import type { Change, Ledger } from '../../functions/pipeline/ports.ts'
import { createJobWarehouse } from '../support/job-warehouse.ts'
import { anIncident, aRun, aSlice } from '../support/ledger-rows.ts'
import { createLoadBench, DATE, TASK } from '../support/load-bench.ts'
import { effective, moveRows, preparePartitions, ROWS, STREAMS } from '../support/move-rows.ts'
import { type MoverProcess, startMover } from '../support/mover.ts'
import { hasPostgres, NO_POSTGRES, type Postgres, startPostgres } from '../support/postgres.ts'

describe.skipIf(!hasPostgres)(hasPostgres ? 'many workers on one ledger in PostgreSQL' : NO_POSTGRES, () => {
  let server: Postgres
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.close())

  let login: PostgresSettings
  const opened: Ledger[] = []
  const movers: MoverProcess[] = []
  beforeEach(async () => {
    login = await server.createLogin()
  })
  afterEach(async () => {
    for (const { child } of movers.splice(0)) child.kill('SIGKILL')
    await Promise.all(opened.splice(0).map((ledger) => ledger.close()))
  })

  /** A pool of connections of its own, as another instance has. */
  const open = async (more: Partial<PostgresSettings> = {}): Promise<Ledger> => {
    const ledger = await openPostgresLedger({ ...login, ...more, log: () => undefined })
    opened.push(ledger)
    return ledger
  }
  const openMany = (count: number, more?: Partial<PostgresSettings>) =>
    Promise.all(Array.from({ length: count }, () => open(more)))

  /** Wins of a worker that lost a race: none. Any other failure fails the test. */
  const lost = (error: unknown): number => {
    expect(error).toMatchObject({ code: 'LEDGER_CONFLICT' })
    return 0
  }

  /** After any course of events rows were neither made nor lost, and each move is on record whole, and once. */
  const expectMoves = async (expected: number) => {
    const { user } = login
    const partitions = `select sum(rows)::int as rows, sum(version - 1)::int as changes from ${user}.partitions`
    const moves = `select count(*)::int as moves, count(distinct (actor, subject))::int as different from ${user}.audit`
    const [found] = await server.sql(`select * from (${partitions}) p, (${moves}) m`)
    expect(found).toEqual({ rows: STREAMS.length * ROWS, changes: 2 * expected, moves: expected, different: expected })
  }

  it('five processes open an empty one at once, and move the same rows without losing a change (fault 51)', async () => {
    for (let index = 0; index < 5; index++) movers.push(startMover(JSON.stringify(login), 60, `process ${index}`))
    await Promise.all(movers.map(({ ready }) => ready))
    for (const { go } of movers) go()
    expect(await Promise.all(movers.map(({ exit }) => exit))).toEqual(movers.map(() => [0, null]))
    expect(Math.max(...movers.map(({ conflicts }) => conflicts())), 'that they met at all').toBeGreaterThan(0)
    await expectMoves(5 * effective(60))
    expect(await server.sql(`select version from ${login.user}.schema_migrations`)).toHaveLength(MIGRATIONS.length)
  })

  it('six pools lose no version of a slice, and each is written by one of them', async () => {
    const ledgers = await openMany(6)
    const wins = await Promise.all(
      ledgers.map(async (ledger) => {
        let won = 0
        for (let round = 0; round < 40; round++) {
          const stored = await ledger.slice(aSlice())
          const slice = { ...(stored ?? aSlice()), lookedAt: stored === null ? 1 : stored.version + 1 }
          won += await ledger.apply([{ change: 'slice', slice }]).then(() => 1, lost)
        }
        return won
      }),
    )
    const all = wins.reduce((sum, won) => sum + won)
    expect(await ledgers[0]!.slice(aSlice())).toMatchObject({ version: all, lookedAt: all })
    expect(all, 'that they met at all').toBeLessThan(6 * 40)
  })

  it('the end of a run that six write at once is written once, and none is refused', async () => {
    const ledgers = await openMany(6)
    await ledgers[0]!.apply([{ change: 'run', run: aRun({ state: 'running', finishedAt: null }) }])
    const ended: Change = { change: 'run', run: aRun({ state: 'succeeded', finishedAt: 9, version: 1 }) }
    await Promise.all(ledgers.map((ledger) => ledger.apply([ended])))
    expect(await ledgers[0]!.run('run-1')).toMatchObject({ state: 'succeeded', version: 2 })
    const other = { ...ended, run: { ...ended.run, state: 'failed' as const } }
    await expect(ledgers[1]!.apply([other])).rejects.toMatchObject({ code: 'LEDGER_CONFLICT' })
  })

  it('transactions that wait for each other are undone and applied again, without an error', async () => {
    const [one, other] = await openMany(2)
    const all = Array.from({ length: 60 }, (_, index) => anIncident({ key: `${index}` }))
    await one!.apply(all)
    // Both stop at the row in the middle. Once it is free, each holds what the other needs next.
    await server.sql(`begin; select 1 from ${login.user}.incidents where key = '30' for update`)
    const both = Promise.all([one!.apply(all), other!.apply(all.toReversed())])
    for (let waiting = 0; waiting < 2; ) {
      const [found] = await server.sql('select count(distinct pid)::int as waiting from pg_locks where not granted')
      waiting = Number(found?.['waiting'])
      await sleep(5)
    }
    await server.sql('commit')
    await both
    expect(server.log(), 'that they met at all').toContain('deadlock detected')
    expect(new Set((await one!.incidents({})).map(({ occurrences }) => occurrences))).toEqual(new Set([3]))
  })

  it('four workers on one partition publish an epoch after the last job’s end, and end at the latest correction (fault 47, fault 48)', async () => {
    const warehouse = createJobWarehouse()
    const benches = await Promise.all((await openMany(4)).map((ledger) => createLoadBench(warehouse, ledger)))
    // Objects are one store for all of them.
    const { objects } = benches[0]!.ports
    const slow = { now: () => Date.now(), sleep: async () => sleep(1) }
    await benches[0]!.stage('1', 'A')
    let most = 0
    const warden = setInterval(() => {
      const [job] = warehouse.running()
      most = Math.max(most, warehouse.running().length)
      if (job) warehouse.end(job.id)
    }, 3)
    const work = benches.map(async ({ ports, stage }, worker) => {
      for (const letter of ['B', 'C', 'A', 'D']) {
        await stage(`${worker}`, letter)
        await ensureLoaded(TASK, { ...ports, objects, clock: slow })
      }
    })
    await Promise.all(work).finally(() => clearInterval(warden))
    const { ledger } = benches[0]!.ports
    const [partition, slices] = [await ledger.partition('toast', 'orders', DATE), await ledger.slices({})]
    expect(most, 'jobs of one partition at a time').toBe(1)
    expect(partition).toMatchObject({ state: 'idle', loaded: partition?.wanted })
    expect(warehouse.table.map(({ part }) => part.uri)).toEqual(
      slices.map(({ delivery }) => `memory://${delivery?.part.object}`),
    )
    expect(slices.map(({ state }) => state)).toEqual(['loaded', 'loaded', 'loaded', 'loaded'])
    const epochs = warehouse.commits.map(({ id }) => Number(/_e(\d+)_/.exec(id)?.[1]))
    expect(epochs).toEqual(epochs.toSorted((a, b) => a - b))
    expect(new Set(epochs).size).toBe(epochs.length)
  })

  it('the server dies in the midst of their work, twice, and comes back: each move is applied once (fault 59)', async () => {
    const ledgers = await openMany(4)
    await preparePartitions(ledgers[0]!)
    let moved = 0
    const enough = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const onMove = () => {
      if (++moved === 40) enough[0]!.resolve()
      if (moved === 120) enough[1]!.resolve()
    }
    const moving = Promise.all(
      ledgers.map((ledger, index) => moveRows(ledger, { name: `${index}`, moves: 60, onMove })),
    )
    for (const { promise } of enough) {
      await promise
      await server.kill()
      await server.start()
    }
    const met = await moving
    expect(Math.max(...met.map(({ busy }) => busy)), 'that they noticed').toBeGreaterThan(0)
    await expectMoves(4 * effective(60))
  })

  it('waits for a connection while others hold all that the login may have, and says LEDGER_BUSY when that lasts', async () => {
    const few = await open({ connections: 2 })
    await few.apply([{ change: 'slice', slice: aSlice() }])
    await Promise.all([few.slices({}), few.slices({})])
    await server.sql(`alter role ${login.user} connection limit 2`)
    const crowded = { code: 'LEDGER_BUSY', message: expect.stringContaining('too many connections') }
    await expect(open({ connectTimeout: 300 })).rejects.toMatchObject(crowded)
    const patient = open({ connectTimeout: 5_000 })
    await few.close()
    opened.splice(opened.indexOf(few), 1)
    expect(await (await patient).slices({})).toHaveLength(1)
  })

  it('more work than connections waits its turn', async () => {
    const ledger = await open({ connections: 2 })
    const slices = Array.from(
      { length: 40 },
      (_, index): Change => ({ change: 'slice', slice: aSlice({ shard: `${index}` }) }),
    )
    await Promise.all(slices.map((change) => ledger.apply([change])))
    expect(await ledger.slices({})).toHaveLength(40)
  })
})
