import { BigQuery } from '@google-cloud/bigquery'
import { PassThroughClient } from 'google-auth-library'
import { describe, expect, it } from 'vitest'
import { bigqueryWithParts, NOW } from '../support/bigquery.ts'

const DAY = '2026-01-05'
const COLUMNS = { id: 'BIGINT', day: 'DATE' }
const FIELDS = [
  { name: 'id', type: 'INT64', mode: 'NULLABLE' },
  { name: 'day', type: 'DATE', mode: 'NULLABLE' },
]

/** A table `toast.days` partitioned by `day`, and how to load parts into it with Google's client alone. */
async function oneTable(options: Parameters<typeof bigqueryWithParts>[0] = {}) {
  const world = await bigqueryWithParts(options)
  const { server, part } = world
  const client = new BigQuery({
    projectId: server.project,
    apiEndpoint: server.url,
    authClient: new PassThroughClient(),
    retryOptions: { autoRetry: false },
  })
  await client
    .dataset('toast')
    .createTable('days', { schema: { fields: FIELDS }, timePartitioning: { type: 'DAY', field: 'day' } })
  let jobs = 0
  return {
    ...world,
    client,
    uri: async (ids: readonly number[], day = DAY) =>
      (
        await part(
          `part-${++jobs}`,
          COLUMNS,
          ids.map((id) => [id, day]),
        )
      ).part.uri,
    async load(
      uris: readonly string[],
      given: object = {},
      { location = 'US', id = `job-${++jobs}`, table = 'days$20260105' } = {},
    ) {
      const destinationTable = { projectId: server.project, datasetId: 'toast', tableId: table }
      const load = {
        sourceUris: [...uris],
        sourceFormat: 'PARQUET',
        writeDisposition: 'WRITE_TRUNCATE',
        destinationTable,
        ...given,
      }
      const [job] = await client.createJob({ jobId: id, location, configuration: { load } })
      const [metadata] = await job.getMetadata()
      return metadata
    },
    ids: async () => (await server.rows('SELECT id FROM toast.days ORDER BY id')).map(([id]) => Number(id)),
  }
}

const failed = (reason: string, message: RegExp | string) => ({
  status: { state: 'DONE', errorResult: { reason, message: expect.stringMatching(message) } },
})

describe('a job id', () => {
  it('is used up by a job that failed, in its location alone', async () => {
    const { client, load, uri, ids } = await oneTable()
    expect(await load(['gs://acme-parts/none'], {}, { id: 'once' })).toMatchObject(
      failed('notFound', 'Not found: URI gs://acme-parts/none'),
    )
    const again = load([await uri([1])], {}, { id: 'once' })
    await expect(again).rejects.toMatchObject({
      code: 409,
      errors: [{ reason: 'duplicate', message: 'Already Exists: Job acme-daybreak:US.once' }],
    })
    expect(await ids()).toEqual([])
    await expect(client.job('once', { location: 'europe-west1' }).getMetadata()).rejects.toMatchObject({ code: 404 })
    await expect(client.job('never', { location: 'US' }).getMetadata()).rejects.toMatchObject({ code: 404 })
  })

  it('of no more than letters, digits, _ and - is taken', async () => {
    const { load, uri } = await oneTable()
    await expect(load([await uri([1])], {}, { id: 'a b' })).rejects.toMatchObject({ code: 400 })
  })
})

