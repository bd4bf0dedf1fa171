import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { daybreak } from '../support/cli.ts'
import { sharedFolder } from '../support/folder.ts'

const project = await sharedFolder()
// The clock of the machine, put back to the days of the example.
const PUT_BACK = Date.now() - Date.parse('2026-03-04T12:00:00Z')

beforeAll(async () => {
  await cp('examples/csv-folder', project, { recursive: true })
})

async function run(...argv: readonly string[]) {
  return await runAt(() => Date.now() - PUT_BACK, ...argv)
}

async function runAt(now: () => number, ...argv: readonly string[]) {
  return await daybreak([...argv, '--project-dir', project], {
    env: { DAYBREAK_HOME: join(project, 'home') },
    clock: { now, sleep: (milliseconds) => setTimeout(milliseconds) },
  })
}

async function rowsOf(...argv: readonly string[]): Promise<readonly Record<string, unknown>[]> {
  const { stdout } = await run(...argv, '-o', 'json')
  return JSON.parse(stdout)
}

const SALES =
  'SELECT store, CAST(day AS VARCHAR) AS day, receipt, product, quantity, CAST(amount AS VARCHAR) AS amount FROM shops.sales'
const PLACES = ['harbour/2026-03-01', 'harbour/2026-03-02', 'harbour/2026-03-03', 'hill/2026-03-01', 'hill/2026-03-02']

/** The rows that the files hold, read by no code of the product. */
async function written(): Promise<readonly string[]> {
  const files = await Promise.all(
    PLACES.map(async (place) => {
      const text = await readFile(join(project, 'data', place, 'sales.csv'), 'utf8')
      const records = text.trim().split('\n').slice(1)
      return records.map((record) => [...place.split('/'), ...record.split(',')])
    }),
  )
  const whole = files.flat().filter((fields) => fields[5] !== 'none')
  // Without the time of the sale.
  return whole.map((fields) => fields.filter((_, at) => at !== 3).join(' ')).toSorted()
}

async function loaded(): Promise<readonly string[]> {
  return (await rowsOf('query', SALES)).map((row) => Object.values(row).join(' ')).toSorted()
}

describe('a folder of CSV files', () => {
  it('is valid without locations', async () => {
    expect(await run('validate')).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringContaining(': 2 shards, '),
    })
  })

  it('is planned by its own path, and an optional file by its pattern', async () => {
    const plan = await rowsOf('plan', '--date', '2026-03-02')
    expect(plan.map((row) => Object.values(row).slice(0, 5).join(' '))).toEqual([
      'harbour 2026-03-02 sales expected fetch',
      'hill 2026-03-02 sales expected fetch',
      'hill 2026-03-02 deliveries expected fetch',
    ])
  })

  it('has days of last spring only, so a plan without days says how to ask for them', async () => {
    const autumn = Date.parse('2026-10-01T12:00:00Z')
    const { code, stdout } = await runAt(() => autumn, 'plan')
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('daybreak plan --date') })
  })

  it('imports no file whose name says no shard and window of its path', async () => {
    await writeFile(join(project, 'sales.csv'), 'x')
    const { code, stderr } = await run('import', join(project, 'sales.csv'))
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('expected {shard}/{window}/{file}') })
    expect(await run('import', join(project, 'none'))).toMatchObject({ code: 2 })
  })

  it('is loaded row by row as its files say', async () => {
    expect(await run('run')).toMatchObject({ code: 0, stdout: expect.stringContaining('succeeded') })
    expect(await loaded()).toEqual(await written())
    expect(await rowsOf('query', 'SELECT product, quantity FROM shops.deliveries ORDER BY product')).toEqual([
      { product: 'flour', quantity: '40' },
      { product: 'milk', quantity: '24' },
    ])
  })

  it('lacks nothing, and a closed day is waived', async () => {
    const { code, stdout } = await run('status', '--check', '--from', '2026-03-01', '--to', '2026-03-03')
    expect({ code, waived: /hill.*2026-03-03.*waived/i.test(stdout) }).toEqual({ code: 0, waived: true })
  })

  it('keeps the rejected row with its shard, day, line and value', async () => {
    expect(await rowsOf('rejects', 'list')).toMatchObject([
      { store: 'harbour', day: '2026-03-02', stream: 'sales', line: '3', column: 'quantity', value: 'none' },
    ])
  })

  it('replaces the rows of a day when its file was corrected', async () => {
    const path = join(project, 'data/harbour/2026-03-02/sales.csv')
    await writeFile(path, (await readFile(path, 'utf8')).replace('none', '1'))
    expect(await run('run', '--date', '2026-03-02')).toMatchObject({ code: 0 })
    expect(await loaded()).toHaveLength(10)
    expect(await loaded()).toEqual(await written())
  })

  it('is backfilled over a range, and has every row once', async () => {
    const range = ['--start-date', '2026-03-01', '--end-date', '2026-03-03']
    expect(await run('backfill', ...range)).toMatchObject({ code: 0 })
    expect(await loaded()).toEqual(await written())
  })
})

