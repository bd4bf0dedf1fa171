import { createHash } from 'node:crypto'
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createClient } from '../../functions/api/contract/client.ts'
import { createModelProject } from '../../functions/pipeline/build/project.ts'
import { warehouseOf } from '../../functions/pipeline/destination.ts'
import { applyModels, removeEnvironment } from '../../functions/pipeline/work/apply-models.ts'
import { type ApiWorld, createApiWorld, startAs } from '../support/api-world.ts'
import { daybreak } from '../support/cli.ts'
import { testFolder } from '../support/folder.ts'
import { withOneOrder } from '../support/one-order.ts'

const DATE = '2026-10-29'
const OPERATOR = { name: 'Ana', role: 'operator', shards: null }

let api: ApiWorld
let server: Awaited<ReturnType<typeof startAs>>
beforeAll(async () => {
  api = await createApiWorld()
  server = await startAs(api)
})
afterAll(async () => {
  await server.close()
  await api.close()
})

const client = (principal: object = OPERATOR) =>
  createClient({
    base: `http://127.0.0.1:${server.port}`,
    headers: () => ({ 'x-test-principal': JSON.stringify(principal) }),
  })

describe('lineage over the API', () => {
  it('says of each table how fresh it is', async () => {
    const { nodes } = await client()('GET /api/lineage')
    const stateOf = (id: string) => nodes.find((node) => node.id === id)?.state
    expect(stateOf('toast.order_details')).toBe('current')
    expect(stateOf('models.daily_sales')).toBe('current')
    // Its file is broken at one of two locations, and the other one is loaded.
    expect(stateOf('toast.payment_details')).toBe('current')
    expect(stateOf('toast.time_entries')).toBe('absent')
    expect(stateOf('file:toast/OrderDetails.csv')).toBeNull()
    expect(nodes.find(({ id }) => id === 'models.daily_sales')?.freshAt).toMatch(/^2026-10-30T/)
  })

  it('gives columns of edges where they are asked for', async () => {
    const node = 'models.daily_location'
    const plain = await client()('GET /api/lineage', { query: { node, depth: 1, direction: 'upstream' } })
    expect(plain.edges.flatMap(({ columns }) => columns)).toEqual([])
    const query = { node, depth: 1, direction: 'upstream', columns: true } as const
    const detailed = await client()('GET /api/lineage', { query })
    expect(detailed.edges.map(({ from, to }) => `${from} > ${to}`)).toEqual(
      plain.edges.map(({ from, to }) => `${from} > ${to}`),
    )
    expect(detailed.edges.find(({ from }) => from === 'models.daily_sales')?.columns).toContainEqual({
      ...{ from: 'net_sales', to: 'net_sales', kind: 'AGGREGATION', expression: null },
    })
    expect(detailed.influences.map(({ kind }) => kind)).toContain('JOIN')
  })

  it.each([
    [{ node: 'models.daily_sale' }, 'NOT_FOUND', 'models.daily_sales'],
    [{ node: 'models.daily_sales', column: 'net_sale' }, 'NOT_FOUND', 'net_sales'],
    [{ column: 'net_sales' }, 'REQUEST_INVALID', 'node'],
  ])('refuses %j', async (query, code, text) => {
    await expect(client()('GET /api/lineage', { query })).rejects.toMatchObject({
      problem: { code, detail: expect.stringContaining(text) },
    })
  })
})

