import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import { type ApiAnswer, createClient } from '../../functions/api/contract/client.ts'
import { readCompiledModels } from '../../functions/compose/models.ts'
import { LocationsConfig } from '../../functions/config/config.ts'
import type { Models } from '../../functions/models/order.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import { generateNight } from '../../mock/night.ts'
import { startAs } from '../support/api-world.ts'
import { daybreak } from '../support/cli.ts'
import { at } from '../support/definition.ts'
import { type Day, isMoney, nano, plain, recordsOf, sumOf } from '../support/mart-counts.ts'
import { createWorld, ROOT, type World } from '../support/world.ts'

const [LOCATION, DATE] = ['185001', '2025-02-05']
const PLACES = [
  { id: LOCATION, name: 'East', time_zone: 'America/New_York' },
  { id: '185002', name: 'West', time_zone: 'America/Los_Angeles' },
]

let transformer: Transformer
let models: Models
beforeAll(async () => {
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: '.' })
  models = new Map(Object.entries((await readCompiledModels(ROOT)).models))
})
afterAll(() => transformer.close())

const synthetic = (): Day =>
  new Map(
    generateNight({
      ...{ seed: 3, date: DATE, profile: 'restaurant', scale: 0.3, closed: false },
      location: { id: LOCATION, name: 'East', timeZone: 'America/New_York', closeoutHour: 4 },
    }).map(({ name, bytes }) => [name, bytes]),
  )

async function worldOf(day: Day): Promise<World> {
  const world = await createWorld({ now: at('2025-02-06T14:00:00Z'), transformer, models })
  onTestFinished(() => world.close())
  await deliver(world, LOCATION, day)
  await world.run({ scope: { windows: [DATE] } })
  return world
}

async function deliver(world: World, location: string, day: Day): Promise<void> {
  for (const [name, bytes] of day) await world.write(`${location}/${DATE.replaceAll('-', '')}/${name}`, bytes)
}

const homeOf = (world: World) => ({ DAYBREAK_HOME: join(world.home, 'data') })

const sheet = (world: World, ...words: readonly string[]) =>
  daybreak(['day-sheet', DATE, '--project-dir', ROOT, ...words], { env: homeOf(world) })

interface Line {
  readonly section: string
  readonly line: string
  readonly amount: string
  readonly other: string
  readonly difference: string
}

async function linesOf(world: World): Promise<readonly Line[]> {
  const { code, stdout, stderr } = await sheet(world, '-o', 'json')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout)
}

const cents = (value: bigint) => plain(value).slice(0, -7)

it('prints what the files say, each line equal to its second source', async () => {
  const day = synthetic()
  const lines = await linesOf(await worldOf(day))
  const orders = recordsOf(day, 'OrderDetails.csv')
  const money = recordsOf(day, 'PaymentDetails.csv').filter(isMoney)
  const amountOf = (section: string, line: string) =>
    lines.find((each) => each.section === section && each.line === line)?.amount
  expect(amountOf('sales', 'net sales')).toBe(cents(sumOf(orders, 'Amount')))
  expect(amountOf('sales', 'tax')).toBe(cents(sumOf(orders, 'Tax')))
  expect(amountOf('sales', 'tips')).toBe(cents(sumOf(orders, 'Tip')))
  expect(amountOf('sales', 'total due')).toBe(cents(sumOf(orders, 'Total')))
  for (const type of new Set(money.map(({ Type = '' }) => Type)))
    expect(amountOf('payments', type), type).toBe(cents(sumOf(money, 'Total', ({ Type }) => Type === type)))
  expect(amountOf('payments', 'collected')).toBe(cents(sumOf(money, 'Total')))
  const redeemed = sumOf(money, 'Total', ({ Type }) => Type === 'Gift Card')
  expect(amountOf('gift cards', 'redeemed')).toBe(cents(redeemed))
  expect(nano(amountOf('gift cards', 'change of liability'))).toBe(nano(amountOf('gift cards', 'sold')) - redeemed)
  expect(lines.filter(({ other }) => other !== '').length).toBeGreaterThan(6)
  expect(lines.filter(({ difference }) => Number(difference) !== 0)).toEqual([])
})

