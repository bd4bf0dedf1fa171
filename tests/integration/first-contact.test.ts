import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../functions/adapters/local/clock.ts'
import { generateNight } from '../../mock/night.ts'
import { daybreak } from '../support/cli.ts'
import { writeLightProject } from '../support/light-project.ts'
import { ofTheSeven } from '../support/seven.ts'

const LOCATION = { id: '4711', name: '4711', timeZone: 'America/Denver', closeoutHour: 4 }

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-first-'))
  await writeLightProject(join(folder, 'project'))
  for (const date of ['2021-03-13', '2021-03-14']) {
    for (const { name, bytes } of ofTheSeven(generateNight({ seed: 3, location: LOCATION, date, profile: 'small' }))) {
      if (date === '2021-03-14' && name === 'CashEntries.csv') continue
      const content = name === 'CashEntries.csv' && date === '2021-03-13' ? withBadRow(bytes) : bytes
      const path = join(folder, 'exports', '4711', date.replaceAll('-', ''), name)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, content)
    }
  }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** The amount of the first cash entry is no number; no other file depends on it. */
function withBadRow(bytes: Uint8Array): string {
  const [header = '', first = '', ...rest] = Buffer.from(bytes).toString('utf8').split('\n')
  const at = header.split(',').indexOf('Amount')
  const cells = first.split(',')
  return [header, cells.with(at, 'none').join(','), ...rest].join('\n')
}

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

  const outcomes = (stdout: string) => {
    const { slices }: { slices: readonly { location: string; date: string; stream: string; outcome: string }[] } =
      JSON.parse(stdout)
    return slices.map(({ location, date, stream, outcome }) => `${location} ${date} ${stream} ${outcome}`)
  }

  it('knows the zone of an imported location from then on, and says so when another one is given', async () => {
    const again = await run('import', join(folder, 'exports'), '-o', 'json')
    expect(JSON.parse(again.stdout)).toMatchObject({ state: 'succeeded', rows: 0 })
    const { stdout } = await run('locations', 'list', '-o', 'json')
    expect(JSON.parse(stdout)).toEqual([
      { id: '4711', name: '4711', time_zone: 'America/Denver', closeout_hour: 4, known_from: 'import' },
    ])
  })

  it('replays the slices with rejects of an imported location, and no other', async () => {
    const { code, stdout } = await run('rejects', 'replay', '--reason', 'the till is mended', '-o', 'json')
    expect(outcomes(stdout)).toEqual(['4711 2021-03-13 cash_entries unchanged'])
    expect(code).toBe(0)
    const audit = JSON.parse((await run('audit', 'list', '-o', 'json')).stdout)
    expect(audit).toMatchObject([{ action: 'rejects.replay', subject: 'toast', details: 'the till is mended' }])
  })

  it('shadows, backfills and forces an imported location from the archive, and misses nothing there', async () => {
    const shadow = await run('shadow', '--date', '2021-03-13', '-o', 'json')
    expect({ code: shadow.code, stderr: shadow.stderr }).toEqual({ code: 0, stderr: '' })
    const forced = await run('run', 'toast', '--date', '2021-03-14', '--location', '4711', '--force', '-o', 'json')
    expect(forced.code).toBe(0)
    expect((await run('audit', 'list', '-o', 'json')).stdout).toContain('"run.create"')
    expect(outcomes(forced.stdout)).toHaveLength(6)
    const range = ['--start-date', '2021-03-12', '--end-date', '2021-03-15']
    const filled = await run('backfill', 'toast', ...range, '--from-archive', '--location', '4711')
    expect(filled.code).toBe(0)
    const status = await run('status', '--check', '-o', 'json')
    expect(JSON.parse(status.stdout)).toHaveLength(2)
    expect(status.code).toBe(0)
    expect((await run('incidents', 'list', '-o', 'json')).stdout).not.toContain('INCOMPLETE')
  })

  it('takes an imported location into the configuration, where it is named', async () => {
    const zone = ['--time-zone', 'America/Denver']
    expect((await run('locations', 'add', '4711', '--time-zone', 'America/Dever')).stderr).toContain('America/Denver')
    expect((await run('locations', 'add', '4711', '--name', 'Harbor', ...zone)).code).toBe(0)
    expect((await run('validate')).code).toBe(0)
    expect(JSON.parse((await run('locations', 'list', '-o', 'json')).stdout)).toMatchObject([
      { id: '4711', name: 'Harbor', known_from: 'config/locations.yaml' },
    ])
    expect((await run('locations', 'add', '4711', ...zone)).stderr).toContain('[USAGE_INVALID]')
  })
})
