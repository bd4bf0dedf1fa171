import { describe, expect, it } from 'vitest'
import { ensureLoaded } from '../../functions/pipeline/night.ts'
import type { Job } from '../emulators/bigquery/jobs.ts'
import { bigqueryLoads, TASK } from '../support/bigquery-load.ts'
import { seeded } from '../support/seeded.ts'

const LETTERS = ['A', 'B', 'C', 'D']

const loads = (jobs: readonly Job[]) => jobs.filter(({ configuration }) => configuration.load)
const epochOf = ({ id }: Job) => Number(/_e(\d+)_/.exec(id)?.[1])

describe('corrections and workers', () => {
  it.each([1, 2, 3, 4, 5, 6])(
    'fault 47: three workers race on corrections, and the newest stands (draw %i)',
    async (draw) => {
      const random = seeded(draw)
      const pick = <Value>(values: readonly Value[]) => values[Math.floor(random() * values.length)]!
      const { server, worker, deliver, stage, held, partition, clock } = await bigqueryLoads({ hold: 'loads' })
      const deliveries = await Promise.all(LETTERS.map((letter) => deliver('1', letter)))
      const workers = [worker(), worker(), worker()]
      let newest = deliveries[0]!
      await stage('1', newest)
      const commits: number[] = []
      const release = async () => {
        const waiting = loads(server.jobs()).filter(({ state }) => state !== 'DONE')
        expect(waiting.length).toBeLessThanOrEqual(1)
        if (!waiting[0]) return
        if (random() < 0.3) server.failJob({ reason: 'backendError', id: waiting[0].id })
        await clock.advance(1_000)
        await server.release(waiting[0].id)
        if (!waiting[0].errorResult) commits.push(epochOf(waiting[0]))
      }
      for (let step = 0; step < 8; step++) {
        if (random() < 0.5) {
          newest = pick(deliveries)
          await stage('1', newest)
        }
        await Promise.all(workers.map((ports, n) => ensureLoaded({ ...TASK, runId: `run-${n}`, budget: 0 }, ports)))
        if (random() < 0.8) await release()
      }
      server.hold('nothing')
      await release()
      await clock.advance(1_000)
      await ensureLoaded({ ...TASK, force: true }, pick(workers))

      expect(await held()).toBe(newest.part.rows)
      expect(await partition()).toMatchObject({ state: 'idle', rows: newest.part.rows })
      expect(commits).toEqual(commits.toSorted((a, b) => a - b))
      const [row] = await server.rows('SELECT row_count FROM toast._loads ORDER BY loaded_at DESC, job_id DESC')
      expect(row).toEqual([BigInt(newest.part.rows)])
    },
  )

  it('fault 48: a worker that wakes up after half an hour loads nothing old', async () => {
    const { server, worker, deliver, stage, held, clock } = await bigqueryLoads()
    const [zombie, other] = [worker(), worker()]
    await stage('1', await deliver('1', 'A'))
    const { promise, resolve } = Promise.withResolvers<void>()
    const { promise: inserting, resolve: reach } = Promise.withResolvers<void>()
    const wait = () => {
      reach()
      return promise
    }
    // The first insertion asks for the epochs that the warehouse has seen.
    server.faults.on({ operation: 'jobs.insert', call: 2 }, { kind: 'hold', wait })
    // The zombie has claimed the epoch, and its insertion is on its way.
    const asleep = ensureLoaded(TASK, zombie)
    await inserting

    await ensureLoaded({ ...TASK, runId: 'run-2' }, other)
    await stage('1', await deliver('1', 'B'))
    expect(await ensureLoaded({ ...TASK, runId: 'run-2' }, other)).toMatchObject({ partition: { rows: 6 } })
    await clock.advance(1_800_000)
    resolve()

    expect(await asleep).toMatchObject({ partition: { rows: 6 } })
    expect(await held()).toBe(6)
    expect(loads(server.jobs()).map(({ state, errorResult }) => [state, errorResult])).toEqual([
      ['DONE', null],
      ['DONE', null],
    ])
    const statuses = server.calls.filter(({ operation }) => operation === 'jobs.insert').map(({ status }) => status)
    expect(statuses).toContain(409)
  })

  it('fault 39: an answer that is lost at any request leaves the same table', async () => {
    for (const operation of [
      'tables.get',
      'tables.insert',
      'jobs.insert',
      'jobs.get',
      'jobs.getQueryResults',
    ] as const) {
      for (const call of [1, 2, 3]) {
        const { server, worker, deliver, stage, held } = await bigqueryLoads()
        server.faults.on({ operation, call }, { kind: 'lost' })
        await stage('1', await deliver('1', 'A'))
        expect(await ensureLoaded(TASK, worker())).toMatchObject({ outcome: 'loaded', partition: { rows: 5 } })
        expect(await held()).toBe(5)
        expect(await server.rows('SELECT count(*) FROM toast._loads')).toEqual([[1n]])
      }
    }
  })
})