describe('a load job', () => {
  it('shows nothing before its end, and all of it then', async () => {
    const { server, client, load, uri, ids } = await oneTable({ hold: 'loads' })
    expect(await load([await uri([1, 2]), await uri([3])], {}, { id: 'slow' })).toMatchObject({
      status: { state: 'PENDING' },
    })
    server.begin('slow')
    const job = client.job('slow', { location: 'US' })
    expect((await job.getMetadata())[0]).toMatchObject({
      status: { state: 'RUNNING' },
      statistics: { startTime: String(NOW) },
    })
    expect(await ids()).toEqual([])
    await server.release('slow')
    expect((await job.getMetadata())[0]).toMatchObject({
      status: { state: 'DONE' },
      statistics: { load: { inputFiles: '2', outputRows: '3', badRecords: '0' } },
    })
    expect(await ids()).toEqual([1, 2, 3])
  })

  it('that is cancelled writes nothing, and is done', async () => {
    const { server, client, load, uri, ids } = await oneTable({ hold: 'loads' })
    await load([await uri([1])], {}, { id: 'unwanted' })
    await client.job('unwanted', { location: 'US' }).cancel()
    await server.release('unwanted')
    expect((await client.job('unwanted', { location: 'US' }).getMetadata())[0]).toMatchObject(
      failed('stopped', /cancelled/),
    )
    expect(await ids()).toEqual([])
  })

  it.each([
    ['WRITE_TRUNCATE', [2, 9]],
    ['WRITE_TRUNCATE_DATA', [2, 9]],
    ['WRITE_APPEND', [1, 2, 9]],
  ] as const)('with %s on a partition leaves %j', async (writeDisposition, expected) => {
    const { load, uri, ids } = await oneTable()
    await load([await uri([9], '2026-01-06')], {}, { table: 'days$20260106' })
    await load([await uri([1])])
    await load([await uri([2])], { writeDisposition })
    expect(await ids()).toEqual(expected)
  })

  it('with WRITE_EMPTY writes to a partition without rows, and to no other', async () => {
    const { load, uri, ids } = await oneTable()
    await load([await uri([1])], { writeDisposition: 'WRITE_EMPTY' })
    expect(await load([await uri([2])], { writeDisposition: 'WRITE_EMPTY' })).toMatchObject(
      failed('duplicate', 'Already Exists: Table'),
    )
    expect(await ids()).toEqual([1])
  })

  it.each([
    [
      'rows of another day',
      { day: '2026-01-06' },
      {},
      failed('invalid', 'Some rows belong to different partitions rather than destination partition 20260105'),
    ],
    [
      'a column that the table has not',
      {},
      { schema: { fields: [...FIELDS, { name: 'x', type: 'STRING' }] } },
      failed('invalid', /does not match Table acme-daybreak:toast.days\$20260105. Cannot add fields \(field: x\)/),
    ],
    [
      'a column of another type',
      {},
      { schema: { fields: [{ name: 'id', type: 'STRING' }, FIELDS[1]] } },
      failed('invalid', /column 'id' has type INT64 which does not match|has changed type from INTEGER to STRING/),
    ],
    [
      'a column of the file that the schema has not',
      {},
      { schema: { fields: [FIELDS[1]] } },
      failed('invalid', "Column 'id' of the file is not in the schema"),
    ],
  ])('with %s changes nothing', async (_, { day }: { day?: string }, given, outcome) => {
    const { load, uri, ids } = await oneTable()
    await load([await uri([1])])
    expect(await load([await uri([2], day)], given)).toMatchObject(outcome)
    expect(await ids()).toEqual([1])
  })

  it('adds a column when it may, and says so only for a partition or an addition', async () => {
    const { client, load, part, uri } = await oneTable()
    const wider = await part('wider', { ...COLUMNS, note: 'VARCHAR' }, [[1, DAY, 'n']])
    const schema = { fields: [...FIELDS, { name: 'note', type: 'STRING' }] }
    const allowed = { schema, schemaUpdateOptions: ['ALLOW_FIELD_ADDITION'] }
    const whole = await load([wider.part.uri], allowed, { table: 'days' })
    expect(whole).toMatchObject(failed('invalid', 'Schema update options should only be specified with WRITE_APPEND'))
    expect(await load([wider.part.uri], allowed)).toMatchObject({ status: { state: 'DONE' } })
    const [metadata] = await client.dataset('toast').table('days').getMetadata()
    expect(metadata.schema.fields.map(({ name }: { name: string }) => name)).toEqual(['id', 'day', 'note'])
    expect((await load([await uri([2])])).status.errorResult).toBeUndefined()
  })

  it.each([
    ['a generation', ['gs://b/o#1'], 400],
    ['no file', [], 400],
    ['a local file', ['file:///parts/x'], 400],
    ['a pattern', ['gs://b/*.parquet'], 501],
    ['more than 10,000 files', Array.from({ length: 10_001 }, (_, n) => `gs://b/${n}`), 400],
  ])('of %s is never made', async (_, uris, code) => {
    const { load } = await oneTable()
    await expect(load(uris)).rejects.toMatchObject({ code })
  })

  it.each(['days$2026010', 'days$20260231', 'days$__NULL__'])('into %s is never made', async (table) => {
    const { load, uri } = await oneTable()
    await expect(load([await uri([1])], {}, { table })).rejects.toMatchObject({ code: 400 })
  })

  it('reads the types of Parquet as BigQuery does', async () => {
    const { load, part, client } = await oneTable()
    const columns = {
      local: 'TIMESTAMP',
      instant: 'TIMESTAMPTZ',
      money: 'DECIMAL(18,4)',
      n: 'INTEGER',
      f: 'DOUBLE',
      yes: 'BOOLEAN',
      clock: 'TIME',
      s: 'VARCHAR',
      bytes: 'BLOB',
    }
    const file = await part('types', columns, [
      ['2026-01-05 01:02:03', '2026-01-05 01:02:03+00', '1.5', '1', '1.5', 'true', '01:02:03', 's', 'b'],
    ])
    await load([file.part.uri], {}, { table: 'types' })
    const [metadata] = await client.dataset('toast').table('types').getMetadata()
    const types = metadata.schema.fields.map(({ name, type }: { name: string; type: string }) => [name, type])
    expect(Object.fromEntries(types)).toEqual({
      local: 'DATETIME',
      instant: 'TIMESTAMP',
      money: 'NUMERIC',
      n: 'INTEGER',
      f: 'FLOAT',
      yes: 'BOOLEAN',
      clock: 'TIME',
      s: 'STRING',
      bytes: 'BYTES',
    })
    const wide = await part('wide', { money: 'DECIMAL(38,2)' }, [['1']])
    expect(await load([wide.part.uri], {}, { table: 'wide' })).toMatchObject(
      failed('invalid', 'NUMERIC cannot hold it'),
    )
  })

  it('leaves no row without what is required', async () => {
    const { client, load, part } = await oneTable()
    await client
      .dataset('toast')
      .createTable('strict', { schema: { fields: [{ name: 'id', type: 'INT64', mode: 'REQUIRED' }] } })
    const file = await part('null', { id: 'BIGINT' }, [[null]])
    expect(
      await load(
        [file.part.uri],
        { writeDisposition: 'WRITE_APPEND', schema: { fields: [{ name: 'id', type: 'INT64', mode: 'REQUIRED' }] } },
        { table: 'strict' },
      ),
    ).toMatchObject(failed('invalid', 'Column: id'))
  })

  const TAGS = { names: ['projects/p/locations/us/taxonomies/1/policyTags/2'] }
  it.each([
    ['WRITE_TRUNCATE', { schema: { fields: FIELDS } }, undefined],
    ['WRITE_TRUNCATE', {}, undefined],
    ['WRITE_TRUNCATE_DATA', {}, TAGS],
    ['WRITE_APPEND', { schema: { fields: FIELDS } }, TAGS],
  ] as const)('with %s and %j leaves these policy tags: %j', async (writeDisposition, given, expected) => {
    const { client, load, uri } = await oneTable()
    const table = client.dataset('toast').table('days')
    await table.setMetadata({ schema: { fields: [{ ...FIELDS[0]!, policyTags: TAGS }, FIELDS[1]!] } })
    expect((await load([await uri([1])], { ...given, writeDisposition })).status.errorResult).toBeUndefined()
    expect((await table.getMetadata())[0].schema.fields[0].policyTags).toEqual(expected)
  })

  it('without a schema never writes into a required column, because columns of Parquet are nullable', async () => {
    const { client, load, uri } = await oneTable()
    const fields = [{ ...FIELDS[0]!, mode: 'REQUIRED' }, FIELDS[1]!]
    const timePartitioning = { type: 'DAY', field: 'day' }
    await client.dataset('toast').createTable('strict', { schema: { fields }, timePartitioning })
    expect(
      await load([await uri([1])], { writeDisposition: 'WRITE_TRUNCATE_DATA' }, { table: 'strict$20260105' }),
    ).toMatchObject(failed('invalid', 'Field id has changed mode from REQUIRED to NULLABLE'))
  })

  it('rounds to the scale of a column, and refuses what its precision does not hold', async () => {
    const { client, load, part, server } = await oneTable()
    const fields = [{ name: 'n', type: 'NUMERIC', precision: '5', scale: '2' }]
    await client.dataset('toast').createTable('sums', { schema: { fields } })
    const write = { writeDisposition: 'WRITE_APPEND' }
    const fine = await part('fine', { n: 'DECIMAL(18,4)' }, [['1.2350']])
    expect((await load([fine.part.uri], write, { table: 'sums' })).status.errorResult).toBeUndefined()
    expect(await server.rows('SELECT CAST(n AS VARCHAR) FROM toast.sums')).toEqual([['1.24']])
    const large = await part('large', { n: 'DECIMAL(18,4)' }, [['1000']])
    expect(await load([large.part.uri], write, { table: 'sums' })).toMatchObject(failed('invalid', 'out of range'))
  })

  it('into a table partitioned by ingestion lies in the partition that the job names', async () => {
    const { client, load, uri, server } = await oneTable()
    await client
      .dataset('toast')
      .createTable('arrivals', { schema: { fields: FIELDS }, timePartitioning: { type: 'DAY' } })
    const counts = async () =>
      await server.rows('SELECT _partitiontime::VARCHAR, count(*) FROM toast.arrivals GROUP BY 1 ORDER BY 1')
    await load([await uri([1, 2])], {}, { table: 'arrivals$20260110' })
    await load([await uri([3])], {}, { table: 'arrivals$20260111' })
    await load([await uri([4])], {}, { table: 'arrivals$20260110' })
    expect(await counts()).toEqual([
      ['2026-01-10', 1n],
      ['2026-01-11', 1n],
    ])
    await expect(client.query('SELECT id FROM toast.arrivals')).rejects.toMatchObject({ code: 501 })
  })

  it('into a partition that has expired succeeds, and its rows are gone', async () => {
    const { client, load, uri, ids } = await oneTable()
    const timePartitioning = { type: 'DAY', field: 'day', expirationMs: '86400000' }
    await client.dataset('toast').table('days').setMetadata({ timePartitioning })
    const job = await load([await uri([1], '2025-12-01')], {}, { table: 'days$20251201' })
    expect(job).toMatchObject({ status: { state: 'DONE' }, statistics: { load: { outputRows: '1' } } })
    expect(await ids()).toEqual([])
  })

  it.each([
    [{ partitionChangesPerDay: 2 }, 'days$20260105', 86_400_000, 'quotaExceeded', 'column partitioned table'],
    [
      { partitionChangesPerTenSeconds: 2 },
      'days$20260105',
      10_000,
      'rateLimitExceeded',
      'too many table update operations',
    ],
    [{ tableChangesPerDay: 2 }, 'plain', 86_400_000, 'quotaExceeded', 'imports or query appends per table'],
    [{ ingestionPartitionChangesPerDay: 2 }, 'arrivals$20260105', 86_400_000, 'quotaExceeded', 'ingestion-time'],
  ] as const)('is counted by table: %j into %s', async (quotas, table, period, reason, message) => {
    const { client, load, uri, clock } = await oneTable({ quotas })
    const schema = { fields: FIELDS }
    await client.dataset('toast').createTable('plain', { schema })
    await client.dataset('toast').createTable('arrivals', { schema, timePartitioning: { type: 'DAY' } })
    const again = async () => await load([await uri([1])], { writeDisposition: 'WRITE_TRUNCATE_DATA' }, { table })
    for (let n = 0; n < 2; n++) expect((await again()).status.errorResult).toBeUndefined()
    expect(await again()).toMatchObject(failed(reason, message))
    await clock.advance(period)
    expect((await again()).status.errorResult).toBeUndefined()
  })

  it('is refused when the day’s quota is used up, and not on the next day', async () => {
    const { load, uri, clock } = await oneTable({ quotas: { loadJobsPerDay: 1 } })
    await load([await uri([1])])
    await expect(load([await uri([2])])).rejects.toMatchObject({ code: 403, errors: [{ reason: 'quotaExceeded' }] })
    await clock.advance(86_400_000)
    expect(await load([await uri([2])])).toMatchObject({ status: { state: 'DONE' } })
  })
})