describe('a value over the API', () => {
  const ANALYST = { name: 'Ben', role: 'analyst', shards: null }
  const value = (key: string[], more: Partial<{ model: string; column: string }> = {}) =>
    client(ANALYST)('GET /api/lineage/value', {
      query: { model: 'order_facts', column: 'service_charges', key, ...more },
    })

  it('of one order leads to the lines of that order in each file, and to no other', async () => {
    const reader = warehouseOf(server.daybreak.ports, 'toast')
    const { rows } = await reader.query(
      `SELECT order_id, COUNT(*) FROM toast.item_selection_details WHERE location_id = '185001' GROUP BY 1 ORDER BY 2 DESC, 1`,
    )
    const [order = '', items] = rows[0] ?? []
    const { values, sources } = await value([`business_date=${DATE}`, 'location_id=185001', `order_id=${order}`])
    expect(values).toHaveLength(1)
    const [orders, lines] = ['toast.order_details', 'toast.item_selection_details'].map((table) =>
      sources.filter((source) => source.table === table),
    )
    expect(orders).toMatchObject([{ file: expect.stringMatching(/OrderDetails\.csv$/), isWhole: true }])
    expect(orders?.[0]?.lines).toHaveLength(1)
    expect(orders?.[0]?.columns).toEqual([{ column: 'amount', header: 'Amount', privacy: 'keep' }])
    expect(lines?.[0]?.lines).toHaveLength(Number(items))
    expect(lines?.[0]?.narrowedBy.toSorted()).toEqual(['business_date', 'location_id', 'order_id'])

    const [raw] = orders ?? []
    const path = join(api.world.source, '185001/20261029/OrderDetails.csv')
    const text = await readFile(path, 'utf8')
    expect(raw?.sha256).toBe(createHash('sha256').update(text).digest('hex'))
    expect(text.split(/\r?\n/)[(raw?.lines[0] ?? 0) - 1]).toContain(order)
  })

  it('of a mart leads over the models that it reads to all lines of its location, and of no other', async () => {
    const { sources } = await value([`business_date=${DATE}`, 'location_id=185001'], {
      ...{ model: 'daily_sales', column: 'net_sales' },
    })
    expect(new Set(sources.map(({ table }) => table))).toEqual(
      new Set(['toast.order_details', 'toast.item_selection_details']),
    )
    expect(sources.filter(({ file }) => !file.includes('185001'))).toEqual([])
    const { rows } = await warehouseOf(server.daybreak.ports, 'toast').query(
      `SELECT COUNT(*) FROM toast.order_details WHERE location_id = '185001'`,
    )
    expect(sources.find(({ table }) => table === 'toast.order_details')?.lines).toHaveLength(Number(rows[0]?.[0]))
  })

  it.each([
    [['location_id=185001'], {}, 'REQUEST_INVALID', 'business_date=YYYY-MM-DD'],
    [['location'], {}, 'REQUEST_INVALID', 'column=value'],
    [['business_date=2026-02-30'], {}, 'REQUEST_INVALID', 'YYYY-MM-DD'],
    [[`business_dat=${DATE}`], {}, 'REQUEST_INVALID', 'business_date'],
    [[`business_date=${DATE}`], { column: 'net_sale' }, 'NOT_FOUND', 'net_sales'],
    [[`business_date=${DATE}`], { model: 'order_fact' }, 'NOT_FOUND', 'order_facts'],
  ])('refuses %j %j', async (key, more, code, text) => {
    await expect(value(key, more)).rejects.toMatchObject({ problem: { code, detail: expect.stringContaining(text) } })
  })

  it('takes a quote in a key as text', async () => {
    expect(await value([`business_date=${DATE}`, "order_id=x' OR '1'='1"])).toMatchObject({ values: [], sources: [] })
  })
})

