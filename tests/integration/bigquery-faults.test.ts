import { describe, expect, it } from 'vitest'
import type { LoadJob } from '../../functions/pipeline/destination.ts'
import { ensureLoaded } from '../../functions/pipeline/night.ts'
import { COLUMNS, TABLE } from '../contract/warehouse-table.ts'
import { bigqueryWithParts } from '../support/bigquery.ts'
import { bigqueryLoads, DATE, TASK } from '../support/bigquery-load.ts'

const ROW = ['1', DATE, 'x', '1.01', '0', 'ab']

/** A world with one part, and the job that loads it. */
async function oneJob(options: Parameters<typeof bigqueryWithParts>[0] = {}) {
  const world = await bigqueryWithParts(options)
  const warehouse = world.open()
  await warehouse.ensureTable(TABLE)
  const entry = await world.part('a', COLUMNS, [ROW])
  const job: LoadJob = {
    id: 'test_e1_a1',
    table: TABLE,
    window: DATE,
    content: 'c0ffee',
    entries: [entry],
    runId: 'run-1',
  }
  const count = (operation: string) =>
    world.server.calls.filter((call) => call.operation === operation && call.jobId?.endsWith('_a1')).length
  return { ...world, warehouse, job, count }
}

const DONE = { state: 'done', rows: 1, totals: { amount: '1.01' } }

