import { BigQuery } from '@google-cloud/bigquery'
import { PassThroughClient } from 'google-auth-library'
import { describe, expect, it } from 'vitest'
import { ensureLoaded } from '../../functions/pipeline/load.ts'
import type { LoadJob } from '../../functions/pipeline/ports.ts'
import { COLUMNS, TABLE } from '../contract/warehouse-table.ts'
import { bigqueryWithParts, bigqueryWorld, uriEntry } from '../support/bigquery.ts'
import { bigqueryLoads, DATE, TASK } from '../support/bigquery-load.ts'

const NOTE = { name: 'note', type: 'VARCHAR', description: 'A note.' }
const WIDER = { ...TABLE, columns: [...TABLE.columns, NOTE] }

const clientOf = ({ url, project }: { readonly url: string; readonly project: string }) =>
  new BigQuery({ projectId: project, apiEndpoint: url, authClient: new PassThroughClient() })

describe('a table', () => {
  it('is made as a load needs it', async () => {
    const { server, open } = await bigqueryWorld()
    await open().ensureTable(TABLE)
    const [metadata] = await clientOf(server).dataset('toast').table('order_details').getMetadata()
    expect(metadata).toMatchObject({
      description: TABLE.description,
      timePartitioning: { type: 'DAY', field: 'business_date' },
      clustering: { fields: ['location_id'] },
      requirePartitionFilter: true,
    })
    expect(metadata.schema.fields).toEqual([
      { name: 'location_id', type: 'STRING', mode: 'NULLABLE', description: 'What location_id is.' },
      { name: 'business_date', type: 'DATE', mode: 'NULLABLE', description: 'What business_date is.' },
      { name: 'order_id', type: 'STRING', mode: 'NULLABLE', description: 'What order_id is.' },
      { name: 'amount', type: 'NUMERIC', mode: 'NULLABLE', description: 'What amount is.' },
      { name: 'tip', type: 'NUMERIC', mode: 'NULLABLE', description: 'What tip is.' },
      {
        name: '_loaded_at',
        type: 'TIMESTAMP',
        mode: 'NULLABLE',
        description: 'When.',
        defaultValueExpression: 'CURRENT_TIMESTAMP()',
      },
    ])
  })

  it('keeps its descriptions, filter and defaults when partitions are loaded', async () => {
    const { server, open, part } = await bigqueryWithParts()
    const warehouse = open()
    await warehouse.ensureTable(TABLE)
    const table = clientOf(server).dataset('toast').table('order_details')
    const [before] = await table.getMetadata()
    const entries = [await part('a', COLUMNS, [['1', DATE, 'x', '1', '0']])]
    await warehouse.startLoad({ id: 'j1', table: TABLE, date: DATE, entries, runId: 'r' })
    await warehouse.startLoad({ id: 'j2', table: TABLE, date: DATE, entries: [], runId: 'r' })
    expect(await warehouse.loadStatus('j2')).toMatchObject({ state: 'done', rows: 0 })
    expect((await table.getMetadata())[0].schema).toEqual(before.schema)
  })

  it('fault 49: gets a new column only where tables are made here', async () => {
    const { server, worker, deliver, stage, held } = await bigqueryLoads()
    await stage('1', await deliver('1', 'A'))
    await ensureLoaded(TASK, worker())
    await stage('1', await deliver('1', 'B', { ...COLUMNS, note: 'VARCHAR' }))
    const task = { ...TASK, table: WIDER }

    const refused = await ensureLoaded(task, worker({ createTables: false }))
    expect(refused).toMatchObject({ outcome: 'quarantined', partition: { reason: { code: 'LOAD_REJECTED' } } })
    expect(refused.partition.reason?.message).toMatch(/order_details has no column note/)
    expect(await held()).toBe(5)
    expect(server.calls.some(({ operation }) => operation === 'tables.patch')).toBe(false)

    expect(await ensureLoaded({ ...task, force: true }, worker())).toMatchObject({ outcome: 'loaded' })
    expect(await server.rows('SELECT count(note) FROM toast.order_details')).toEqual([[6n]])
  })

  it('fault 49: gets the columns of two workers that add theirs at once', async () => {
    const { server, open } = await bigqueryWorld()
    await open().ensureTable(TABLE)
    const other = { ...TABLE, columns: [...TABLE.columns, { ...NOTE, name: 'other' }] }
    await Promise.all([open().ensureTable(WIDER), open().ensureTable(other), open().ensureTable(WIDER)])
    const [metadata] = await clientOf(server).dataset('toast').table('order_details').getMetadata()
    const names = metadata.schema.fields.map(({ name }: { name: string }) => name)
    expect(names.slice(-2).toSorted()).toEqual(['note', 'other'])
  })

  it('fault 49: of another type than the contract’s is never written to', async () => {
    const { worker, deliver, stage, held } = await bigqueryLoads()
    await stage('1', await deliver('1', 'A'))
    await ensureLoaded(TASK, worker())
    const columns = TABLE.columns.map((column) => (column.name === 'tip' ? { ...column, type: 'VARCHAR' } : column))
    await stage('1', await deliver('1', 'B'))
    const { partition } = await ensureLoaded({ ...TASK, table: { ...TABLE, columns } }, worker())
    expect(partition.reason?.message).toMatch(
      /column tip of .*order_details is NUMERIC, and the contract makes it STRING/,
    )
    expect(await held()).toBe(5)
  })

  it.each(['insert', 'job'] as const)(
    'fault 50: that is missing is made by nobody, and told by the %s',
    async (missingTable) => {
      const { server, worker, open, deliver, stage, part } = {
        ...(await bigqueryLoads({ missingTable })),
        ...(await bigqueryWithParts()),
      }
      await stage('1', await deliver('1', 'A'))
      const { outcome, partition } = await ensureLoaded(TASK, worker({ createTables: false }))
      expect(outcome).toBe('quarantined')
      expect(partition.reason?.message).toMatch(/table acme-daybreak:toast.order_details does not exist.*contract ddl/)

      // A table that goes away in between is not made by the load either.
      const warehouse = open()
      const job: LoadJob = {
        id: 'j1',
        table: TABLE,
        date: DATE,
        entries: [await part('a', COLUMNS, [['1', DATE, 'x', '1', '0']])],
        runId: 'r',
      }
      await warehouse.startLoad(job)
      const message = expect.stringContaining('Not found: Table acme-daybreak:toast.order_details')
      expect(await warehouse.loadStatus('j1')).toMatchObject({ state: 'failed', permanent: true, message })
      expect(await server.rows('SELECT count(*) FROM duckdb_tables()')).toEqual([[0n]])
    },
  )

  it('fault 50: in a dataset that is missing, or elsewhere, says so', async () => {
    const { open } = await bigqueryWorld({ datasets: [{ name: 'toast', location: 'europe-west1' }] })
    const rejected = (message: RegExp) => ({ code: 'LOAD_REJECTED', message: expect.stringMatching(message) })
    await expect(open().ensureTable({ ...TABLE, schema: 'nowhere' })).rejects.toMatchObject(
      rejected(/dataset acme-daybreak:nowhere does not exist; it should be in US/),
    )
    await open({ location: 'europe-west1' }).ensureTable(TABLE)
    await expect(open().ensureTable(TABLE)).rejects.toMatchObject(
      rejected(/is in europe-west1, and .*location.* is US/),
    )

    const warehouse = open()
    await warehouse.startLoad({ id: 'j1', table: TABLE, date: DATE, entries: [uriEntry('/none', 1)], runId: 'r' })
    const message = 'Not found: Dataset acme-daybreak:toast was not found in location US'
    expect(await warehouse.loadStatus('j1')).toMatchObject({ state: 'failed', permanent: true, message })
    expect(await open({ location: 'europe-west1' }).loadStatus('j1')).toBeNull()
  })

  it.each([
    [{}, /is not partitioned by the day of business_date/],
    [{ timePartitioning: { type: 'DAY', field: 'business_date' } }, /_loaded_at .*has no default value/],
  ])('made otherwise is refused: %j', async (layout, message) => {
    const { server, open } = await bigqueryWorld()
    const fields = [...Object.keys(COLUMNS), '_loaded_at'].map((name) => ({ name, type: typeOf(name) }))
    await clientOf(server)
      .dataset('toast')
      .createTable('order_details', { schema: { fields }, ...layout })
    await expect(open().ensureTable(TABLE)).rejects.toMatchObject({
      code: 'LOAD_REJECTED',
      message: expect.stringMatching(message),
    })
  })
})