describe('models over the API', () => {
  it('are listed with their state, and shown with columns, checks and partitions', async () => {
    const { models } = await client()('GET /api/models')
    const row = models.find(({ model }) => model === 'daily_sales')
    expect(row).toMatchObject({ state: 'current', newestWindow: DATE, held: 0, reads: ['models.order_facts'] })
    const path = { model: 'daily_sales' }
    const model = await client()('GET /api/models/{model}', { path })
    expect(model.sql).toMatch(/FROM models\.order_facts/)
    expect(model.readers).toContain('models.daily_location')
    expect(model.columnList.find(({ name }) => name === 'net_sales')?.from).toEqual([
      { table: 'models.order_facts', column: 'net_sales', kind: 'AGGREGATION' },
    ])
    expect(model.partitions).toMatchObject([{ window: DATE, state: 'idle' }])
    expect(model.partitions[0]?.rows).toBeGreaterThan(0)
    expect(model.partitions[0]?.checks.length).toBe(model.checkList.length)
  })

  it('show their rows to an analyst, the newest date first, and say whether there are more', async () => {
    const path = { model: 'daily_sales' }
    const all = await client({ ...OPERATOR, role: 'analyst' })('GET /api/models/{model}/rows', { path })
    expect(all).toMatchObject({ date: DATE, isWhole: true })
    expect(all.columns.map(({ name }) => name)).toContain('net_sales')
    const orders = { path: { model: 'order_facts' }, query: { limit: 1 } }
    expect(await client()('GET /api/models/{model}/rows', orders)).toMatchObject({
      ...{ rows: [expect.anything()], isWhole: false },
    })
    const other = await client()('GET /api/models/{model}/rows', { path, query: { date: '2026-10-28' } })
    expect(other).toMatchObject({ rows: [], date: '2026-10-28', isWhole: true })
    await expect(
      client({ ...OPERATOR, role: 'viewer' })('GET /api/models/{model}/rows', { path }),
    ).rejects.toMatchObject({ problem: { code: 'FORBIDDEN' } })
    await expect(
      client({ ...OPERATOR, shards: ['185001'] })('GET /api/models/{model}/rows', { path }),
    ).rejects.toMatchObject({ problem: { code: 'FORBIDDEN' } })
  })

  it('name the versions that are kept, and the release that showed each first', async () => {
    const model = await client()('GET /api/models/{model}', { path: { model: 'daily_sales' } })
    expect(model.versions).toMatchObject([{ version: model.version, isShown: true, release: { by: 'daybreak' } }])
    expect(model.checkList[0]?.sql).toMatch(/models\.daily_sales/)
  })

  it('are compared with those of the project, which changes nothing', async () => {
    const plan = () => client({ ...OPERATOR, role: 'analyst' })('GET /api/models:plan')
    expect((await plan()).changes).toEqual([])
    const compiled = server.daybreak.worker.models?.compiled
    const old = compiled?.get('daily_sales')
    if (!(compiled instanceof Map) || !old) throw new TypeError('the world has no daily_sales')
    const columnFingerprints = { ...old.columnFingerprints, net_sales: 'f'.repeat(64) }
    compiled.set('daily_sales', { ...old, fingerprint: 'f'.repeat(64), columnFingerprints })
    try {
      const { changes } = await plan()
      expect(changes.find(({ model }) => model === 'daily_sales')).toMatchObject({
        ...{ category: 'breaking', reasons: ['net_sales: expression changed'], partitions: 1 },
      })
      expect(changes.find(({ model }) => model === 'daily_location')?.category).toBe('indirect')
    } finally {
      compiled.set('daily_sales', old)
    }
  })

  it('are those of the environment that is asked for: versions, rows, lines, catalog', async () => {
    const { worker } = server.daybreak
    const environment = 'models_dev_anna'
    const anna = {
      ...worker,
      models: createModelProject(withOneOrder(worker.models?.compiled), { environment: 'local', views: environment }),
    }
    expect(await applyModels(anna, { by: 'anna' })).toMatchObject({ release: 1, held: [] })
    onTestFinished(async () => void (await removeEnvironment(anna, 'anna')))
    const call = client({ ...OPERATOR, role: 'admin' })
    const versionIn = async (query: object) =>
      (await call('GET /api/models', { query })).models.find(({ model }) => model === 'daily_sales')?.version
    expect((await call('GET /api/models')).environments).toEqual(['models', environment])
    const [usual, own] = [await versionIn({}), await versionIn({ environment })]
    expect(own).not.toBe(usual)
    expect(await versionIn({ environment: 'models' })).toBe(usual)

    const path = { model: 'daily_sales' }
    const model = await call('GET /api/models/{model}', { path, query: { environment } })
    expect(model).toMatchObject({ version: own, state: 'current', description: 'One order in each row.' })
    expect(model.versions.find(({ isShown }) => isShown)).toMatchObject({ version: own, release: { by: 'anna' } })

    const ordersIn = async (query: object) => {
      const { columns, rows } = await call('GET /api/models/{model}/rows', { path, query: { limit: 100, ...query } })
      const at = columns.findIndex(({ name }) => name === 'orders')
      return new Set(rows.map((row) => row[at]))
    }
    expect(await ordersIn({ environment })).toEqual(new Set(['1']))
    expect(await ordersIn({})).not.toEqual(new Set(['1']))

    const key = [`business_date=${DATE}`, 'location_id=185001']
    const value = (query: object) =>
      call('GET /api/lineage/value', { query: { model: 'daily_sales', column: 'orders', key, ...query } })
    expect((await value({ environment })).values).toEqual(['1'])
    expect((await value({})).values).not.toEqual(['1'])

    const describedIn = async (query: object) =>
      (await call('GET /api/lineage', { query: { node: 'models.daily_sales', depth: 1, ...query } })).nodes.find(
        ({ id }) => id === 'models.daily_sales',
      )?.description
    expect(await describedIn({ environment })).toBe('One order in each row.')
    expect(await describedIn({})).not.toBe('One order in each row.')
    const catalog = await call('GET /api/catalog', { query: { id: 'models.daily_sales', environment } })
    expect(catalog.entries).toMatchObject([{ description: 'One order in each row.', version: own }])
  })

  it.each(['GET /api/models', 'GET /api/lineage', 'GET /api/catalog'] as const)(
    '%s names the environments there are where one is unknown',
    async (key) => {
      await expect(client()(key, { query: { environment: 'models_dev_ana' } })).rejects.toMatchObject({
        problem: { code: 'NOT_FOUND', detail: expect.stringContaining('expected one of: models') },
      })
    },
  )

  it('of one table have one partition, also for a range of dates', async () => {
    const model = await client()('GET /api/models/{model}', { path: { model: 'dayparts' } })
    expect(model.partitions.map(({ window }) => window)).toEqual(['all'])
  })

  it('are built for dates by an operator, once for several requests', async () => {
    const path = { model: 'daily_sales' }
    const body = { from: DATE, to: DATE }
    const { ledger } = server.daybreak.ports
    const countOf = async () => (await ledger.messages({ pipeline: 'models', states: ['pending'] })).length
    const before = await countOf()
    const answer = await client()('POST /api/models/{model}:build', { path, body })
    expect(answer).toEqual({ model: 'daily_sales', windows: [DATE] })
    expect(await countOf()).toBe(before + 1)
    const { entries } = await client({ ...OPERATOR, role: 'admin' })('GET /api/audit')
    expect(entries[0]).toMatchObject({ action: 'model.build', subject: 'daily_sales' })
    await expect(
      client({ ...OPERATOR, role: 'analyst' })('POST /api/models/{model}:build', { path, body }),
    ).rejects.toMatchObject({ problem: { code: 'FORBIDDEN' } })
    await expect(
      client()('POST /api/models/{model}:build', { path, body: { from: DATE, to: '2026-10-28' } }),
    ).rejects.toMatchObject({ problem: { code: 'REQUEST_INVALID' } })
    await expect(
      client()('POST /api/models/{model}:build', { path: { model: 'daily_sale' }, body }),
    ).rejects.toMatchObject({ problem: { code: 'NOT_FOUND', detail: expect.stringContaining('daily_sales') } })
  })
})

