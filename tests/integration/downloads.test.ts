import { createHash } from 'node:crypto'
import { cp, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ZipFile } from 'yazl'
import { systemClock } from '../../functions/adapters/local/clock.ts'
import { generateNight } from '../../mock/night.ts'
import { daybreak } from '../support/cli.ts'
import { ROOT } from '../support/world.ts'

const LOCATION = { id: '1', name: '1', timeZone: 'America/New_York', closeoutHour: 4 }
const DAYS = ['2021-03-05', '2021-03-06', '2021-03-07', '2021-03-08']
const ZONE = ['--location', '1', '--time-zone', 'America/New_York']

let folder: string
/** Lines of a file by day, header first. */
const lines = new Map<string, string[]>()

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-downloads-'))
  await cp(join(ROOT, 'config'), join(folder, 'project', 'config'), { recursive: true })
  for (const date of DAYS)
    for (const { name, bytes } of generateNight({ seed: 5, location: LOCATION, date, profile: 'small', scale: 0.5 }))
      lines.set(`${name}/${date}`, Buffer.from(bytes).toString('utf8').trimEnd().split(/\r?\n/))
  const at = join(folder, 'web')
  await mkdir(at)
  await writeFile(join(at, 'OrderDetails_2021_03_05-2021_03_08.csv'), of('OrderDetails.csv', DAYS))
  await writeFile(join(at, 'PaymentDetails_2021_03_05-2021_03_08 (1).csv'), of('PaymentDetails.csv', DAYS))
  await writeFile(join(at, 'CheckDetails.csv'), of('CheckDetails.csv', DAYS))
  await writeFile(join(at, 'AllItemsReport_2021_03_05-2021_03_08.csv'), of('AllItemsReport.csv', DAYS))
  await writeFile(join(at, 'AllItemsReport_2021_03_06-2021_03_06.csv'), of('AllItemsReport.csv', [DAYS[1] ?? '']))
  await writeFile(join(at, 'Sales.xlsx'), 'PK')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

function of(name: string, dates: readonly string[]): string {
  const [first = ''] = dates
  const rows = dates.flatMap((date) => lines.get(`${name}/${date}`)?.slice(1) ?? [])
  return `${[lines.get(`${name}/${first}`)?.[0] ?? '', ...rows].join('\n')}\n`
}

const rowsOf = (name: string, date: string) => (lines.get(`${name}/${date}`)?.length ?? 1) - 1
const run = (...argv: string[]) => daybreak(argv, { cwd: join(folder, 'project'), clock: systemClock })
const query = async (sql: string) => JSON.parse((await run('query', sql, '-o', 'json')).stdout)
const perDay = (table: string) =>
  query(`select cast(business_date as varchar) as d, count(*) as n from toast.${table} group by 1 order by 1`)
const expected = (name: string) => DAYS.map((d) => ({ d, n: rowsOf(name, d) })).filter(({ n }) => n > 0)
const numbers = (rows: readonly { d: string; n: unknown }[]) => rows.map(({ d, n }) => ({ d, n: Number(n) }))