describe('a job that is inserted', () => {
  it('fault 39: is found again when the answer was lost, and runs once', async () => {
    const { server, warehouse, job, count } = await oneJob()
    server.faults.on({ operation: 'jobs.insert' }, { kind: 'lost' })

    await warehouse.startLoad(job)

    expect(await warehouse.loadStatus(job)).toMatchObject(DONE)
    expect(count('jobs.insert')).toBe(2)
    expect(server.jobs().filter(({ id }) => id === job.id)).toHaveLength(1)
  })

  it('fault 39: is taken for ours by a worker of any run, and counts for the run that was first', async () => {
    const { server, warehouse, open, job } = await oneJob()
    await warehouse.startLoad(job)
    const other = open()
    await other.startLoad({ ...job, runId: 'run-2' })
    // Both see it through, and it is remembered once.
    expect(await Promise.all([other.loadStatus(job), warehouse.loadStatus(job)])).toMatchObject([DONE, DONE])
    expect(await server.rows('SELECT run_id, row_count FROM toast._loads')).toEqual([['run-1', 1n]])
  })

  it('fault 40: refuses another job of that id: nothing is loaded, and no worker goes on', async () => {
    const { server, open, warehouse, part, job } = await oneJob()
    await warehouse.startLoad(job)
    await warehouse.loadStatus(job)
    const other = await part('b', COLUMNS, [ROW, ROW])
    const conflict = { code: 'JOB_CONFLICT', retryable: false, message: expect.stringContaining(job.id) }
    await expect(open().startLoad({ ...job, entries: [other] })).rejects.toMatchObject(conflict)
    await expect(open().startLoad({ ...job, window: '2026-01-06' })).rejects.toMatchObject(conflict)
    await expect(open().startLoad({ ...job, entries: [] })).rejects.toMatchObject(conflict)
    expect(await server.rows('SELECT count(*) FROM toast.order_details')).toEqual([[1n]])
  })

  it('fault 42: may have failed by the time it is answered, which the client throws', async () => {
    const { server, warehouse, broken, job } = await oneJob()
    server.faults.on({ operation: 'jobs.insert' }, { kind: 'settled' })
    const damaged = await broken('damaged')
    await warehouse.startLoad({ ...job, entries: [damaged] })
    const message = expect.stringContaining(damaged.part.uri)
    expect(await warehouse.loadStatus(job)).toMatchObject({ state: 'failed', permanent: true, message })
  })

  it.each(['backendError', 'internalError', 'rateLimitExceeded'] as const)(
    'fault 44: is inserted again a little later after %s',
    async (reason) => {
      const { server, warehouse, job, clock, count } = await oneJob()
      const before = clock.now()
      server.faults.on({ operation: 'jobs.insert', times: 2 }, { kind: 'refuse', reason })
      await warehouse.startLoad(job)
      expect(await warehouse.loadStatus(job)).toMatchObject(DONE)
      expect(count('jobs.insert')).toBe(3)
      expect(clock.now() - before).toBeGreaterThan(1_000)
      expect(clock.now() - before).toBeLessThan(10_000)
    },
  )

  it.each([
    ['a proxy answers in its place', { kind: 'garbage', status: 502 }],
    ['the connection breaks', { kind: 'reset' }],
  ] as const)('is inserted again when %s', async (_, fault) => {
    const { server, warehouse, job } = await oneJob()
    server.faults.on({ operation: 'jobs.insert' }, fault)
    await warehouse.startLoad(job)
    expect(await warehouse.loadStatus(job)).toMatchObject(DONE)
  })

  it('fault 44: gives up when BigQuery stays down, in words for an operator', async () => {
    const { server, warehouse, job, count } = await oneJob()
    server.faults.on({ operation: 'jobs.insert', times: 99 }, { kind: 'refuse', reason: 'backendError' })
    await expect(warehouse.startLoad(job)).rejects.toMatchObject({ code: 'WAREHOUSE_FAILED', retryable: true })
    expect(count('jobs.insert')).toBe(4)
  })

  it('fault 44: is not even tried for a while once the quota is used up', async () => {
    const { server, warehouse, job, clock, logged, count } = await oneJob()
    server.faults.on({ operation: 'jobs.insert' }, { kind: 'refuse', reason: 'quotaExceeded' })
    const refused = { code: 'WAREHOUSE_QUOTA', retryable: true }
    for (let n = 0; n < 5; n++) await expect(warehouse.startLoad(job)).rejects.toMatchObject(refused)
    expect(count('jobs.insert')).toBe(1)
    expect(logged.filter(({ severity }) => severity === 'ERROR')).toMatchObject([{ code: 'WAREHOUSE_QUOTA' }])

    await clock.advance(600_000)
    await warehouse.startLoad(job)
    expect(await warehouse.loadStatus(job)).toMatchObject(DONE)
  })

  it('fault 44: that ends for want of quota is no fault of its own, and keeps others from starting', async () => {
    const { server, warehouse, job, part } = await oneJob({ quotas: { partitionChangesPerDay: 1 } })
    await warehouse.startLoad(job)
    expect(await warehouse.loadStatus(job)).toMatchObject(DONE)
    const b = { ...job, id: 'test_e2_a1', entries: [await part('b', COLUMNS, [ROW, ROW])] }
    await warehouse.startLoad(b)
    const message = expect.stringContaining('Number of partition modifications')
    expect(await warehouse.loadStatus(b)).toMatchObject({ state: 'failed', permanent: false, message })
    await expect(warehouse.startLoad({ ...b, id: 'test_e3_a1' })).rejects.toMatchObject({ code: 'WAREHOUSE_QUOTA' })
    expect(await server.rows('SELECT count(*) FROM toast.order_details')).toEqual([[1n]])
  })

  it('fault 38: without the permission is tried once, and never again by itself', async () => {
    const { server, warehouse, job, count } = await oneJob()
    const message = 'Access Denied: Project acme-daybreak: User does not have bigquery.jobs.create permission.'
    server.faults.on({ operation: 'jobs.insert', times: 99 }, { kind: 'refuse', reason: 'accessDenied', message })
    const denied = {
      code: 'WAREHOUSE_DENIED',
      retryable: false,
      message: expect.stringContaining('bigquery.jobs.create'),
    }
    await expect(warehouse.startLoad(job)).rejects.toMatchObject(denied)
    expect(count('jobs.insert')).toBe(1)
  })

  it('is given up and asked for again when the server goes silent', async () => {
    const { server, open, job } = await oneJob()
    const { promise, resolve } = Promise.withResolvers<void>()
    server.faults.on({ operation: 'jobs.insert' }, { kind: 'late', until: promise })
    const warehouse = open({ requestTimeout: 1_000 })
    await warehouse.startLoad(job)
    resolve()
    expect(await warehouse.loadStatus(job)).toMatchObject(DONE)
  })
})