describe('lineage on the command line', () => {
  const project = async (exposures: string) => {
    const folder = await testFolder()
    await cp('config', join(folder, 'config'), { recursive: true })
    await mkdir(join(folder, 'config/models'), { recursive: true })
    await writeFile(join(folder, 'config/models/exposures.yaml'), exposures)
    return (...words: string[]) => daybreak(['lineage', ...words, '--project-dir', folder])
  }
  const EXPOSURES = [
    'version: 1',
    'exposures:',
    '  - name: weekly_flash',
    '    title: Weekly flash',
    '    kind: mail',
    '    description: Net sales of the week.',
    '    reads:',
    '      - { table: models.daily_location, columns: [net_sales] }',
    '',
  ].join('\n')

  it('shows one column from the header to the exposure, and one table', async () => {
    const lineage = await project(EXPOSURES)
    const column = await lineage('show', 'models.daily_location.net_sales', '-o', 'json')
    const rows: { from: string; to: string; how: string }[] = JSON.parse(column.stdout)
    expect(rows.map(({ from }) => from)).toContain('file:toast/OrderDetails.csv.Amount')
    expect(rows.map(({ to }) => to)).toContain('exposure:weekly_flash.models.daily_location.net_sales')
    const table = await lineage('show', 'file:toast/OrderDetails.csv', '--depth', '1', '-o', 'json')
    expect(JSON.parse(table.stdout)).toMatchObject([{ from: 'file:toast/OrderDetails.csv', to: 'toast.order_details' }])
  })

  it('prints the whole graph', async () => {
    const lineage = await project(EXPOSURES)
    const graph = JSON.parse((await lineage('export')).stdout)
    expect(graph.nodes.map(({ id }: { id: string }) => id)).toContain('exposure:weekly_flash')
    expect((await lineage('export', '--as', 'dot')).stdout).toContain(
      '"models.daily_sales" -> "models.daily_location";',
    )
    const drawn = (await lineage('export', '--as', 'mermaid')).stdout
    const numberOf = (name: string) => new RegExp(`(n\\d+)\\["${name}"\\]`).exec(drawn)?.[1]
    expect(drawn).toContain(`${numberOf('daily_sales')} --> ${numberOf('daily_location')}\n`)
    const events = JSON.parse((await lineage('export', '--as', 'openlineage')).stdout)
    const job = events.find((event: { job?: { name: string } }) => event.job?.name === 'exposure:weekly_flash')
    expect(job).toMatchObject({ inputs: [{ name: 'models.daily_location' }], outputs: [] })
  })

  it('leads from a cell of a mart to lines of files', async () => {
    const value = (column: string, ...key: string[]) =>
      daybreak(['lineage', 'value', column, ...key, '--project-dir', '.', '-o', 'json'], {
        env: { DAYBREAK_HOME: join(api.world.home, 'data') },
      })
    const { stdout, stderr } = await value(
      'models.daily_sales.net_sales',
      `business_date=${DATE}`,
      'location_id=185001',
    )
    const rows: { table: string; file: string; lines: string; headers: string }[] = JSON.parse(stdout || stderr)
    const orders = rows.find(({ table }) => table === 'toast.order_details')
    expect(orders).toMatchObject({ file: expect.stringMatching(/185001.*OrderDetails\.csv$/), headers: 'Amount' })
    expect(orders?.lines).toMatch(/^2, 3, 4\b/)
    expect((await value('daily_sales', `business_date=${DATE}`)).stderr).toContain('models.MODEL.COLUMN')
  })

  it('names the place of an exposure that reads what does not exist, and the nearest name of a mistyped one', async () => {
    const broken = await project(EXPOSURES.replace('daily_location', 'daily_locaton'))
    const refused = await broken('export')
    expect(refused.code).toBe(2)
    expect(refused.stderr).toMatch(/config\/models\/exposures\.yaml:8:\d+ there is no table models\.daily_locaton/)
    const lineage = await project(EXPOSURES)
    expect((await lineage('show', 'models.daily_sales.net_sale')).stderr).toContain('models.daily_sales.net_sales')
    expect((await lineage('show', 'models.daily_sales', '--depth', '0')).stderr).toContain('1 to 20')
  })
})
