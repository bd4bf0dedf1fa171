import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../functions/adapters/local/clock.ts'
import { generateNight } from '../../mock/night.ts'
import { daybreak } from '../support/cli.ts'
import { ROOT } from '../support/world.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-import-'))
  const days = [
    ['90984', '2025-02-05', ['OrderDetails.csv', 'PaymentDetails.csv']],
    ['56571', '2024-04-10', ['OrderDetails.csv']],
  ] as const
  for (const [id, date, names] of days) {
    const location = { id, name: id, timeZone: 'America/Chicago', closeoutHour: 4 }
    for (const { name, bytes } of generateNight({ seed: 3, location, date, profile: 'small', scale: 0.2 })) {
      if (!names.some((wanted) => wanted === name)) continue
      const path = join(folder, 'exports', id, date.replaceAll('-', ''), name)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, bytes)
    }
  }
  await mkdir(join(folder, 'exports', 'notes'), { recursive: true })
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const run = (...argv: string[]) =>
  daybreak(argv, { cwd: ROOT, env: { DAYBREAK_HOME: join(folder, 'home') }, clock: systemClock })

describe('daybreak import', () => {
  it('asks for the time zone of a location that the configuration does not know', async () => {
    const { code, stderr } = await run('import', join(folder, 'exports'))
    expect(code).toBe(2)
    expect(stderr).toContain('[LOCATION_UNKNOWN]')
    expect(stderr).toContain('56571')
  })

  it('fails and names what it found when no file is one that a contract reads', async () => {
    const day = join(folder, 'strange', '90984', '20250205')
    await mkdir(day, { recursive: true })
    await writeFile(join(day, 'orderdetails.csv'), 'Order Id\r\n')
    const { code, stderr } = await run('import', join(folder, 'strange'), '--time-zone', 'America/Chicago')
    expect(code).toBe(2)
    expect(stderr).toContain('[NOT_FOUND]')
    expect(stderr).toContain('"orderdetails.csv"')
    expect(stderr).toContain('expected OrderDetails.csv')
  })

  it('loads exactly what the folder holds, and misses nothing that it never promised', async () => {
    const { code, stdout } = await run(
      'import',
      join(folder, 'exports'),
      '--time-zone',
      'America/Chicago',
      '-o',
      'json',
    )
    expect(code).toBe(0)
    const result: {
      state: string
      slices: readonly { location: string; date: string; stream: string; outcome: string }[]
    } = JSON.parse(stdout)
    expect(result.state).toBe('succeeded')
    expect(
      result.slices.map(({ location, date, stream, outcome }) => `${location} ${date} ${stream} ${outcome}`).toSorted(),
    ).toEqual([
      '56571 2024-04-10 order_details staged',
      '90984 2025-02-05 order_details staged',
      '90984 2025-02-05 payment_details staged',
    ])
  })

  it('does nothing the second time, and says what a query finds', async () => {
    const again = await run('import', join(folder, 'exports'), '--time-zone', 'America/Chicago', '-o', 'json')
    expect(JSON.parse(again.stdout)).toMatchObject({ state: 'succeeded', rows: 0 })
    const { stdout } = await run(
      'query',
      'select location_id, business_date from toast.order_details group by all order by all',
      '-o',
      'csv',
    )
    expect(stdout.trim().split(/\r?\n/).slice(1)).toEqual(['56571,2024-04-10', '90984,2025-02-05'])
  })

  it('says what it found where there is nothing to import', async () => {
    const { code, stderr } = await run('import', folder, '--time-zone', 'America/Chicago')
    expect(code).toBe(2)
    expect(stderr).toContain('"exports"')
  })

  it('refuses a date that the folder does not hold', async () => {
    const { code, stderr } = await run(
      'import',
      join(folder, 'exports'),
      '--time-zone',
      'America/Chicago',
      '--date',
      '2025-02-06',
    )
    expect(code).toBe(2)
    expect(stderr).toContain('2025-02-06 is not in the folder')
  })
})
