import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generateNight } from '../../cli/mock/night.ts'
import { systemClock } from '../../functions/adapters/local/clock.ts'
import { daybreak } from '../support/cli.ts'
import { ROOT } from '../support/world.ts'

const LOCATION = { id: '4711', name: '4711', timeZone: 'America/Denver', closeoutHour: 4 }

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-first-'))
  await cp(join(ROOT, 'config'), join(folder, 'project', 'config'), { recursive: true })
  for (const date of ['2021-03-13', '2021-03-14']) {
    for (const { name, bytes } of generateNight({ seed: 3, location: LOCATION, date, profile: 'small', scale: 0.2 })) {
      if (date === '2021-03-14' && name === 'CashEntries.csv') continue
      const path = join(folder, 'exports', '4711', date.replaceAll('-', ''), name)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, bytes)
    }
  }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const run = (...argv: string[]) => daybreak(argv, { cwd: join(folder, 'project'), clock: systemClock })

describe('a project of which no server is configured', () => {
  it('is valid, and its doctor names the source as not configured instead of a secret that is missing', async () => {
    expect((await run('validate')).code).toBe(0)
    const { code, stdout } = await run('doctor', '-o', 'json')
    const findings: readonly { check: string; state: string; message: string }[] = JSON.parse(stdout)
    const of = (check: string) => findings.find((finding) => finding.check === check)
    expect(of('source toast')).toMatchObject({ state: 'off', message: expect.stringContaining('not configured') })
    expect(of('secrets')?.state).toBe('pass')
    expect(code).toBe(0)
  })

  it.each([
    ['run', 'toast'],
    ['plan', 'toast'],
  ])('does not begin `%s %s`, and says why', async (...argv) => {
    const { code, stderr } = await run(...argv)
    expect(code).toBe(2)
    expect(stderr).toContain('[CONFIG_MISSING]')
    expect(stderr).toContain('no source is configured')
    expect((await run('runs', 'list', '-o', 'json')).stdout.trim()).toBe('[]')
  })

  it('has an empty status that names import, before the first file', async () => {
    const { code, stdout } = await run('status', '--check')
    expect(code).toBe(0)
    expect(stdout).toContain('daybreak import FOLDER')
  })

  it('is complete after an import: nothing else was expected, no countdown, no other location', async () => {
    expect((await run('import', join(folder, 'exports'), '--time-zone', 'America/Denver')).code).toBe(0)
    const { code, stdout } = await run('status', '--check', '-o', 'json')
    const rows: readonly Record<string, unknown>[] = JSON.parse(stdout)
    expect(rows.map(({ location, date, complete, note }) => [location, date, complete, note])).toEqual([
      ['4711', '2021-03-13', true, ''],
      ['4711', '2021-03-14', true, ''],
    ])
    expect(rows[1]).toMatchObject({ order_details: 'loaded', cash_entries: 'no_source' })
    expect(code).toBe(0)
    expect((await run('status')).stdout).toContain('2 of 2 location-days are complete.')
  })
})
