import { cp, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../functions/adapters/local/clock.ts'
import { daybreak } from '../support/cli.ts'
import { writeLightProject } from '../support/light-project.ts'

let folder: string
let home: string
const now = Date.parse('2026-03-04T12:00:00Z')
const run = (...argv: readonly string[]) =>
  daybreak([...argv, '--project-dir', folder, '--no-input'], {
    env: { DAYBREAK_HOME: join(home, 'data'), USER: 'maria' },
    clock: systemClock,
  })

const tree = () => join(folder, 'exports')
const orders = () => join(tree(), '185001', '20260302', 'OrderDetails.csv')

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-held-'))
  home = join(folder, 'first')
  await writeLightProject(folder)
  const made = await run('mock', '--locations', '1', '--days', '1', '--start-date', '2026-03-02', '--out', tree())
  expect(made.code, made.stderr).toBe(0)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const zone = ['--time-zone', 'America/New_York']

async function restateToThree(): Promise<void> {
  const lines = (await readFile(orders(), 'utf8')).split('\r\n')
  await writeFile(orders(), `${lines.slice(0, 4).join('\r\n')}\r\n`)
  await utimes(orders(), now / 1000 - 7_200, now / 1000 - 7_200)
}

/** The orders of the day, and how they came to be published. */
async function slice(): Promise<Record<string, unknown>> {
  const { stdout } = await run('slices', 'list', '--stream', 'order_details', '-o', 'json')
  return (JSON.parse(stdout) as Record<string, unknown>[])[0] ?? {}
}

describe('a held file of an imported home', () => {
  it('is released or forced by a command, with marks in slice, sheet and audit, and its incident closed', async () => {
    expect(await run('import', tree(), ...zone)).toMatchObject({ code: 0 })
    await restateToThree()
    const held = await run('import', tree(), ...zone)
    expect(held.code, held.stdout + held.stderr).toBe(3)
    expect(await slice()).toMatchObject({ state: 'held', code: 'FILE_HELD' })
    const check = await run('status', '--from', '2026-03-02', '--to', '2026-03-02', '--check')
    expect(check.code).toBe(3)
    expect(check.stdout).toContain('order_details is held')
    const listed = await run('incidents', 'list', '-o', 'json')
    expect(listed.stdout).toContain('daybreak slices release --location 185001 --date 2026-03-02')
    const narrowed = async (...flags: readonly string[]) =>
      (JSON.parse((await run('incidents', 'list', ...flags, '-o', 'json')).stdout) as { code: string }[]).map(
        ({ code }) => code,
      )
    expect(await narrowed('--kind', 'refused', '--location', '185001', '--pipeline', 'toast')).toEqual(['FILE_HELD'])
    expect(await narrowed('--kind', 'refused', '--location', '9')).toEqual([])
    expect(await narrowed('--kind', 'refused', '--stream', 'order_details')).toEqual([])
    const misspelled = await run('incidents', 'list', '--kind', 'refuse')
    expect(misspelled).toMatchObject({ code: 2, stderr: expect.stringContaining('Did you mean "refused"?') })
    await cp(join(home, 'data'), join(folder, 'second', 'data'), { recursive: true })

    const released = await run('slices', 'release', '--location', '185001', '--date', '2026-03-02')
    // Three orders of a whole day of payments: published because a person said so, and disputed all the same.
    expect(released.code, released.stderr).toBe(3)
    expect(await slice()).toMatchObject({ state: 'loaded', override: 'released', accepted: 3 })
    expect((await run('incidents', 'list', '-o', 'json')).stdout).not.toContain('FILE_HELD')
    expect((await run('runs', 'show', 'last', '-o', 'json')).stdout).toContain('"override": "released"')
    const again = await run('slices', 'release', '--location', '185001')
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('no held file matches') })

    home = join(folder, 'second')
    const forced = await run('run', '--date', '2026-03-02', '--location', '185001', '--force')
    expect(forced.code, forced.stderr).toBe(3)
    expect(await slice()).toMatchObject({ state: 'loaded', override: 'forced', accepted: 3 })
  })

  it('has incidents that a person closes, one or all that a filter finds', async () => {
    const open = async () =>
      JSON.parse((await run('incidents', 'list', '--members', '-o', 'json')).stdout) as { code: string }[]
    const disputed = (await open()).filter(({ code }) => code === 'DAY_DISPUTED').length
    expect(disputed).toBeGreaterThan(1)
    expect(await run('incidents', 'resolve')).toMatchObject({ code: 2 })
    expect(await run('incidents', 'resolve', '--code', 'DAY_DISPUTED')).toMatchObject({ code: 0 })
    expect((await open()).filter(({ code }) => code === 'DAY_DISPUTED')).toEqual([])
    expect(await run('incidents', 'resolve', '--code', 'DAY_DISPUTED')).toMatchObject({ code: 2 })
  })
})