it('names the line of a cent that is planted in one payment', async () => {
  const day = synthetic()
  const text = Buffer.from(day.get('PaymentDetails.csv') ?? '').toString()
  const [head = '', ...rows] = text.split('\r\n')
  const [amount, total, type, status] = ['Amount', 'Total', 'Type', 'Status'].map((name) =>
    head.split(',').indexOf(name),
  )
  const place = rows.findIndex((row) => {
    const cells = row.split(',')
    return cells.length === head.split(',').length && cells[type ?? 0] === 'Credit' && cells[status ?? 0] === 'CAPTURED'
  })
  const cells = (rows[place] ?? '').split(',')
  for (const column of [amount ?? 0, total ?? 0]) cells[column] = (Number(cells[column]) + 0.01).toFixed(2)
  const planted = [head, ...rows.with(place, cells.join(','))].join('\r\n')
  const world = await worldOf(new Map([...day, ['PaymentDetails.csv', Buffer.from(planted)]]))
  const open = (await linesOf(world)).filter(({ difference }) => Number(difference) !== 0)
  expect(open.map(({ section, line, difference }) => [section, line, difference])).toEqual([
    ['payments', 'collected', '0.01'],
  ])
  const table = await sheet(world)
  expect(table.stdout).toContain('Lines that differ from their second source: 1.')
  const page = await sheet(world, '--html')
  expect(page.stdout).toMatch(/font-weight:bold[^\n]*collected/)
})

it('says when a location or date has no sheet', async () => {
  const world = await worldOf(synthetic())
  expect(await sheet(world, '--location', '185999')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('"185999" is unknown'),
  })
  const other = await daybreak(['day-sheet', '2025-02-06', '--project-dir', ROOT], { env: homeOf(world) })
  expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no day sheet of 2025-02-06') })
})

