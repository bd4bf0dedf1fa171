import { mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../functions/adapters/local/clock.ts'
import { daybreak, type Finished } from '../support/cli.ts'
import { writeLightProject } from '../support/light-project.ts'

const DATE = '2026-03-02'
const [FIRST, SECOND] = ['185001', '185002']

let folder: string
const run = (...argv: readonly string[]): Promise<Finished> =>
  daybreak([...argv, '--project-dir', folder, '--no-input'], {
    env: { DAYBREAK_HOME: join(folder, 'data'), USER: 'maria' },
    clock: systemClock,
  })
const json = async (...argv: readonly string[]) =>
  JSON.parse((await run(...argv, '-o', 'json')).stdout) as Record<string, unknown>[]
const load = () => run('import', join(folder, 'exports'), '--time-zone', 'America/New_York')

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-words-'))
  await writeLightProject(folder)
  const made = await run(
    ...['mock', '--locations', '2', '--days', '1', '--start-date', DATE, '--scale', '0.2'],
    ...['--out', join(folder, 'exports')],
  )
  expect(made.code, made.stderr).toBe(0)
  for (const location of [FIRST, SECOND])
    await writeFile(join(folder, 'exports', location, '20260302', 'Notes.txt'), location)
  const loaded = await load()
  expect(loaded.code, loaded.stdout + loaded.stderr).toBe(0)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('a slice, in the words of a restaurant', () => {
  const lists = [
    ['runs', 'logs', 'last'],
    ['slices', 'list'],
    ['slices', 'files'],
    ['plan', 'toast', '--date', DATE],
    ['shadow', '--date', DATE],
  ]

  it.each(lists)('%s %s names its location and its date', async (...argv) => {
    const rows = await json(...argv)
    expect(rows.length).toBeGreaterThan(1)
    for (const row of rows) {
      expect(Object.keys(row).slice(0, 2)).toEqual(['location', 'date'])
      expect(row).toMatchObject({ location: expect.stringMatching(/^18500[12]$/), date: DATE })
      expect(Object.keys(row).filter((key) => key === 'shard' || key === 'window')).toEqual([])
    }
  })

  it('runs show names them in each of its lists', async () => {
    const { stdout } = await run('runs', 'show', 'last', '-o', 'json')
    const lists = JSON.parse(stdout) as Record<'slices' | 'sheet' | 'checks', { location: string; date: string }[]>
    for (const rows of [lists.slices, lists.sheet, lists.checks])
      expect([...new Set(rows.map(({ location, date }) => `${location} ${date}`))].toSorted()).toEqual([
        `${FIRST} ${DATE}`,
        `${SECOND} ${DATE}`,
      ])
    expect(stdout).not.toMatch(/"(shard|window)"/)
  })

  it('is what --location and --date narrow a list of files to', async () => {
    const locations = async (...flags: string[]) =>
      new Set((await json('slices', 'files', ...flags)).map(({ location }) => location))
    expect(await locations()).toEqual(new Set([FIRST, SECOND]))
    expect(await locations('--location', SECOND)).toEqual(new Set([SECOND]))
    expect(await json('slices', 'files', '--date', '2026-03-01')).toEqual([])
  })

  it('is released where --location names it, and stays held elsewhere', async () => {
    for (const location of [FIRST, SECOND]) {
      const orders = join(folder, 'exports', location, '20260302', 'OrderDetails.csv')
      const lines = (await readFile(orders, 'utf8')).split('\r\n')
      await writeFile(orders, `${lines.slice(0, 4).join('\r\n')}\r\n`)
      const changed = Date.parse('2026-03-04T10:00:00Z') / 1000
      await utimes(orders, changed, changed)
    }
    expect((await load()).code).toBe(3)
    const orders = async () =>
      (await json('slices', 'list', '--stream', 'order_details')).map(({ location, state }) => `${location} ${state}`)
    expect(await orders()).toEqual([`${FIRST} held`, `${SECOND} held`])

    expect((await run('slices', 'release', '--location', SECOND)).code).toBe(3)
    expect(await orders()).toEqual([`${FIRST} held`, `${SECOND} loaded`])
  })
})
