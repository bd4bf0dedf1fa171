import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { daybreak } from '../support/cli.ts'
import { sharedFolder } from '../support/folder.ts'

const project = await sharedFolder()
const APRIL = Date.parse('2026-04-02T12:00:00Z')

beforeAll(async () => {
  await cp('examples/hours-weeks-months', project, { recursive: true })
})

/** Runs a command at a moment of the example. */
async function runAt(moment: number, ...argv: readonly string[]) {
  const putBack = Date.now() - moment
  return await daybreak([...argv, '--project-dir', project], {
    env: { DAYBREAK_HOME: join(project, 'home') },
    clock: { now: () => Date.now() - putBack, sleep: (milliseconds) => setTimeout(milliseconds) },
  })
}

async function rowsAt(moment: number, ...argv: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await runAt(moment, ...argv, '-o', 'json')
  const rows: readonly Record<string, unknown>[] = JSON.parse(stdout)
  return rows.map((row) => Object.values(row).join(' '))
}

const PAYMENTS =
  'SELECT shop, CAST(month AS VARCHAR), payment, CAST(amount AS VARCHAR) FROM rent.payments ORDER BY payment'
const SHIFTS = 'SELECT shop, CAST(week AS VARCHAR), hours FROM rota.shifts ORDER BY week, hours'

describe('months', () => {
  it('are planned by their first day, and nothing is expected of those before the first', async () => {
    const { stdout } = await runAt(APRIL, 'plan', 'rent', '-o', 'json')
    const plan: readonly { shard: string; window: string; action: string }[] = JSON.parse(stdout)
    expect(plan.map(({ shard, window, action }) => `${shard} ${window} ${action}`).toSorted()).toEqual([
      'harbour 2026-02-01 fetch',
      'harbour 2026-03-01 fetch',
      'hill 2026-03-01 fetch',
    ])
  })

  it('are loaded each as a whole, row by row as their files say', async () => {
    expect(await runAt(APRIL, 'run', 'rent')).toMatchObject({ code: 0, stdout: expect.stringContaining('succeeded') })
    expect(await rowsAt(APRIL, 'query', PAYMENTS)).toEqual([
      'harbour 2026-02-01 R-1 1850.00',
      'harbour 2026-03-01 R-2 1850.00',
      'harbour 2026-03-01 R-3 120.50',
      'hill 2026-03-01 R-4 940.00',
    ])
  })

  it('have a row in status and no row for a day within them', async () => {
    const { code, stdout } = await runAt(
      APRIL,
      'status',
      'rent',
      '--check',
      '--from',
      '2026-03-20',
      '--to',
      '2026-04-02',
    )
    expect({ code, days: [...stdout.matchAll(/2026-\d\d-\d\d/g)].map(([day]) => day) }).toEqual({
      code: 0,
      days: ['2026-03-01', '2026-03-01'],
    })
  })

  it('have names of their own, and a day within them is refused with the window that holds it', async () => {
    expect(await runAt(APRIL, 'run', 'rent', '--window', '2026-03')).toMatchObject({ code: 0 })
    const { code, stderr } = await runAt(APRIL, 'run', 'rent', '--window', '2026-03-05')
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('that day is in the window 2026-03-01'),
    })
  })

  it('are backfilled by one run that names them, from any day of the first to any day of the last', async () => {
    await writeFile(join(project, 'data/rent/2026-03/rent-hill.csv'), 'Payment,Date,Amount\nR-4,2026-03-03,950.00\n')
    const range = ['--start-date', '2026-02-10', '--end-date', '2026-03-05']
    const { code, stdout } = await runAt(APRIL, 'backfill', 'rent', ...range, '-o', 'json')
    expect({ code, backfill: JSON.parse(stdout) }).toMatchObject({
      code: 0,
      backfill: { state: 'succeeded', start: '2026-02-01', end: '2026-03-01', runs: 1 },
    })
    expect((await rowsAt(APRIL, 'query', PAYMENTS)).at(-1)).toBe('hill 2026-03-01 R-4 950.00')
  })

  it('are missing once they are late, and not before', async () => {
    await rm(join(project, 'data/rent/2026-03/rent-hill.csv'))
    const april = join(project, 'data/rent/2026-04')
    await cp(join(project, 'data/rent/2026-03'), april, { recursive: true })
    await writeFile(join(april, 'rent-harbour.csv'), 'Payment,Date,Amount\nR-5,2026-04-02,1850.00\n')
    const stateAt = async (moment: string) => {
      await runAt(Date.parse(moment), 'run', 'rent')
      const { stdout } = await runAt(Date.parse(moment), 'status', 'rent', '--from', '2026-04-01', '-o', 'json')
      const rows: readonly { shard: string; window: string; payments: string }[] = JSON.parse(stdout)
      return rows.filter(({ window }) => window === '2026-04-01').map(({ shard, payments }) => `${shard} ${payments}`)
    }
    expect(await stateAt('2026-05-01T05:59:00Z')).toEqual([])
    expect(await stateAt('2026-05-01T06:10:00Z')).toEqual(['harbour loaded', 'hill expected'])
    expect(await stateAt('2026-05-03T06:20:00Z')).toEqual(['harbour loaded', 'hill missing'])
  })

  it('stay at a source that deletes nothing, however long ago they were', async () => {
    const late = Date.parse('2040-01-01T00:00:00Z')
    const { stdout } = await runAt(late, 'status', 'rent', '--from', '2026-04', '--to', '2026-04')
    expect(stdout).toContain('the source keeps its files')
    expect(stdout).not.toContain('no longer at the source')
    const { stdout: incidents } = await runAt(late, 'incidents', 'list', '-o', 'json')
    expect(incidents).toContain('missing payments')
    expect(incidents).not.toContain('deletes')
  })
})

