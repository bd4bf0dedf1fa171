import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { daybreak } from '../support/cli.ts'
import { sharedFolder } from '../support/folder.ts'

const project = await sharedFolder()
const DATE = '2026-03-02'
const PUT_BACK = Date.now() - Date.parse('2026-03-04T12:00:00Z')
const GUESTS = ['ana@example.com', 'ben@example.com']

async function run(...argv: readonly string[]) {
  return await daybreak([...argv, '--project-dir', project], {
    env: { DAYBREAK_HOME: join(project, 'home') },
    clock: { now: () => Date.now() - PUT_BACK, sleep: (milliseconds) => setTimeout(milliseconds) },
  })
}

async function rowsOf(...argv: readonly string[]): Promise<readonly Record<string, unknown>[]> {
  const { code, stdout, stderr } = await run(...argv, '-o', 'json')
  expect({ code, stderr }).toMatchObject({ code: 0 })
  return JSON.parse(stdout)
}

async function edit(file: string, change: (text: string) => string): Promise<void> {
  const path = join(project, file)
  await writeFile(path, change(await readFile(path, 'utf8')))
}

/** Twelve receipts: ten of tea, two of coffee, guests in turn, none for the last. */
async function deliver(shop: string, price = '10.00'): Promise<void> {
  const rows = Array.from({ length: 12 }, (_, at) => {
    const guest = at === 11 ? '' : GUESTS[at % 2]
    return `${at},${DATE} 12:00,${at < 10 ? 'tea' : 'coffee'},${at + 1},${price},${guest}`
  })
  await mkdir(join(project, 'data', shop, DATE), { recursive: true })
  const text = ['Receipt,Time,Product,Quantity,Amount,Guest', ...rows, ''].join('\n')
  await writeFile(join(project, 'data', shop, DATE, 'sales.csv'), text)
}

beforeAll(async () => {
  await cp('examples/csv-folder', project, { recursive: true })
  await edit('config/contracts/shops/sales.yaml', (text) =>
    text
      .replace(
        'derived:',
        '  - { name: guest, from: Guest, type: string, privacy: mask, optional: true, description: Mail. }\nderived:',
      )
      .replace(
        'checks:',
        '  - { name: known, type: bool, expression: guest is not null, description: Left a mail. }\nchecks:',
      ),
  )
  await deliver('harbour')
  await deliver('hill')
  expect(await run('run', '--date', DATE)).toMatchObject({ code: 0 })
}, 120_000)

describe('profiles', () => {
  it('count each column of a file, and show the values of those that are not private', async () => {
    const rows = await rowsOf('profile', 'show', 'sales', '--location', 'harbour')
    const byName = new Map(rows.map((row) => [row['column'], row]))
    expect(rows.map(({ column }) => column)).toEqual([
      ...['receipt', 'sold_at', 'product', 'quantity', 'amount', 'guest', 'price', 'known'],
    ])
    expect(byName.get('quantity')).toMatchObject({
      ...{ files: 1, rows: 12, nulls: 0, min: '1', max: '12', sum: '78.000000000', mean: 6.5, median: 6.5 },
    })
    expect(byName.get('sold_at')).toMatchObject({ min: `${DATE} 12:00:00`, max: `${DATE} 12:00:00`, sum: null })
    // Two coffees are too few to be shown, and the key has no frequent values.
    expect(byName.get('product')).toMatchObject({ frequent: null, characters: '3 to 6', min: null })
    expect(byName.get('guest')).toMatchObject({ nulls: 1, min: null, max: null, characters: null, frequent: null })
    expect(byName.get('known')).toMatchObject({ frequent: null })
  })

  it('are a table like any other: reconciled with their files, one row for each column', async () => {
    const [row] = await rowsOf('query', 'SELECT count(*) AS n, count(DISTINCT store) AS stores FROM shops.profiles')
    // Eight columns of sales in two shops, and two of a delivery that came with the example.
    expect(row).toEqual({ n: '18', stores: '2' })
    expect(await run('status', '--verify', '--from', DATE, '--to', DATE)).toMatchObject({
      stdout: expect.not.stringContaining('differs'),
    })
    expect((await rowsOf('tables')).map(({ table }) => table)).toContain('shops.profiles')
  })

  it('hold no private value, in any column', async () => {
    const text = JSON.stringify(await rowsOf('query', 'SELECT * FROM shops.profiles'))
    expect(GUESTS.filter((guest) => text.includes(guest) || text.includes(guest.slice(-6)))).toEqual([])
  })

  it('of several files are added up, without what does not add up', async () => {
    const [row] = await rowsOf('profile', 'show', 'sales', '--column', 'quantity')
    expect(row).toMatchObject({
      files: 2,
      rows: 24,
      min: '1.0',
      max: '12.0',
      sum: '156.000000000',
      mean: 6.5,
      median: null,
    })
  })

  it('are replaced when a file is corrected', async () => {
    await deliver('hill', '20.00')
    expect(await run('run', '--date', DATE, '--force')).toMatchObject({ code: 0 })
    const rows = await rowsOf('profile', 'show', 'sales', '--location', 'hill', '--column', 'amount')
    expect(rows).toMatchObject([{ rows: 12, sum: '240.000000000' }])
    expect(await rowsOf('query', 'SELECT count(*) AS n FROM shops.profiles')).toEqual([{ n: '18' }])
  })

  it('are not made where a pipeline says so', async () => {
    await edit('config/pipelines/shops.yaml', (text) => `${text}\nprofiles: false\n`)
    await deliver('harbour', '5.00')
    expect(await run('run', '--date', DATE, '--force')).toMatchObject({ code: 0 })
    expect(await rowsOf('query', "SELECT count(*) AS n FROM shops.profiles WHERE store = 'harbour'")).toEqual([
      { n: '0' },
    ])
  })
})

describe('the names of what Daybreak makes itself', () => {
  it.each(['profiles', 'rejects'])('are refused as a stream: %s', async (name) => {
    const file = `config/contracts/shops/${name}.yaml`
    const text = await readFile(join(project, 'config/contracts/shops/sales.yaml'), 'utf8')
    await writeFile(join(project, file), text.replace('stream: sales', `stream: ${name}`))
    const { code, stdout, stderr } = await run('validate')
    expect(code).not.toBe(0)
    expect(stdout + stderr).toContain(`"${name}" is the name of something that Daybreak makes itself`)
  })
})