describe('a job that runs', () => {
  it('fault 41: longer than a request leaves the partition pending, and no second job is made', async () => {
    const { server, worker, deliver, stage, clock, held } = await bigqueryLoads({ hold: 'loads' })
    const ports = worker()
    await stage('1', await deliver('1', 'A'))

    const before = clock.now()
    expect(await ensureLoaded(TASK, ports)).toMatchObject({ outcome: 'pending' })
    expect(clock.now() - before).toBeLessThan(70_000)
    const job = server.jobs().find(({ configuration }) => configuration.load)
    server.begin(job!.id)
    expect(await ports.destination('toast').loadStatus({ ...TASK, id: job!.id })).toEqual({ state: 'running' })
    expect(await ensureLoaded({ ...TASK, runId: 'run-2' }, worker())).toMatchObject({ outcome: 'pending' })
    expect(await held()).toBe(0)

    await server.release(job!.id)
    expect(await ensureLoaded({ ...TASK, runId: 'run-3' }, worker())).toMatchObject({
      outcome: 'loaded',
      partition: { rows: 5 },
    })
    expect(server.usage().loadJobs).toBe(1)
    expect(await server.rows('SELECT job_id, run_id FROM toast._loads')).toEqual([[job!.id, 'run-1']])
  })

  it('fault 42: and is DONE with an error has loaded nothing; the message names the file', async () => {
    const { server, worker, deliver, stage, objects, held } = await bigqueryLoads()
    const ports = worker()
    await stage('1', await deliver('1', 'A'))
    await ensureLoaded(TASK, ports)
    const good = await deliver('2', 'B')
    const object = `parts/toast/order_details/${DATE}/2/damaged.parquet`
    await objects.put(object, Buffer.from('no Parquet, and long enough to be looked into'))
    const bytes = (await objects.size(object)) ?? 0
    await stage('2', { ...good, part: { ...good.part, object, bytes } })

    const { outcome, partition } = await ensureLoaded(TASK, ports)

    expect(outcome).toBe('quarantined')
    const message = expect.stringContaining(`gs://acme/${object}`)
    expect(partition).toMatchObject({ reason: { code: 'LOAD_REJECTED', message } })
    expect(await held()).toBe(5)
    expect(server.jobs().filter(({ configuration }) => configuration.load)).toHaveLength(2)
    await stage('2', good)
    expect(await ensureLoaded(TASK, ports)).toMatchObject({ outcome: 'loaded', partition: { rows: 11 } })
  })

  it('fault 42: DONE with errors that are none of its result is done', async () => {
    const { server, warehouse, job } = await oneJob()
    server.failJob({ warning: 'Some file was odd.' })
    await warehouse.startLoad(job)
    expect(await warehouse.loadStatus(job)).toMatchObject(DONE)
  })

  it.each(['backendError', 'internalError', 'jobBackendError', 'jobInternalError'] as const)(
    'fault 43: and ends with %s is tried again under another id',
    async (reason) => {
      const { server, worker, deliver, stage } = await bigqueryLoads()
      server.failJob({ reason, id: '_a', times: 2 })
      await stage('1', await deliver('1', 'A'))
      expect(await ensureLoaded(TASK, worker())).toMatchObject({
        outcome: 'loaded',
        partition: { rows: 5, attempt: 3 },
      })
      const ids = server
        .jobs()
        .filter(({ configuration }) => configuration.load)
        .map(({ id }) => id.replace(/^.*_(a\d)_[0-9a-f]{12}$/, '$1'))
      expect(ids).toEqual(['a1', 'a2', 'a3'])
    },
  )

  it('records the bytes that its count was billed for, and their price', async () => {
    const { server, worker, deliver, stage, ledger } = await bigqueryLoads()
    await stage('1', await deliver('1', 'A'))
    await ensureLoaded(TASK, worker({ dollarsPerTib: 1_048_576 }))
    const used = await ledger.reads.runUsage(TASK.runId)
    const billed = used.find(({ kind }) => kind === 'bytes_billed')
    expect(billed?.amount).toBe(10_485_760)
    expect(server.usage().bytesBilled).toBeGreaterThanOrEqual(billed?.amount ?? 0)
    // A dollar for a MiB.
    expect(billed?.costMicros).toBe(10_000_000)
  })

  it('fault 43: is given up after three, told, and the partition keeps what it had', async () => {
    const { server, worker, deliver, stage, ledger, held } = await bigqueryLoads()
    await stage('1', await deliver('1', 'A'))
    await ensureLoaded(TASK, worker())
    server.failJob({ reason: 'jobBackendError', id: '_a', times: 3 })
    await stage('1', await deliver('1', 'B'))
    expect(await ensureLoaded(TASK, worker())).toMatchObject({
      outcome: 'quarantined',
      partition: { reason: { code: 'WAREHOUSE_FAILED' } },
    })
    expect(server.usage().loadJobs).toBe(4)
    expect(await held()).toBe(5)
    expect(await ledger.incidents({ states: ['open'] })).toMatchObject([{ key: `load/toast/order_details/${DATE}` }])
  })

  it('fault 45: and meets rows of another day than its partition changes nothing', async () => {
    const { server, warehouse, part, job } = await oneJob()
    const mixed = await part('mixed', COLUMNS, [ROW, ['1', '2026-01-06', 'y', '1', '0', 'ab']])
    await warehouse.startLoad({ ...job, entries: [mixed] })
    const message = expect.stringContaining('different partitions rather than destination partition 20260105')
    expect(await warehouse.loadStatus(job)).toMatchObject({ state: 'failed', permanent: true, message })
    expect(await server.rows('SELECT count(*) FROM toast.order_details')).toEqual([[0n]])
  })

  it('fault 46: and says other rows than the manifest does not count as loaded', async () => {
    const { server, worker, deliver, stage, partition } = await bigqueryLoads()
    server.failJob({ outputRows: 4, id: '_a' })
    await stage('1', await deliver('1', 'A'))
    expect(await ensureLoaded(TASK, worker())).toMatchObject({ outcome: 'quarantined' })
    expect(await partition()).toMatchObject({
      loaded: 0,
      reason: { code: 'NOT_RECONCILED', message: expect.stringContaining('4 rows') },
    })
    expect(await ensureLoaded({ ...TASK, force: true }, worker())).toMatchObject({
      outcome: 'loaded',
      partition: { rows: 5 },
    })
  })

  it('fault 46: and leaves other money than the manifest lists does not count as loaded', async () => {
    const { server, worker, deliver, stage, partition } = await bigqueryLoads({ hold: 'loads' })
    await stage('1', await deliver('1', 'A'))
    const ports = worker()
    await ensureLoaded(TASK, ports)
    const loads = () => server.jobs().filter(({ configuration }) => configuration.load)
    await server.release(loads()[0]!.id)
    await server.rows(`UPDATE toast.order_details SET amount = amount + 0.01 WHERE order_id = '0'`)
    // The job was there before this call, so the table may be of another epoch: it is loaded under a new one.
    expect(await ensureLoaded(TASK, ports)).toMatchObject({ outcome: 'pending' })
    expect(await partition()).toMatchObject({ loaded: 0 })
    await server.release(loads()[1]!.id)
    expect(await ensureLoaded(TASK, ports)).toMatchObject({ outcome: 'loaded' })
    expect(await partition()).toMatchObject({ loaded: 1, totals: { amount: '5.05' } })
  })

  it('fault 37: and misses a part says which, so that it is made again', async () => {
    const { warehouse, missing, job } = await oneJob()
    const gone = missing('gone')
    await warehouse.startLoad({ ...job, entries: [...job.entries, gone] })
    const message = `Not found: URI ${gone.part.uri}`
    expect(await warehouse.loadStatus(job)).toEqual({
      state: 'failed',
      permanent: true,
      code: 'OBJECT_MISSING',
      message,
    })
  })
})
