import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { addDays } from '../../functions/lib/business-date.ts'
import { daybreak } from '../support/cli.ts'
import { sharedFolder } from '../support/folder.ts'

const project = await sharedFolder()
const FIRST = '2026-03-02'
const DAYS = Array.from({ length: 42 }, (_, day) => addDays(FIRST, day))
// Tuesdays: the first has a third of the rows, the second is known.
const [ODD, KNOWN] = ['2026-03-31', '2026-04-07']
const PUT_BACK = Date.now() - Date.parse('2026-04-13T12:00:00Z')

async function run(...argv: readonly string[]) {
  return await daybreak([...argv, '--project-dir', project], {
    env: { DAYBREAK_HOME: join(project, 'home') },
    clock: { now: () => Date.now() - PUT_BACK, sleep: (milliseconds) => setTimeout(milliseconds) },
  })
}

/** Sales of 30 receipts of 10 euros, 10 of them at noon and the others at nine; those at noon alone on the two odd days. */
function salesOf(date: string, index: number): string {
  const receipts = date === ODD || date === KNOWN ? 10 : 30 + (index % 3)
  const rows = Array.from(
    { length: receipts },
    (_, number) => `${number},${date} ${number < 10 ? '12' : '09'}:00,tea,1,10.00`,
  )
  return ['Receipt,Time,Product,Quantity,Amount', ...rows, ''].join('\n')
}

async function edit(file: string, change: (text: string) => string): Promise<void> {
  const path = join(project, file)
  await writeFile(path, change(await readFile(path, 'utf8')))
}

beforeAll(async () => {
  await cp('examples/csv-folder', project, { recursive: true })
  await edit(
    'config/contracts/shops/sales.yaml',
    (text) => `${text}  - { name: sales_as_usual, outlier: { of: amount, least: 50 } }\n`,
  )
  await edit('config/pipelines/shops.yaml', (text) =>
    text.replaceAll('2026-03-01', FIRST).replaceAll(/active_to: '[^']+'/g, "active_to: '2026-12-31'"),
  )
  await writeFile(
    join(project, 'config/events.yaml'),
    `version: 1\nevents:\n  - { date: ${KNOWN}, name: Street closed, locations: [harbour] }\n`,
  )
  for (const [index, date] of DAYS.entries()) {
    const folder = join(project, 'data', 'harbour', date)
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'sales.csv'), salesOf(date, index))
  }
  const { stderr } = await run('run', 'shops', '--date', DAYS.join(','), '--shard', 'harbour')
  expect(stderr).not.toContain('[')
}, 120_000)

describe('a back test', () => {
  it('names the days that are unlike the days before them, and the event of a known one', async () => {
    const { stdout } = await run(
      'check',
      'backtest',
      'sales_as_usual',
      '--from',
      FIRST,
      '--to',
      '2026-04-12',
      '-o',
      'json',
    )
    const days: readonly Record<string, unknown>[] = JSON.parse(stdout)
    expect(days.map(({ date, told, event }) => ({ date, told, event }))).toEqual([
      { date: ODD, told: true, event: null },
      { date: KNOWN, told: false, event: 'Street closed' },
    ])
  })

  it('tries another limit, and says of how many days', async () => {
    const { stdout } = await run('check', 'backtest', 'sales_as_usual', '--from', ODD, '--to', ODD, '--least', '500')
    expect(stdout).toContain('No day would have been told.')
    expect(stdout).toContain('0 of 1 days would have been told')
  })

  it('refuses what is no outlier check, by the names that are', async () => {
    const wrong = await run('check', 'backtest', 'sales_as_usal', '--from', ODD, '--to', ODD)
    expect(wrong).toMatchObject({ code: 2 })
    expect(wrong.stderr).toContain('expected one of sales_as_usual. Did you mean "sales_as_usual"?')
  })
})

describe('an explanation', () => {
  it('takes the difference apart, and its parts add up to it', async () => {
    const asked = ['check', 'explain', 'sales_as_usual', '--stream', 'sales', '--date', ODD, '--location', 'harbour']
    const { stdout, stderr, code } = await run(...asked)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('amount 100 against a usual 310')
    const parts: readonly { dimension: string; value: string; difference: number }[] = JSON.parse(
      (await run(...asked, '-o', 'json')).stdout,
    )
    const hours = parts.filter(({ dimension }) => dimension === 'hour of sold_at')
    expect(hours.map(({ value }) => value)).toEqual(['9', '12'])
    expect(hours.reduce((sum, { difference }) => sum + difference, 0)).toBeLessThan(-200)
    // The morning lost all that the day lost.
    expect(stdout).toContain('hour of sold_at: 9 -')
  })

  it('is refused for a day without a file, and for what is no outlier check', async () => {
    const asked = ['--stream', 'sales', '--location', 'harbour', '--date']
    expect((await run('check', 'explain', 'sales_as_usual', ...asked, '2026-06-01')).stderr).toContain('no loaded file')
    expect((await run('check', 'explain', 'sales', ...asked, ODD)).stderr).toContain('has no outlier check "sales"')
  })
})

describe('config/events.yaml', () => {
  it('is refused where it names a location that is none', async () => {
    await edit('config/events.yaml', (text) => text.replace('[harbour]', '[harbor]'))
    const wrong = await run('validate')
    expect(wrong.code).not.toBe(0)
    expect(wrong.stdout + wrong.stderr).toContain('`harbor` is no location. Did you mean "harbour"?')
  })
})