const typeOf = (name: string) =>
  ({ business_date: 'DATE', _loaded_at: 'TIMESTAMP', amount: 'NUMERIC', tip: 'NUMERIC' })[name] ?? 'STRING'

describe('a load', () => {
  it('is one job over one partition, with a schema, labels and nothing that creates', async () => {
    const { server, open, part } = await bigqueryWithParts()
    const warehouse = open()
    await warehouse.ensureTable(TABLE)
    const entry = await part('a', COLUMNS, [['1', DATE, 'x', '1', '0']])
    await warehouse.startLoad({
      id: 'prod_toast_order_details_20260105_e7_a1',
      table: TABLE,
      date: DATE,
      entries: [entry],
      runId: 'run-1',
    })
    const [metadata] = await clientOf(server)
      .job('prod_toast_order_details_20260105_e7_a1', { location: 'US' })
      .getMetadata()
    expect(metadata.configuration).toMatchObject({
      jobType: 'LOAD',
      labels: { dataset: 'toast', stream: 'order_details', date: DATE, run: 'run-1' },
      load: {
        sourceUris: [entry.part.object],
        sourceFormat: 'PARQUET',
        destinationTable: { projectId: 'acme-daybreak', datasetId: 'toast', tableId: 'order_details$20260105' },
        createDisposition: 'CREATE_NEVER',
        writeDisposition: 'WRITE_TRUNCATE',
      },
    })
    const { schema, ...rest } = metadata.configuration.load
    expect(schema.fields.map(({ name }: { name: string }) => name)).toEqual(Object.keys(COLUMNS))
    expect(rest).not.toHaveProperty('schemaUpdateOptions')
  })

  it('runs and is found where the datasets are', async () => {
    const { open, part } = await bigqueryWithParts({ datasets: [{ name: 'toast', location: 'europe-west1' }] })
    const warehouse = open({ location: 'europe-west1' })
    await warehouse.ensureTable(TABLE)
    const entries = [await part('a', COLUMNS, [['1', DATE, 'x', '1', '0']])]
    const job: LoadJob = { id: 'j1', table: TABLE, date: DATE, entries, runId: 'r' }
    await Promise.all([warehouse.startLoad(job), open({ location: 'europe-west1' }).startLoad(job)])
    expect(await warehouse.loadStatus('j1')).toMatchObject({ state: 'done', rows: 1, totals: { amount: '1.00' } })
  })

  it('of more parts than a job takes is refused before anybody is asked', async () => {
    const { server, open } = await bigqueryWorld()
    const warehouse = open()
    const entries = Array.from({ length: 10_001 }, (_, n) => uriEntry(`/part-${n}`, 1))
    await warehouse.startLoad({ id: 'j1', table: TABLE, date: DATE, entries, runId: 'r' })
    const message = expect.stringMatching(/10001 parts .* at most 10000 files.*compact/)
    expect(await warehouse.loadStatus('j1')).toMatchObject({ state: 'failed', permanent: true, message })
    expect(server.calls).toEqual([])
  })

  it('leaves out parts without rows, which most rejects are', async () => {
    const { server, open, part } = await bigqueryWithParts()
    const warehouse = open()
    await warehouse.ensureTable(TABLE)
    const full = await part('full', COLUMNS, [['1', DATE, 'x', '1', '0']])
    const empty = Array.from({ length: 10_000 }, (_, n) => uriEntry(`/empty-${n}`, 0))
    await warehouse.startLoad({ id: 'j1', table: TABLE, date: DATE, entries: [...empty, full], runId: 'r' })
    expect(await warehouse.loadStatus('j1')).toMatchObject({ state: 'done', rows: 1 })
    const loads = server.jobs().map(({ configuration }) => configuration.load?.sourceUris)
    expect(loads).toContainEqual([full.part.object])
  })

  it('of nothing deletes the partition, for nothing', async () => {
    const { server, open, part } = await bigqueryWithParts()
    const warehouse = open()
    await warehouse.ensureTable(TABLE)
    const entries = [await part('a', COLUMNS, [['1', DATE, 'x', '1', '0']])]
    const task = { table: TABLE, date: DATE, runId: 'r' }
    await warehouse.startLoad({ ...task, id: 'j1', entries })
    await warehouse.loadStatus('j1')
    const billed = server.usage().bytesBilled
    await warehouse.startLoad({ ...task, id: 'j2', entries: [] })
    expect(await warehouse.loadStatus('j2')).toMatchObject({ state: 'done', rows: 0 })
    expect(server.usage().bytesBilled).toBe(billed)
    expect(await server.rows('SELECT count(*) FROM toast.order_details')).toEqual([[0n]])
  })

  it('costs a request to start, one to see it done, 10 MB to count, and one row to remember', async () => {
    const { server, open, part } = await bigqueryWithParts()
    const warehouse = open({ createTables: true })
    await warehouse.ensureTable(TABLE)
    const before = server.usage()
    const entries = [await part('a', COLUMNS, [['1', DATE, 'x', '1', '0']])]
    await warehouse.startLoad({ id: 'j1', table: TABLE, date: DATE, entries, runId: 'r' })
    await warehouse.loadStatus('j1')
    const after = server.usage()
    expect(after.calls).toEqual({ ...before.calls, 'jobs.insert': 3, 'jobs.get': 2, 'jobs.getQueryResults': 1 })
    expect(after.loadJobs).toBe(1)
    expect(after.bytesBilled).toBe(10_485_760)
  })

  it('is done when the row that remembers its run cannot be written, which is told', async () => {
    const { server, open, part, logged } = await bigqueryWithParts()
    const warehouse = open()
    await warehouse.ensureTable(TABLE)
    server.failJob({ id: '_receipt', reason: 'accessDenied', message: 'Access Denied: _loads', times: 9 })
    const entries = [await part('a', COLUMNS, [['1', DATE, 'x', '1', '0']])]
    await warehouse.startLoad({ id: 'j1', table: TABLE, date: DATE, entries, runId: 'r' })
    expect(await warehouse.loadStatus('j1')).toMatchObject({ state: 'done' })
    expect(logged).toMatchObject([{ severity: 'WARNING', message: expect.stringContaining('Access Denied: _loads') }])
  })
})