describe('weeks', () => {
  it('begin on Monday, are found by ISO week, and can be named by it', async () => {
    expect(await runAt(APRIL, 'run', 'rota', '--window', '2026-W09')).toMatchObject({ code: 0 })
    expect(await rowsAt(APRIL, 'query', SHIFTS)).toEqual(['harbour 2026-02-23 4.50', 'harbour 2026-02-23 8.00'])
    expect(await runAt(APRIL, 'run', 'rota')).toMatchObject({ code: 0 })
    expect(await rowsAt(APRIL, 'query', SHIFTS)).toHaveLength(3)
  })

  it.each([
    [
      ['--from', '2026-W09', '--to', '2026-W10'],
      ['2026-02-23', '2026-03-02'],
    ],
    [['--from', '2026-W10', '--to', '2026-W10'], ['2026-03-02']],
    [['--from', '2026-02', '--to', '2026-02'], ['2026-02-23']],
  ])('of %j have a row each in status', async (range, weeks) => {
    const { stdout } = await runAt(APRIL, 'status', 'rota', ...range, '-o', 'json')
    const rows: readonly { window: string; shifts: string }[] = JSON.parse(stdout)
    expect(rows.filter(({ shifts }) => shifts === 'loaded').map(({ window }) => window)).toEqual(weeks)
  })

  it('that the calendar does not have are refused, with what to write', async () => {
    const { code, stderr } = await runAt(APRIL, 'status', 'rota', '--from', '2026-W54')
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('expected a day, an ISO week or a month, e.g. 2026-11-20, 2026-W47 or 2026-11'),
    })
  })
})