describe('over the API', () => {
  const ANALYST = { name: 'Ben', role: 'analyst', shards: null }
  let world: World
  let server: Awaited<ReturnType<typeof startAs>>
  const day = synthetic()
  beforeAll(async () => {
    world = await createWorld({ now: at('2025-02-06T14:00:00Z'), transformer, models, locations: PLACES })
    await deliver(world, LOCATION, day)
    await deliver(world, '185002', new Map([...day].filter(([name]) => name !== 'CheckDetails.csv')))
    await world.run({ scope: { windows: [DATE] } })
    const locations = LocationsConfig.parse({ version: 1, locations: PLACES })
    server = await startAs({ world, project: { ...world.project, locations } })
  })
  afterAll(async () => {
    await server.close()
    await world.close()
  })
  const client = (principal: object = ANALYST) =>
    createClient({
      base: `http://127.0.0.1:${server.port}`,
      headers: () => ({ 'x-test-principal': JSON.stringify(principal) }),
    })
  const ask = (query = {}, principal?: object) =>
    client(principal)('GET /api/day-sheet/{date}', { path: { date: DATE }, query })

  it('has the lines of each location, and names the one that lacks a file', async () => {
    const { locations, missing, sentence } = await ask()
    expect(locations.map(({ shard, name, isComplete }) => [shard, name, isComplete])).toEqual([
      [LOCATION, 'East', true],
    ])
    expect(missing).toEqual(['185002'])
    expect(sentence).toContain('Without a sheet: 185002.')
    const net = locations[0]?.lines.find(({ line }) => line === 'net sales')
    const amount = cents(sumOf(recordsOf(day, 'OrderDetails.csv'), 'Amount'))
    expect(net).toMatchObject({ section: 'sales', amount, other: amount, difference: '0.00' })
  })

  it('leads from a line to the lines of files', async () => {
    const net = (await ask()).locations[0]?.lines.find(({ line }) => line === 'net sales')
    const answer = await fetch(`http://127.0.0.1:${server.port}${net?.lineage}`, {
      headers: { 'x-test-principal': JSON.stringify(ANALYST) },
    })
    const { sources }: ApiAnswer<'GET /api/lineage/value'> = JSON.parse(await answer.text())
    const orders = sources.find(({ table }) => table === 'toast.order_details')
    expect(orders?.lines).toHaveLength(recordsOf(day, 'OrderDetails.csv').length)
    expect(orders?.columns.map(({ header }) => header)).toContain('Amount')
  })

  it('is CSV for a spreadsheet', async () => {
    const lines = String(await ask({ format: 'csv' }))
      .trimEnd()
      .split('\r\n')
    expect(lines[0]).toBe('location,section,line,amount,other,difference')
    const amount = cents(sumOf(recordsOf(day, 'OrderDetails.csv'), 'Amount'))
    expect(lines).toContain(`${LOCATION},sales,net sales,${amount},${amount},0.00`)
  })

  it('shows a caller the locations that it may see, and no other', async () => {
    expect(await ask({}, { ...ANALYST, shards: ['185002'] })).toMatchObject({ locations: [], missing: ['185002'] })
    expect(await ask({ shard: [LOCATION] })).toMatchObject({ missing: [], locations: [{ shard: LOCATION }] })
  })

  it.each([
    [{ date: '2025-02-30' }, {}, 'NOT_FOUND', 'YYYY-MM-DD'],
    [{ date: DATE }, { shard: ['185003'] }, 'REQUEST_INVALID', '"185003" is unknown'],
  ])('refuses %j %j', async (path, query, code, text) => {
    await expect(client()('GET /api/day-sheet/{date}', { path, query })).rejects.toMatchObject({
      problem: { code, detail: expect.stringContaining(text) },
    })
  })
})

it('compares what the bank got with what was expected, and names the deposit that lacks a cent', async () => {
  const world = await worldOf(synthetic())
  const env = homeOf(world)
  const sql = `SELECT location_id, expected_on AS arrived_on, tender_group AS deposit, ROUND(SUM(expected), 2) AS amount FROM models.deposits GROUP BY 1, 2, 3`
  const { stdout: statement } = await daybreak(['query', sql, '-o', 'csv', '--project-dir', ROOT], { env })
  const compare = async (text: string, ...words: readonly string[]) => {
    const file = join(world.home, 'bank.csv')
    await writeFile(file, text)
    return await daybreak(['deposits', file, '-o', 'json', '--project-dir', ROOT, ...words], { env })
  }
  const same = await compare(statement)
  expect({ code: same.code, rows: JSON.parse(same.stdout) }, same.stderr).toEqual({ code: 0, rows: [] })
  const [head = '', ...rows] = statement.trimEnd().split(/\r?\n/)
  const place = rows.findIndex((row) => row.includes(',Cards,'))
  const cells = (rows[place] ?? '').split(',')
  const short = rows.with(place, [...cells.slice(0, 3), (Number(cells[3]) - 0.01).toFixed(2)].join(','))
  const { code, stdout } = await compare([head, ...short].join('\n'))
  expect(code).toBe(3)
  expect(JSON.parse(stdout)).toMatchObject([
    {
      location: LOCATION,
      deposit: 'Cards',
      expectedOn: cells[1],
      arrivedOn: cells[1],
      difference: '-0.01',
      state: 'differs',
    },
  ])
  const wrong = await compare([head, `${LOCATION},05.02.2025,Cards,1`].join('\n'))
  expect(wrong.code).toBe(2)
  expect(wrong.stderr).toMatch(/bank\.csv:2 arrived_on \\?"05\.02\.2025\\?": expected YYYY-MM-DD/)
})