describe('the closeout hour, which only restaurants have', () => {
  const contracts = ['sales', 'deliveries'].map((stream) => join(project, `config/contracts/shops/${stream}.yaml`))
  const yaml = join(project, 'config/pipelines/shops.yaml')
  const files = [...contracts, yaml]
  const CHECK = `checks:
  - name: counted
    effect: warn
    equal:
      - { stream: sales, where: quantity > closeout_hour }
      - { stream: deliveries, sum: quantity * closeout_hour }
`

  it.each([
    ['where the columns of shard and window are named', (text: string) => text],
    [
      'where they have the names that restaurants give them',
      (text: string) =>
        text
          .replace(/^carries: .*\n/m, '')
          .replace('[store, ', '[location_id, ')
          .replace('= day', '= business_date'),
    ],
  ])('is refused by validate with its places, %s', async (_, named) => {
    const before = await Promise.all(files.map((file) => readFile(file, 'utf8')))
    const [sales = '', deliveries = '', pipeline = ''] = before
    const late = '  - { name: late, that: quantity > closeout_hour, effect: warn }\n'
    await writeFile(files[0]!, `${named(sales)}${late}`)
    await writeFile(files[1]!, named(deliveries))
    await writeFile(files[2]!, `${pipeline}${CHECK}`)
    const { code, stdout, stderr } = await run('validate')
    await Promise.all(files.map((file, at) => writeFile(file, before[at] ?? '')))
    expect(code).toBe(2)
    const said = `${stdout}${stderr}`
    expect(said).toMatch(/contracts\/shops\/sales.yaml:\d+:\d+ checks\[\d\].that: .*closeout_hour/)
    expect(said).toMatch(/pipelines\/shops.yaml:\d+:\d+ checks\[0\].equal\[0\].where: .*closeout_hour/)
    expect(said).toMatch(/pipelines\/shops.yaml:\d+:\d+ checks\[0\].equal\[1\].sum: .*closeout_hour/)
    expect(await run('validate')).toMatchObject({ code: 0 })
  })
})

describe('a folder of CSV files whose shards are discovered', () => {
  const yaml = join(project, 'config/pipelines/shops.yaml')
  const days = ['--date', '2026-03-02,2026-03-03']
  const stores = async () =>
    (await rowsOf('query', 'SELECT DISTINCT store FROM shops.sales ORDER BY store')).map(({ store }) => store)

  beforeAll(async () => {
    const text = await readFile(yaml, 'utf8')
    await writeFile(yaml, text.replace(/^shards:\n( {2}- .*\n)+/m, 'shards: discover\n'))
    await cp(join(project, 'data/hill/2026-03-02'), join(project, 'data/mill/2026-03-02'), { recursive: true })
  })

  it('is valid, and plans the shard that is new with the day that it has', async () => {
    expect(await run('validate')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('shards as they are found'),
    })
    const plan = await rowsOf('plan', ...days)
    expect(plan.filter(({ shard }) => shard === 'mill').map(({ window, stream }) => `${window} ${stream}`)).toEqual([
      '2026-03-02 sales',
      '2026-03-02 deliveries',
    ])
  })

  it('are counted by doctor, which says when a path fits nothing', async () => {
    expect((await run('doctor')).stdout).toMatch(/source shops .*finds 3 stores from 2026-02-\d\d to 2026-03-0\d/)
    const text = await readFile(yaml, 'utf8')
    await writeFile(yaml, text.replace("path: '{shard}/{window}/{file}'", "path: '{window}/{shard}/{file}'"))
    const { stdout } = await run('doctor')
    await writeFile(yaml, text)
    expect(stdout).toMatch(/source shops +warn .*finds no store from .*`path` in config\/pipelines\/shops.yaml/)
  })

  it('loads it with the next look, and misses no day that it does not have', async () => {
    expect(await stores()).toEqual(['harbour', 'hill'])
    expect(await run('run', ...days)).toMatchObject({ code: 0 })
    expect(await stores()).toEqual(['harbour', 'hill', 'mill'])
    const { code, stdout } = await run('status', '--check', '--from', '2026-03-01', '--to', '2026-03-03')
    expect({ code, mill: stdout.match(/^mill .*$/gm)?.length }).toEqual({ code: 0, mill: 1 })
    expect(await rowsOf('incidents', 'list')).toEqual([])
  })

  it('keeps the rows of a shard whose folder is gone', async () => {
    await rm(join(project, 'data/mill'), { recursive: true })
    expect(await run('run', ...days, '--force')).toMatchObject({ code: 0 })
    expect(await stores()).toEqual(['harbour', 'hill', 'mill'])
  })
})

describe('files that are imported into a pipeline of files', () => {
  const given = join(project, 'given')
  const days = async () =>
    (
      await rowsOf(
        'query',
        "SELECT DISTINCT store || ' ' || day AS place FROM shops.sales WHERE store = 'quay' ORDER BY 1",
      )
    ).map(({ place }) => place)

  beforeAll(async () => {
    for (const day of ['2026-03-01', '2026-03-02'])
      await cp(join(project, `data/hill/${day}`), join(given, 'quay', day), { recursive: true })
  })

  it('are of the shard and window that their folders say', async () => {
    const result = await run('import', join(given, 'quay/2026-03-02/sales.csv'))
    expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining('import') })
    expect(await days()).toEqual(['quay 2026-03-02'])
  })

  it('are all of a folder, and its flags narrow them', async () => {
    expect((await run('import', given, '--window', '2026-02-01')).code).toBe(2)
    expect((await run('import', given)).code).toBe(0)
    expect(await days()).toEqual(['quay 2026-03-01', 'quay 2026-03-02'])
  })
})