describe('a query', () => {
  it('reads on through pages, and gives every type as text', async () => {
    const { server, open } = await bigqueryWorld()
    await server.rows('CREATE TABLE toast.numbers AS SELECT i FROM range(25000) r(i)')
    await clientOf(server).query('CREATE TABLE toast.days (n INT64, d DATE)')
    await server.rows(`INSERT INTO toast.days SELECT i, DATE '2026-01-05' FROM range(25000) r(i)`)
    const { rows } = await open().query('SELECT n FROM toast.days ORDER BY n')
    expect(rows).toHaveLength(25_000)
    expect(rows.at(-1)).toEqual(['24999'])
    const types = `SELECT TIMESTAMP '2026-01-05 09:30:00.5+00' AS at, DATETIME '2026-01-05 09:30:00' AS local, TIME '09:30:00' AS clock,
      CAST(1 AS FLOAT64) AS f, TRUE AS yes, CAST('x' AS STRING) AS s`
    expect((await open().query(types)).rows).toEqual([
      ['2026-01-05 09:30:00.5+00', '2026-01-05 09:30:00', '09:30:00', '1.0', 'true', 'x'],
    ])
  })

  it('that would read more than is allowed is refused before it costs anything', async () => {
    const { server, open } = await bigqueryWorld()
    await open().ensureTable(TABLE)
    const sql = `SELECT order_id FROM toast.order_details WHERE business_date = DATE '${DATE}'`
    await server.rows(`INSERT INTO toast.order_details (order_id, business_date) VALUES ('x', DATE '${DATE}')`)
    const frugal = open({ maximumBytesBilled: 1_000 })
    await expect(frugal.query(sql)).rejects.toMatchObject({
      code: 'USAGE_INVALID',
      message: expect.stringContaining('limit for bytes billed'),
    })
    expect(server.usage().bytesBilled).toBe(0)
    expect((await open().query(sql)).rows).toEqual([['x']])
  })

  it('of a partitioned table needs the date', async () => {
    const { open } = await bigqueryWorld()
    await open().ensureTable(TABLE)
    const refused = { code: 'USAGE_INVALID', message: expect.stringContaining("filter over column(s) 'business_date'") }
    await expect(open().query('SELECT order_id FROM toast.order_details')).rejects.toMatchObject(refused)
  })

  it.each([
    ['accessDenied', 'WAREHOUSE_DENIED'],
    ['quotaExceeded', 'WAREHOUSE_QUOTA'],
    ['backendError', 'WAREHOUSE_FAILED'],
  ] as const)('that meets %s is not called wrong', async (reason, code) => {
    const { server, open } = await bigqueryWorld()
    server.faults.on({ operation: 'jobs.insert', times: 99 }, { kind: 'refuse', reason })
    await expect(open().query('SELECT 1')).rejects.toMatchObject({ code })
  })
})
