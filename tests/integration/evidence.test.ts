import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import { listExposures } from '../../functions/compose/exposures.ts'
import { readCompiledModels } from '../../functions/compose/models.ts'
import { sumDecimals } from '../../functions/lib/decimal.ts'
import { warehouseOf } from '../../functions/pipeline/destination.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import { generateNight } from '../../mock/night.ts'
import { at } from '../support/definition.ts'
import { createWorld, ROOT, type World } from '../support/world.ts'

const DATE = '2025-02-05'

let transformer: Transformer
let world: World
beforeAll(async () => {
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: '.' })
  const models = new Map(Object.entries((await readCompiledModels(ROOT)).models))
  world = await createWorld({ now: at('2025-02-06T14:00:00Z'), transformer, models })
  const location = { id: '185001', name: 'East', timeZone: 'America/New_York', closeoutHour: 4 }
  const night = generateNight({ seed: 3, date: DATE, profile: 'small', scale: 0.3, closed: false, location })
  for (const { name, bytes } of night) await world.write(`185001/20250205/${name}`, bytes)
  await world.run({ scope: { windows: [DATE] } })
})
afterAll(async () => {
  await world.close()
  await transformer.close()
})

/** Writes the rows of pages, as `npm run evidence` begins. */
async function rowsOnly(...args: readonly string[]): Promise<{ readonly code: number; readonly stderr: string }> {
  const command = [join(ROOT, 'evidence/build.mjs'), '--rows-only', '--out', join(world.home, 'rows'), ...args]
  const env = { ...process.env, DAYBREAK_HOME: join(world.home, 'data') }
  return await new Promise((resolve) => {
    execFile(process.execPath, command, { cwd: ROOT, env }, (error, _, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stderr })
    })
  })
}

/** Cells of a file by column; none of these has a comma. */
async function columnsIn(name: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const text = await readFile(join(world.home, 'rows', `${name}.csv`), 'utf8')
  const [head = [], ...rows] = text
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => line.split(','))
  return new Map(head.map((column, index) => [column, rows.map((cells) => cells[index] ?? '')]))
}

it('writes the rows of each page, to the cent those of the marts, and with the columns that exposures name', async () => {
  expect(await rowsOnly('--from', DATE, '--to', DATE)).toMatchObject({ code: 0 })
  const daybreak = await world.open()
  const sum = async (sql: string) => (await warehouseOf(daybreak.ports, 'toast').query(sql)).rows[0]?.[0] ?? ''
  const marts = {
    flash: ['net_sales', await sum('SELECT SUM(net_sales) FROM models.daily_location')],
    sales: ['net_sales', await sum('SELECT SUM(net_sales) FROM models.daily_sales')],
    deposits: ['expected', await sum('SELECT SUM(expected) FROM models.deposits')],
    drawers: ['over_short', await sum('SELECT SUM(over_short) FROM models.cash_daily')],
  }
  await daybreak.close()
  const headers = new Set<string>()
  for (const [name, [column = '', total = '']] of Object.entries(marts)) {
    const columns = await columnsIn(name)
    for (const each of columns.keys()) headers.add(each)
    expect(Number(sumDecimals(columns.get(column) ?? [])), name).toBe(Number(total))
    expect(Number(total), name).not.toBeNaN()
  }
  const pages = (await listExposures(ROOT)).filter(({ kind }) => kind === 'page')
  const named = pages.flatMap(({ reads }) => reads.flatMap(({ columns = [] }) => columns))
  expect(named.filter((column) => !headers.has(column))).toEqual([])
})

it('asks for nothing that no page shows, and each page for rows that are written', async () => {
  const queries = (await readdir(join(ROOT, 'evidence/queries'))).map((file) => file.replace('.sql', ''))
  const pages = await readdir(join(ROOT, 'evidence/pages'))
  const texts = await Promise.all(pages.map((page) => readFile(join(ROOT, 'evidence/pages', page), 'utf8')))
  const asked = texts.flatMap((text) => [...text.matchAll(/\bdaybreak\.(\w+)/g)].map(([, name]) => name))
  expect([...new Set(asked)].toSorted()).toEqual(queries.toSorted())
})

it.each([
  [['--from', '2025-02-05', '--to', '2025-02-01'], /-3 days; expected 1 to 800/],
  [['--from', "2025-02-05' OR TRUE"], /is no date; expected YYYY-MM-DD/],
])('refuses the range %s', async (args, message) => {
  const { code, stderr } = await rowsOnly(...args)
  expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringMatching(message) })
})