describe('a newcomer with a folder of web downloads', () => {
  it('imports it with one command, split by business date, and is told what was not taken and why', async () => {
    const { code, stdout, stderr } = await run('import', join(folder, 'web'), ...ZONE)
    expect(stderr).not.toContain('[')
    expect(code).toBe(0)
    expect(numbers(await perDay('order_details'))).toEqual(expected('OrderDetails.csv'))
    expect(numbers(await perDay('payment_details'))).toEqual(expected('PaymentDetails.csv'))
    expect(stdout).toMatch(/Sales\.xlsx.*not taken: no contract has a file of this name/)
    expect(stdout).toMatch(/AllItemsReport_2021_03_05-2021_03_08\.csv.*not taken: .*one day at a time/)
    expect(numbers(await perDay('all_items_report')).map(({ d }) => d)).toEqual(['2021-03-06'])
  })

  it('sees the days in the second command', async () => {
    const { code, stdout } = await run('status', '--check', '-o', 'json')
    expect(JSON.parse(stdout).map(({ date }: { date: string }) => date)).toEqual(DAYS)
    expect(code).toBe(0)
  })

  it('traces each row to its line of the download, and finds the download whole in the archive', async () => {
    const text = of('OrderDetails.csv', DAYS)
    const found = await query('select order_id, _row_number from toast.order_details')
    expect(found).toHaveLength(text.trimEnd().split('\n').length - 1)
    for (const { order_id, _row_number } of found) expect(text.split('\n')[Number(_row_number) - 1]).toContain(order_id)
    const sha = createHash('sha256').update(text).digest('hex')
    const archived = join(folder, 'project/.daybreak/objects/raw/toast/1/downloads/OrderDetails.csv', sha)
    expect(await readFile(archived, 'utf8')).toBe(text)
  })

  it('does nothing the second time', async () => {
    const again = await run('import', join(folder, 'web'), '--location', '1', '-o', 'json')
    expect(JSON.parse(again.stdout)).toMatchObject({ state: 'succeeded', rows: 0 })
  })

  it('takes the whole download for no day when the ledger is rebuilt from the archive', async () => {
    const env = { DAYBREAK_HOME: join(folder, 'rebuilt') }
    await cp(join(folder, 'project/.daybreak'), env.DAYBREAK_HOME, { recursive: true })
    for (const end of ['', '-wal', '-shm']) await rm(join(env.DAYBREAK_HOME, `ledger.sqlite${end}`), { force: true })
    const inside = { cwd: join(folder, 'project'), clock: systemClock, env }
    expect((await daybreak(['ledger', 'rebuild', 'toast'], inside)).stderr).not.toContain('[')
    const { stdout } = await daybreak(['slices', 'list', 'toast', '-o', 'json'], inside)
    const dates = new Set(JSON.parse(stdout).map(({ date }: { date: string }) => date))
    expect([...dates].toSorted()).toEqual(DAYS)
  })

  it('restates the days that a later download covers whole, and leaves a day that it may have in part', async () => {
    const changed = of('OrderDetails.csv', DAYS.slice(1)).replaceAll('Server', 'Serveur')
    const rows = changed.trimEnd().split('\n')
    // The last day ends in the middle, and the name says no range.
    const path = join(folder, 'OrderDetails.csv')
    await writeFile(path, `${rows.slice(0, -2).join('\n')}\n`)
    const { stdout } = await run('import', path, '--location', '1')
    expect(stdout).toMatch(/Not taken: \d+ rows of 2021-03-08 in OrderDetails\.csv: .*part of the day only/)
    expect(numbers(await perDay('order_details'))).toEqual(expected('OrderDetails.csv'))
  })

  it('does not take a day that had not ended when the file was saved, nor days outside of the range', async () => {
    const path = join(folder, 'OrderDetails_2021_03_05-2021_03_07.csv')
    await writeFile(path, of('OrderDetails.csv', DAYS))
    await utimes(path, new Date('2021-03-07T20:00:00Z'), new Date('2021-03-07T20:00:00Z'))
    const { stdout } = await run('import', path, '--location', '1')
    expect(stdout).toMatch(/rows of 2021-03-07 .*the day had not ended when the file was saved/)
    expect(stdout).toMatch(/rows of 2021-03-08 .*outside of the days that its name says/)
  })

  it.each([
    [['import', 'nothing.csv', ...ZONE], /neither a file nor a folder/, 2],
    [['import', 'web/Sales.xlsx', ...ZONE], /NOT_FOUND.*no contract has a file of this name/, 2],
    [['import', 'web/CheckDetails.csv', '--location', '7'], /LOCATION_UNKNOWN.*--time-zone/, 2],
    [['import', 'web/CheckDetails.csv', '--location', 'x', '--time-zone', 'UTC'], /1 to 20 digits/, 2],
  ])('%j says what is wrong', async (argv, message, code) => {
    const done = await daybreak(argv, {
      cwd: folder,
      clock: systemClock,
      env: { DAYBREAK_PROJECT_DIR: join(folder, 'project') },
    })
    expect(done.stderr).toMatch(message)
    expect(done.code).toBe(code)
  })
})

describe('packed downloads', () => {
  const own = () => ({
    cwd: join(folder, 'project'),
    clock: systemClock,
    env: { DAYBREAK_HOME: join(folder, 'packed') },
  })
  const inside = (...argv: string[]) => daybreak(argv, own())

  async function zipped(files: Readonly<Record<string, string>>): Promise<Buffer> {
    const zip = new ZipFile()
    for (const [name, text] of Object.entries(files)) zip.addBuffer(Buffer.from(text), name)
    zip.end()
    return Buffer.concat(await Array.fromAsync(zip.outputStream as AsyncIterable<Buffer>))
  }

  it('are taken from a folder as the plain files would be, and archived as they are', async () => {
    const at = join(folder, 'packed-web')
    await mkdir(at)
    const zip = await zipped({
      'reports/OrderDetails_2021_03_05-2021_03_08.csv': of('OrderDetails.csv', DAYS),
      'reports/PaymentDetails_2021_03_05-2021_03_08.csv': of('PaymentDetails.csv', DAYS),
      'notes.txt': 'nothing',
    })
    await writeFile(join(at, 'reports.zip'), zip)
    await writeFile(join(at, 'CheckDetails.csv.gz'), gzipSync(of('CheckDetails.csv', DAYS)))
    await writeFile(join(at, 'broken.zip'), zip.subarray(0, 100))
    const { code, stdout, stderr } = await inside('import', at, ...ZONE)
    expect(stderr).not.toContain('[')
    expect(code).toBe(0)
    expect(stdout).toMatch(/reports\.zip.*not taken: no contract has a file of the name "notes\.txt"/)
    expect(stdout).toMatch(/broken\.zip.*not taken: /)
    const rows = async (table: string) => {
      const sql = `select cast(business_date as varchar) as d, count(*) as n from toast.${table} group by 1 order by 1`
      return numbers(JSON.parse((await inside('query', sql, '-o', 'json')).stdout))
    }
    expect(await rows('order_details')).toEqual(expected('OrderDetails.csv'))
    expect(await rows('payment_details')).toEqual(expected('PaymentDetails.csv'))
    expect(await rows('check_details')).toEqual(expected('CheckDetails.csv'))
    const sha = createHash('sha256').update(zip).digest('hex')
    const archived = join(folder, 'packed/objects/raw/toast/1/downloads/archive.zip', sha)
    expect(await readFile(archived)).toEqual(zip)
  })

  it('changes nothing the second time', async () => {
    const again = await inside('import', join(folder, 'packed-web/reports.zip'), '--location', '1', '-o', 'json')
    expect(JSON.parse(again.stdout)).toMatchObject({ state: 'succeeded', rows: 0 })
  })
})
