import { beforeEach, expect, it } from 'vitest'
import type { BuildJob, BuildStatus, ModelWarehouse, Publication, Table } from '../../functions/pipeline/destination.ts'
import { DAY } from './warehouse-load.ts'

export interface ModelWarehouseFixture {
  readonly warehouse: ModelWarehouse
  /** How a decimal of a table comes out of a query: with the zeros at its end, or without. */
  decimal(text: string): string
  /** True where queries are billed. */
  readonly bills: boolean
  /** Moves the clock of the warehouse. */
  pass(milliseconds: number): Promise<void>
}

const NEXT_DAY = '2026-01-06'
const TARGET: Table = {
  schema: 'models_data',
  name: 'sales__0a1b2c3d',
  description: 'Sales of a day.',
  columns: [
    { name: 'location_id', type: 'string', description: 'Location.' },
    { name: 'business_date', type: 'date', description: 'Date.' },
    { name: 'net', type: 'numeric', description: 'Net sales.' },
    { name: 'orders', type: 'int64', description: 'Orders.' },
  ],
  clusterBy: ['location_id'],
  totals: [],
  rawColumn: null,
  shardColumn: null,
  partitionColumn: 'business_date',
}

const LABELS = { kind: 'build', model: 'sales' }

/** The contract of every warehouse that builds models. `numeric` is its cast to the widest exact number, `integer` to 64 bits. */
export function testModelWarehouse(
  create: () => Promise<ModelWarehouseFixture>,
  { numeric, integer }: { readonly numeric: (sql: string) => string; readonly integer: (sql: string) => string },
): void {
  let fixture: ModelWarehouseFixture
  let warehouse: ModelWarehouse
  beforeEach(async () => {
    fixture = await create()
    warehouse = fixture.warehouse
  })

  const rowSql = (location: string, net: string, date = DAY) =>
    `SELECT '${location}' AS location_id, DATE '${date}' AS business_date, ${numeric(net)} AS net, ${integer('1')} AS orders`
  const staging = (id: string): Table => ({ ...TARGET, schema: 'models_staging', name: id })
  const job = (id: string, sql: string, more: Partial<BuildJob> = {}): BuildJob => ({
    ...{ id, into: staging(id), window: DAY, sql, labels: LABELS },
    ...more,
  })
  const publication = (id: string, from: string, more: Partial<Publication> = {}): Publication => ({
    ...{ id, from: { schema: 'models_staging', name: from }, to: TARGET, window: DAY, rows: 1, labels: LABELS },
    ...more,
  })
  const over = async (id: string): Promise<BuildStatus | null> => {
    for (let tries = 0; ; tries++) {
      const status = await warehouse.buildStatus(id)
      if (status?.state !== 'running' || tries > 200) return status
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  const build = async (id: string, sql: string, more: Partial<BuildJob> = {}) => {
    await warehouse.startBuild(job(id, sql, more))
    return await over(id)
  }
  const publish = async (one: Publication) => {
    await warehouse.publishPartition(one)
    return await over(one.id)
  }
  const rows = async (date = DAY) =>
    (
      await warehouse.query(
        `SELECT location_id, net FROM models_data.sales__0a1b2c3d WHERE business_date = DATE '${date}' ORDER BY 1`,
      )
    ).rows

  it('stages the rows of a query, publishes them over a partition, and leaves other partitions', async () => {
    expect(await build('e1', rowSql('1', '2.50'))).toMatchObject({ state: 'done', rows: 1 })
    expect(await publish(publication('e1_publish', 'e1'))).toMatchObject({ state: 'done' })
    await build('n1', rowSql('9', '7', NEXT_DAY), { window: NEXT_DAY })
    await publish(publication('n1_publish', 'n1', { window: NEXT_DAY }))
    await build('e2', rowSql('2', '0.000000001'))
    await publish(publication('e2_publish', 'e2'))
    expect(await rows()).toEqual([['2', fixture.decimal('0.000000001')]])
    expect(await rows(NEXT_DAY)).toEqual([['9', fixture.decimal('7.000000000')]])
  })

  it('shows nothing of a staging table before it is published', async () => {
    await build('e1', rowSql('1', '1'))
    await publish(publication('e1_publish', 'e1'))
    await build('e2', rowSql('2', '2'))
    expect(await rows()).toEqual([['1', fixture.decimal('1.000000000')]])
    expect((await warehouse.query('SELECT location_id FROM models_staging.e2')).rows).toEqual([['2']])
  })

  it('uses an id once, also after other publications', async () => {
    expect(await warehouse.startBuild(job('e1', rowSql('1', '1')))).toEqual({ created: true })
    await over('e1')
    expect(await warehouse.startBuild(job('e1', rowSql('1', '1')))).toEqual({ created: false })
    await publish(publication('e1_publish', 'e1'))
    await build('e2', rowSql('2', '2'))
    await publish(publication('e2_publish', 'e2'))
    expect(await warehouse.publishPartition(publication('e1_publish', 'e1'))).toEqual({ created: false })
    expect(await rows()).toEqual([['2', fixture.decimal('2.000000000')]])
    expect(await warehouse.buildStatus('never')).toBeNull()
  })

  it('empties a partition by a staging table without rows', async () => {
    await build('e1', rowSql('1', '1'))
    await publish(publication('e1_publish', 'e1'))
    expect(await build('e2', `${rowSql('2', '2')} LIMIT 0`)).toMatchObject({ state: 'done', rows: 0 })
    expect(await publish(publication('e2_publish', 'e2', { rows: 0 }))).toMatchObject({ state: 'done' })
    expect(await rows()).toEqual([])
  })

  it('builds and publishes several partitions by one statement each, all of them or none', async () => {
    if (!warehouse.startBuilds || !warehouse.publishPartitions) return
    const jobs = [job('t1', rowSql('1', '1')), job('t2', rowSql('2', '2', NEXT_DAY), { window: NEXT_DAY })]
    const sql = `${rowSql('1', '1')} UNION ALL ${rowSql('2', '2', NEXT_DAY)}`
    expect(await warehouse.startBuilds({ jobs, sql })).toEqual({ created: true, rows: [1, 1] })
    expect(await warehouse.buildStatus('t2')).toMatchObject({ state: 'done', rows: 1 })
    expect(await warehouse.startBuild(job('t1', rowSql('9', '9')))).toEqual({ created: false })
    const publications = [publication('t1_publish', 't1'), publication('t2_publish', 't2', { window: NEXT_DAY })]
    expect(await warehouse.publishPartitions(publications)).toEqual({ created: true })
    expect(await rows()).toEqual([['1', fixture.decimal('1.000000000')]])
    expect(await rows(NEXT_DAY)).toEqual([['2', fixture.decimal('2.000000000')]])
    expect(await warehouse.describeTable(staging('t1'))).toBeNull()
    expect(await warehouse.publishPartitions(publications)).toEqual({ created: false })
  })

  it('starts none of several jobs when an id was used, a row has another date, or the query fails', async () => {
    if (!warehouse.startBuilds) return
    await build('u1', rowSql('1', '1'))
    const next = job('u2', rowSql('2', '2', NEXT_DAY), { window: NEXT_DAY })
    const both = `${rowSql('1', '1')} UNION ALL ${rowSql('2', '2', NEXT_DAY)}`
    const none = { created: false }
    expect(await warehouse.startBuilds({ jobs: [job('u1', ''), next], sql: both })).toEqual(none)
    const other = rowSql('3', '3', '2026-01-09')
    expect(await warehouse.startBuilds({ jobs: [job('u3', ''), next], sql: `${both} UNION ALL ${other}` })).toEqual(
      none,
    )
    expect(await warehouse.startBuilds({ jobs: [job('u3', ''), next], sql: 'SELECT nothing' })).toEqual(none)
    for (const id of ['u2', 'u3']) expect(await warehouse.buildStatus(id)).toBeNull()
    expect(await build('u2', rowSql('2', '2', NEXT_DAY), { window: NEXT_DAY })).toMatchObject({ state: 'done' })
  })

  it('replaces a table without partitions whole', async () => {
    const whole: Table = { ...TARGET, name: 'calendar__0a1b2c3d', partitionColumn: null, clusterBy: [] }
    for (const id of ['w1', 'w2']) {
      await build(id, rowSql(id, '1'), { window: null, into: { ...whole, schema: 'models_staging', name: id } })
      await publish(publication(`${id}_publish`, id, { to: whole, window: null }))
    }
    const { rows: found } = await warehouse.query('SELECT location_id FROM models_data.calendar__0a1b2c3d')
    expect(found).toEqual([['w2']])
  })

  it('fails for good by a query that is wrong, and keeps the id', async () => {
    const wrong = 'SELECT nothing FROM nowhere.nothing'
    const failed = await build('e1', wrong)
    expect(failed).toMatchObject({ state: 'failed' })
    expect(await warehouse.startBuild(job('e1', wrong))).toEqual({ created: false })
    expect(await over('e1')).toEqual(failed)
  })

  it('says that a staging table is gone, and leaves the partition as it was', async () => {
    await build('e1', rowSql('1', '1'))
    await publish(publication('e1_publish', 'e1'))
    expect(await publish(publication('e2_publish', 'e2'))).toMatchObject({ state: 'failed', isGone: true })
    expect(await rows()).toEqual([['1', fixture.decimal('1.000000000')]])
  })

  it('refuses rows of another date, and leaves no staging table with them', async () => {
    const sql = `${rowSql('1', '1')} UNION ALL ${rowSql('2', '1', NEXT_DAY)}`
    expect(await build('e1', sql)).toMatchObject({ state: 'failed', permanent: true, isGone: false })
    const left = await warehouse.describeTable(staging('e1'))
    if (left) expect((await warehouse.query('SELECT * FROM models_staging.e1')).rows).toEqual([])
  })

  it('builds once when many start the same job', async () => {
    const started = await Promise.all(
      Array.from({ length: 4 }, () => warehouse.startBuild(job('e1', rowSql('1', '1')))),
    )
    expect(started.filter(({ created }) => created)).toHaveLength(1)
    expect(await over('e1')).toMatchObject({ state: 'done', rows: 1 })
  })

  it('makes a view and replaces it in one step', async () => {
    await build('e1', rowSql('1', '1'))
    await publish(publication('e1_publish', 'e1'))
    const columns = [{ name: 'location_id', description: 'Location.' }]
    const view = (sql: string) => ({ schema: 'models', name: 'sales', description: 'Sales.', columns, sql })
    await warehouse.setView(view('SELECT location_id FROM models_data.sales__0a1b2c3d'))
    const asked = `SELECT location_id FROM models.sales`
    expect((await warehouse.query(asked)).rows).toEqual([['1']])
    await warehouse.setView(view(`SELECT '7' AS location_id`))
    expect((await warehouse.query(asked)).rows).toEqual([['7']])
  })

  it('drops a table, a view, and nothing', async () => {
    await build('e1', rowSql('1', '1'))
    await publish(publication('e1_publish', 'e1'))
    await warehouse.drop(TARGET)
    expect(await warehouse.describeTable(TARGET)).toBeNull()
    await warehouse.drop(TARGET)
    await build('e2', rowSql('2', '2'))
    await publish(publication('e2_publish', 'e2'))
    expect(await rows()).toEqual([['2', fixture.decimal('2.000000000')]])
  })

  it('adds a column to the table of a model, which is NULL in the rows it has', async () => {
    await build('e1', rowSql('1', '1'))
    await publish(publication('e1_publish', 'e1'))
    const tips = { name: 'tips', type: 'numeric', description: 'Tips.' } as const
    await warehouse.prepareTable({ ...TARGET, columns: [...TARGET.columns, tips] })
    const asked = `SELECT location_id, tips FROM models_data.sales__0a1b2c3d WHERE business_date = DATE '${DAY}'`
    expect((await warehouse.query(asked)).rows).toEqual([['1', null]])
  })

  it('deletes a staging table after a day', async () => {
    await build('e1', rowSql('1', '1'))
    await fixture.pass(90_000_000)
    await build('e2', rowSql('2', '2'))
    expect(await warehouse.describeTable(staging('e1'))).toBeNull()
    expect(await warehouse.describeTable(staging('e2'))).not.toBeNull()
  })

  it('estimates a query, and refuses one that is wrong', async () => {
    await build('e1', rowSql('1', '1'))
    const bytes = await warehouse.estimate('SELECT location_id FROM models_staging.e1')
    expect(bytes === null).toBe(!fixture.bills)
    await expect(warehouse.estimate('SELECT nothing FROM nowhere.nothing')).rejects.toMatchObject({
      code: 'USAGE_INVALID',
    })
  })
}