describe('datasets and tables', () => {
  it('keeps a table that is made while jobs which leave nothing behind are under way', async () => {
    const { client } = await oneTable()
    const names = Array.from({ length: 12 }, (_, index) => `made_${index}`)
    await Promise.all(
      names.flatMap((name) => [
        client.createQueryJob({ query: 'SELECT 1', dryRun: true }),
        client.dataset('toast').createTable(name, { schema: { fields: FIELDS } }),
        client.createQueryJob({ query: 'SELECT 1', dryRun: true }),
      ]),
    )
    const [tables] = await client.dataset('toast').getTables()
    expect(tables.map(({ id }) => id).toSorted()).toEqual(['days', ...names].toSorted())
  })

  it('are made, listed and described; a second one of the name is a conflict', async () => {
    const { client } = await oneTable()
    await client.createDataset('more', { location: 'europe-west1', description: 'More.' })
    await expect(client.createDataset('more')).rejects.toMatchObject({ code: 409 })
    await client.dataset('more').setMetadata({ description: 'Even more.' })
    expect((await client.dataset('more').getMetadata())[0]).toMatchObject({
      location: 'europe-west1',
      description: 'Even more.',
    })
    expect((await client.getDatasets())[0].map(({ id }) => id)).toEqual(['toast', 'more'])
    expect((await client.dataset('toast').getTables())[0].map(({ id }) => id)).toEqual(['days'])
    await expect(client.dataset('toast').createTable('days', { schema: { fields: FIELDS } })).rejects.toMatchObject({
      code: 409,
    })
    await expect(client.dataset('none').getMetadata()).rejects.toMatchObject({ code: 404 })
  })

  it('can lose no column and change no type', async () => {
    const { client } = await oneTable()
    const table = client.dataset('toast').table('days')
    await expect(table.setMetadata({ schema: { fields: [FIELDS[0]!] } })).rejects.toMatchObject({
      code: 400,
      message: expect.stringContaining('day is missing in new schema'),
    })
    await expect(
      table.setMetadata({ schema: { fields: [{ ...FIELDS[0]!, type: 'STRING' }, FIELDS[1]!] } }),
    ).rejects.toMatchObject({ code: 400 })
  })

  it('of what this server does not know are refused, never half made', async () => {
    const { client } = await oneTable()
    const dataset = client.dataset('toast')
    const unknown = { code: 501, errors: [{ reason: 'notImplemented' }] }
    const legacy = { view: { query: 'SELECT 1', useLegacySql: true } }
    await expect(dataset.createTable('v', legacy)).rejects.toMatchObject(unknown)
    await expect(dataset.createTable('j', { schema: { fields: [{ name: 'j', type: 'JSON' }] } })).rejects.toMatchObject(
      unknown,
    )
    await expect(
      client.query('MERGE toast.days USING toast.days ON FALSE WHEN NOT MATCHED THEN INSERT ROW'),
    ).rejects.toMatchObject(unknown)
    await expect(dataset.table('days').getRows()).rejects.toMatchObject(unknown)
  })
})