describe('hours', () => {
  it('are refused for a destination without partitions of hours, where the length of the windows is said', async () => {
    const environments = join(project, 'config/environments')
    const local = await readFile(join(environments, 'local.yaml'), 'utf8')
    const cloud = local
      .replace('environment: local', 'environment: cloud')
      .replace(
        /^warehouse:.*$/m,
        'warehouse: { kind: bigquery, location: US }\ngoogle: { project: daybreak-test, region: us-central1 }',
      )
    await writeFile(join(environments, 'cloud.yaml'), cloud)
    const { code, stderr } = await runAt(APRIL, 'validate', '-e', 'cloud').finally(() =>
      rm(join(environments, 'cloud.yaml')),
    )
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(
        /doors\.yaml:\d+:\d+ .*hours are loaded into DuckDB; the destination is of the kind bigquery\. Expected daily, weekly or monthly/,
      ),
    })
    expect(stderr).not.toMatch(/rent\.yaml|rota\.yaml/)
  })

  const MORNING = Date.parse('2026-03-30T06:00:00Z')
  const COUNTS =
    'SELECT CAST(hour AS VARCHAR) AS hour, CAST(sum(guests) AS VARCHAR) FROM doors.counts GROUP BY hour ORDER BY hour'
  const day = (hour: string) => join(project, `data/doors/harbour/2026/03/29/count-${hour}.csv`)

  it('are due ten minutes after their end by the clock of the pipeline', async () => {
    const planAt = async (moment: string) => {
      const { stdout } = await runAt(Date.parse(moment), 'plan', 'doors', '-o', 'json')
      const plan: readonly { window: string; action: string }[] = JSON.parse(stdout)
      return plan.map(({ window, action }) => `${window} ${action}`).toSorted()
    }
    // 01:00 in Berlin is 00:00 UTC; the clocks go forward at 01:00 UTC.
    expect(await planAt('2026-03-28T23:09:00Z')).toEqual([])
    expect(await planAt('2026-03-29T00:11:00Z')).toEqual(['2026-03-29T00 fetch'])
    expect(await planAt('2026-03-29T02:11:00Z')).toEqual([
      '2026-03-29T00 fetch',
      '2026-03-29T01 fetch',
      '2026-03-29T03 fetch',
    ])
  })

  it('of a day on which clocks go forward are 23, and each is loaded by itself', async () => {
    expect(await runAt(MORNING, 'run', 'doors')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('succeeded'),
    })
    const rows = await rowsAt(MORNING, 'query', COUNTS)
    expect(rows).toHaveLength(23)
    expect(rows.slice(0, 3)).toEqual(['2026-03-29 00:00:00 3', '2026-03-29 01:00:00 6', '2026-03-29 03:00:00 9'])
  })

  it('lack nothing in status, by day or by hour', async () => {
    for (const [from, to, count] of [
      ['2026-03-29', '2026-03-29', 23],
      ['2026-03-29', '2026-03-30', 23],
    ] as const) {
      const { code, stdout } = await runAt(MORNING, 'status', 'doors', '--check', '--from', from, '--to', to)
      expect({ code, hours: [...stdout.matchAll(/2026-03-29T\d\d/g)].length }).toEqual({ code: 0, hours: count })
    }
  })

  it('are corrected one by one, and no other hour is loaded again', async () => {
    await writeFile(day('05'), 'Door,Guests\nfront,100\nyard,none\n')
    expect(await runAt(MORNING, 'run', 'doors', '--window', '2026-03-29T05', '--force')).toMatchObject({ code: 0 })
    const rows = await rowsAt(MORNING, 'query', COUNTS)
    expect(rows.filter((row) => row.startsWith('2026-03-29 05'))).toEqual(['2026-03-29 05:00:00 100'])
    expect(rows).toHaveLength(23)
    const rejects = await rowsAt(MORNING, 'rejects', 'list', 'doors', '--date', '2026-03-29T05')
    expect(rejects).toEqual([expect.stringMatching(/none/)])
  })

  it('are verified, and backfilled by days', async () => {
    expect(await runAt(MORNING, 'status', 'doors', '--verify')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('partitions equal what was loaded'),
    })
    await writeFile(day('05'), 'Door,Guests\nfront,8\nyard,4\n')
    const range = ['--start-date', '2026-03-29', '--end-date', '2026-03-29']
    const { code, stdout } = await runAt(MORNING, 'backfill', 'doors', ...range, '-o', 'json')
    expect({ code, backfill: JSON.parse(stdout) }).toMatchObject({
      code: 0,
      backfill: { state: 'succeeded', start: '2026-03-29T00', end: '2026-03-29T23', runs: 1 },
    })
    expect((await rowsAt(MORNING, 'query', COUNTS))[4]).toBe('2026-03-29 05:00:00 12')
  })

  it('that the clocks skip are refused by name', async () => {
    const { code, stderr } = await runAt(MORNING, 'run', 'doors', '--window', '2026-03-29T02')
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('clocks of Europe/Berlin show') })
  })
})
