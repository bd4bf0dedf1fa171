import { BigQuery } from '@google-cloud/bigquery'
import { PassThroughClient } from 'google-auth-library'
import { describe, expect, it } from 'vitest'
import type { LoadJob } from '../../functions/pipeline/destination.ts'
import { ensureLoaded } from '../../functions/pipeline/night.ts'
import { COLUMNS, TABLE } from '../contract/warehouse-table.ts'
import { bigqueryWithParts, bigqueryWorld, uriEntry } from '../support/bigquery.ts'
import { bigqueryLoads, DATE, TASK } from '../support/bigquery-load.ts'

const NOTE = { name: 'note', type: 'string', description: 'A note.' } as const
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
      { name: '_raw_sha256', type: 'STRING', mode: 'NULLABLE', description: 'What _raw_sha256 is.' },
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
    const entries = [await part('a', COLUMNS, [['1', DATE, 'x', '1', '0', 'ab']])]
    await warehouse.startLoad({ id: 'j1', table: TABLE, window: DATE, entries, content: 'c0ffee', runId: 'r' })
    await warehouse.startLoad({ id: 'j2', table: TABLE, window: DATE, entries: [], content: 'c0ffee', runId: 'r' })
    expect(await warehouse.loadStatus({ id: 'j2', table: TABLE, window: DATE })).toMatchObject({
      state: 'done',
      rows: 0,
    })
    expect((await table.getMetadata())[0].schema).toEqual(before.schema)
  })

  it('is made again by the process that made it, when it is deleted between two loads', async () => {
    const { server, worker, deliver, stage, held } = await bigqueryLoads()
    const ports = worker()
    await stage('1', await deliver('1', 'A'))
    await ensureLoaded(TASK, ports)
    await clientOf(server).dataset('toast').table('order_details').delete()
    await stage('1', await deliver('1', 'B'))
    expect(await ensureLoaded(TASK, ports)).toMatchObject({ outcome: 'loaded' })
    expect(await held()).toBe(6)
  })

  it('fault 49: gets a new column only where tables are made here', async () => {
    const { server, worker, deliver, stage, held } = await bigqueryLoads()
    await stage('1', await deliver('1', 'A'))
    await ensureLoaded(TASK, worker())
    await stage('1', await deliver('1', 'B', { ...COLUMNS, note: 'VARCHAR' }))
    const task = { ...TASK, table: WIDER }

    const refused = await ensureLoaded(task, worker({ createTables: false }))
    const message = expect.stringMatching(/order_details has no column note/)
    expect(refused).toMatchObject({ outcome: 'quarantined', partition: { reason: { code: 'LOAD_REJECTED', message } } })
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
    const columns = TABLE.columns.map((column) =>
      column.name === 'tip' ? { ...column, type: 'string' as const } : column,
    )
    await stage('1', await deliver('1', 'B'))
    const { partition } = await ensureLoaded({ ...TASK, table: { ...TABLE, columns } }, worker())
    const message = /column tip of .*order_details is NUMERIC, and the contract makes it STRING/
    expect(partition).toMatchObject({ reason: { message: expect.stringMatching(message) } })
    expect(await held()).toBe(5)
  })

  it.each(['insert', 'job'] as const)(
    'fault 50: that is missing is not made, and told by the %s',
    async (missingTable) => {
      const { server, worker, open, deliver, stage, part } = {
        ...(await bigqueryLoads({ missingTable })),
        ...(await bigqueryWithParts()),
      }
      await stage('1', await deliver('1', 'A'))
      const { outcome, partition } = await ensureLoaded(TASK, worker({ createTables: false }))
      expect(outcome).toBe('quarantined')
      const missing = /table acme-daybreak:toast.order_details does not exist.*contract ddl/
      expect(partition).toMatchObject({ reason: { message: expect.stringMatching(missing) } })

      // A table that goes away in between is not made by the load either.
      const warehouse = open()
      const job: LoadJob = {
        id: 'j1',
        table: TABLE,
        window: DATE,
        entries: [await part('a', COLUMNS, [['1', DATE, 'x', '1', '0', 'ab']])],
        content: 'c0ffee',
        runId: 'r',
      }
      await warehouse.startLoad(job)
      const message = expect.stringContaining('Not found: Table acme-daybreak:toast.order_details')
      expect(await warehouse.loadStatus({ id: 'j1', table: TABLE, window: DATE })).toMatchObject({
        state: 'failed',
        permanent: true,
        message,
      })
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
    await warehouse.startLoad({
      id: 'j1',
      table: TABLE,
      window: DATE,
      entries: [uriEntry('/none', 1)],
      content: 'c0ffee',
      runId: 'r',
    })
    const message = 'Not found: Dataset acme-daybreak:toast was not found in location US'
    expect(await warehouse.loadStatus({ id: 'j1', table: TABLE, window: DATE })).toMatchObject({
      state: 'failed',
      permanent: true,
      message,
    })
    expect(await open({ location: 'europe-west1' }).loadStatus({ id: 'j1', table: TABLE, window: DATE })).toBeNull()
  })

  it.each([
    [{}, /is not partitioned, and not by the day of business_date/],
    [{ timePartitioning: { type: 'DAY' } }, /is partitioned by the DAY of ingestion, and not by the day of/],
    [{ timePartitioning: { type: 'MONTH', field: 'business_date' } }, /is partitioned by the MONTH of business_date/],
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

/** A table as its owners made it: like ours, but for some columns. */
async function tableOfOthers(change: (fields: Record<string, object>) => Record<string, object>, layout: object = {}) {
  const world = await bigqueryWithParts()
  const names = [...Object.keys(COLUMNS), '_loaded_at']
  const fields = Object.fromEntries(
    names.map((name) => [
      name,
      { name, type: typeOf(name), ...(name === '_loaded_at' && { defaultValueExpression: 'CURRENT_TIMESTAMP()' }) },
    ]),
  )
  const timePartitioning = { type: 'DAY', field: 'business_date' }
  await clientOf(world.server)
    .dataset('toast')
    .createTable('order_details', {
      schema: { fields: Object.values(change(fields)) },
      clustering: { fields: ['location_id'] },
      timePartitioning,
      ...layout,
    })
  const entries = [await world.part('a', COLUMNS, [['1', DATE, 'x', '1', '0', 'ab']])]
  const job: LoadJob = { id: 'j1', table: TABLE, window: DATE, content: 'c0ffee', entries, runId: 'r' }
  return { ...world, job, warehouse: world.open() }
}

describe('a table made by others', () => {
  const ALTER = 'ALTER TABLE `acme-daybreak`.`toast`.`order_details` ALTER COLUMN'

  it.each([
    [
      'a required column of ours',
      { order_id: { mode: 'REQUIRED' } },
      `is REQUIRED.*${ALTER} \`order_id\` DROP NOT NULL`,
    ],
    [
      'too few places',
      { amount: { precision: '10', scale: '1' } },
      `is NUMERIC\\(10, 1\\).*${ALTER} \`amount\` SET DATA TYPE NUMERIC`,
    ],
    [
      'too few digits',
      { amount: { precision: '4', scale: '2' } },
      `is NUMERIC\\(4, 2\\), which does not hold every value`,
    ],
    [
      'a bounded text',
      { order_id: { maxLength: '5' } },
      `is STRING\\(5\\).*${ALTER} \`order_id\` SET DATA TYPE STRING`,
    ],
    [
      'a list',
      { order_id: { mode: 'REPEATED' } },
      'is ARRAY<STRING>, and the contract makes it STRING: add the column under another name',
    ],
    [
      'a time without a default',
      { _loaded_at: { defaultValueExpression: undefined } },
      `${ALTER} \`_loaded_at\` SET DEFAULT CURRENT_TIMESTAMP\\(\\)`,
    ],
  ])('with %s is refused with the statement that mends it', async (_, changed, message) => {
    const { warehouse } = await tableOfOthers((fields) => ({
      ...fields,
      ...Object.fromEntries(Object.entries(changed).map(([name, more]) => [name, { ...fields[name], ...more }])),
    }))
    const refused = { code: 'LOAD_REJECTED', message: expect.stringMatching(new RegExp(message)) }
    await expect(warehouse.ensureTable(TABLE)).rejects.toMatchObject(refused)
  })

  it('with a required column of its own is refused, because no load fills it', async () => {
    const { warehouse } = await tableOfOthers((fields) => ({
      ...fields,
      x: { name: 'Region', type: 'STRING', mode: 'REQUIRED' },
    }))
    const message = expect.stringContaining(
      `Region of acme-daybreak:toast.order_details is REQUIRED, and no contract fills it: ${ALTER} \`Region\` DROP NOT NULL`,
    )
    await expect(warehouse.ensureTable(TABLE)).rejects.toMatchObject({ code: 'LOAD_REJECTED', message })
  })

  it('with names in other case, more columns, and room for more digits takes loads', async () => {
    const { warehouse, job, server } = await tableOfOthers((fields) => ({
      ...fields,
      order_id: { name: 'Order_ID', type: 'STRING' },
      amount: { ...fields['amount'], precision: '20', scale: '2' },
      note: { name: 'note', type: 'STRING' },
    }))
    await warehouse.ensureTable(TABLE)
    await warehouse.startLoad(job)
    expect(await warehouse.loadStatus(job)).toMatchObject({ state: 'done', rows: 1, totals: { amount: '1.00' } })
    expect(await server.rows('SELECT "Order_ID" FROM toast.order_details')).toEqual([['x']])
  })

  it('with several misfits names all of them at once', async () => {
    const { warehouse } = await tableOfOthers((fields) => ({
      ...fields,
      order_id: { name: 'order_id', type: 'STRING', mode: 'REQUIRED' },
      amount: { name: 'amount', type: 'FLOAT64' },
    }))
    const message = expect.stringMatching(/order_id of .* is REQUIRED.*; column amount of .* is FLOAT64/)
    await expect(warehouse.ensureTable(TABLE)).rejects.toMatchObject({ message })
  })

  it('that is clustered otherwise takes loads, and says how to change that', async () => {
    const { warehouse, logged } = await tableOfOthers((fields) => fields, { clustering: { fields: ['order_id'] } })
    await warehouse.ensureTable(TABLE)
    const message = expect.stringContaining(
      'bq update --clustering_fields=location_id acme-daybreak:toast.order_details',
    )
    expect(logged).toMatchObject([{ severity: 'WARNING', message }])
  })

  it('whose partitions expire takes no date that would be deleted at once, and every other one', async () => {
    const expirationMs = String(30 * 86_400_000)
    const timePartitioning = { type: 'DAY', field: 'business_date', expirationMs }
    const { warehouse, job, part, server } = await tableOfOthers((fields) => fields, { timePartitioning })
    await warehouse.ensureTable(TABLE)
    const old = {
      ...job,
      id: 'j2',
      window: '2025-11-20',
      entries: [await part('o', COLUMNS, [['1', '2025-11-20', 'x', '1', '0', 'ab']])],
    }
    await warehouse.startLoad(old)
    expect(await warehouse.loadStatus(old)).toMatchObject({
      ...{ state: 'failed', permanent: true },
      message: expect.stringMatching(
        /expire after 30 days.*2025-11-20 would be deleted at once.*partition_expiration_days/,
      ),
    })
    expect(server.jobs().some(({ id }) => id === 'j2')).toBe(false)
    await warehouse.startLoad(job)
    expect(await warehouse.loadStatus(job)).toMatchObject({ state: 'done', rows: 1 })
  })

  it('keeps the policy tags, descriptions and defaults that its owners gave it', async () => {
    const policyTags = { names: ['projects/p/locations/us/taxonomies/1/policyTags/2'] }
    const { warehouse, job, server } = await tableOfOthers((fields) => ({
      ...fields,
      order_id: { ...fields['order_id'], policyTags, description: 'Closed.' },
    }))
    await warehouse.ensureTable(TABLE)
    await warehouse.startLoad(job)
    expect(await warehouse.loadStatus(job)).toMatchObject({ state: 'done' })
    const [metadata] = await clientOf(server).dataset('toast').table('order_details').getMetadata()
    expect(metadata.schema.fields[2]).toMatchObject({ name: 'order_id', policyTags, description: 'Closed.' })
  })
})

const typeOf = (name: string) =>
  ({ business_date: 'DATE', _loaded_at: 'TIMESTAMP', amount: 'NUMERIC', tip: 'NUMERIC' })[name] ?? 'STRING'

describe('a load', () => {
  it('is one job over one partition, with labels, no schema and nothing that creates', async () => {
    const { server, open, part } = await bigqueryWithParts()
    const warehouse = open()
    await warehouse.ensureTable(TABLE)
    const entry = await part('a', COLUMNS, [['1', DATE, 'x', '1', '0', 'ab']])
    await warehouse.startLoad({
      id: 'prod_toast_order_details_20260105_e7_a1',
      table: TABLE,
      window: DATE,
      entries: [entry],
      content: 'c0ffee',
      runId: 'run-1',
    })
    const [metadata] = await clientOf(server)
      .job('prod_toast_order_details_20260105_e7_a1', { location: 'US' })
      .getMetadata()
    expect(metadata.configuration).toMatchObject({
      jobType: 'LOAD',
      labels: { dataset: 'toast', stream: 'order_details', date: DATE, run: 'run-1' },
      load: {
        sourceUris: [entry.part.uri],
        sourceFormat: 'PARQUET',
        destinationTable: { projectId: 'acme-daybreak', datasetId: 'toast', tableId: 'order_details$20260105' },
        createDisposition: 'CREATE_NEVER',
        writeDisposition: 'WRITE_TRUNCATE_DATA',
      },
    })
    expect(metadata.configuration.load).not.toHaveProperty('schema')
    expect(metadata.configuration.load).not.toHaveProperty('schemaUpdateOptions')
  })

  it('runs and is found where the datasets are', async () => {
    const { open, part } = await bigqueryWithParts({ datasets: [{ name: 'toast', location: 'europe-west1' }] })
    const warehouse = open({ location: 'europe-west1' })
    await warehouse.ensureTable(TABLE)
    const entries = [await part('a', COLUMNS, [['1', DATE, 'x', '1', '0', 'ab']])]
    const job: LoadJob = { id: 'j1', table: TABLE, window: DATE, entries, content: 'c0ffee', runId: 'r' }
    await Promise.all([warehouse.startLoad(job), open({ location: 'europe-west1' }).startLoad(job)])
    expect(await warehouse.loadStatus({ id: 'j1', table: TABLE, window: DATE })).toMatchObject({
      state: 'done',
      rows: 1,
      totals: { amount: '1.00' },
    })
  })

  it('of more parts than a job takes is refused before anybody is asked', async () => {
    const { server, open } = await bigqueryWorld()
    const warehouse = open()
    const entries = Array.from({ length: 10_001 }, (_, n) => uriEntry(`/part-${n}`, 1))
    await warehouse.startLoad({ id: 'j1', table: TABLE, window: DATE, entries, content: 'c0ffee', runId: 'r' })
    const message = expect.stringMatching(/10001 parts .* at most 10000 files.*second pipeline/)
    expect(await warehouse.loadStatus({ id: 'j1', table: TABLE, window: DATE })).toMatchObject({
      state: 'failed',
      permanent: true,
      message,
    })
    expect(server.calls).toEqual([])
  })

  it('leaves out parts without rows, which most rejects are', async () => {
    const { server, open, part } = await bigqueryWithParts()
    const warehouse = open()
    await warehouse.ensureTable(TABLE)
    const full = await part('full', COLUMNS, [['1', DATE, 'x', '1', '0', 'ab']])
    const empty = Array.from({ length: 10_000 }, (_, n) => uriEntry(`/empty-${n}`, 0))
    await warehouse.startLoad({
      id: 'j1',
      table: TABLE,
      window: DATE,
      entries: [...empty, full],
      content: 'c0ffee',
      runId: 'r',
    })
    expect(await warehouse.loadStatus({ id: 'j1', table: TABLE, window: DATE })).toMatchObject({
      state: 'done',
      rows: 1,
    })
    const loads = server.jobs().map(({ configuration }) => configuration.load?.sourceUris)
    expect(loads).toContainEqual([full.part.uri])
  })

  it('of nothing deletes the partition, for nothing', async () => {
    const { server, open, part } = await bigqueryWithParts()
    const warehouse = open()
    await warehouse.ensureTable(TABLE)
    const entries = [await part('a', COLUMNS, [['1', DATE, 'x', '1', '0', 'ab']])]
    const task = { table: TABLE, window: DATE, content: 'c0ffee', runId: 'r' }
    await warehouse.startLoad({ ...task, id: 'j1', entries })
    await warehouse.loadStatus({ id: 'j1', table: TABLE, window: DATE })
    const billed = server.usage().bytesBilled
    await warehouse.startLoad({ ...task, id: 'j2', entries: [] })
    expect(await warehouse.loadStatus({ id: 'j2', table: TABLE, window: DATE })).toMatchObject({
      state: 'done',
      rows: 0,
    })
    expect(server.usage().bytesBilled).toBe(billed)
    expect(await server.rows('SELECT count(*) FROM toast.order_details')).toEqual([[0n]])
  })

  it('costs a request to start, one to see it done, 10 MB to count, and one row to remember', async () => {
    const { server, open, part } = await bigqueryWithParts()
    const warehouse = open({ createTables: true })
    await warehouse.ensureTable(TABLE)
    const before = server.usage()
    const entries = [await part('a', COLUMNS, [['1', DATE, 'x', '1', '0', 'ab']])]
    await warehouse.startLoad({ id: 'j1', table: TABLE, window: DATE, entries, content: 'c0ffee', runId: 'r' })
    await warehouse.loadStatus({ id: 'j1', table: TABLE, window: DATE })
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
    const entries = [await part('a', COLUMNS, [['1', DATE, 'x', '1', '0', 'ab']])]
    await warehouse.startLoad({ id: 'j1', table: TABLE, window: DATE, entries, content: 'c0ffee', runId: 'r' })
    expect(await warehouse.loadStatus({ id: 'j1', table: TABLE, window: DATE })).toMatchObject({ state: 'done' })
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
