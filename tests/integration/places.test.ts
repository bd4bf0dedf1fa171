import { existsSync } from 'node:fs'
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../functions/adapters/local/clock.ts'
import { daybreak } from '../support/cli.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-places-'))
  await cp('config', join(folder, 'config'), { recursive: true })
  await writeFile(join(folder, 'file'), 'x')
  await mkdir(join(folder, 'odd', 'warehouse.duckdb'), { recursive: true })
  await mkdir(join(folder, 'full'))
  await writeFile(join(folder, 'full', 'objects'), 'x')
  await mkdir(join(folder, 'shut'))
  await chmod(join(folder, 'shut'), 0o555)
  expect((await run(['mock', '--locations', '1', '--days', '1', '--scale', '0.1', '--out', 'exports'])).code).toBe(0)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const run = (argv: readonly string[], home = '.daybreak') =>
  daybreak(argv, { cwd: folder, clock: systemClock, env: { DAYBREAK_HOME: join(folder, home) } })
const importing = ['import', 'exports', '--time-zone', 'America/New_York']
// Root may write everywhere.
const isRoot = process.getuid?.() === 0

describe('a place that cannot hold what it should', () => {
  it.each([
    ['home is a file', 'file', importing, /DAYBREAK_HOME: \S*file is a file; expected a folder/],
    ['home is below a file', 'file/home', importing, /DAYBREAK_HOME: \S*file is a file/],
    [
      'a folder in place of the warehouse',
      'odd',
      importing,
      /warehouse\.path: \S*warehouse\.duckdb is a folder; expected a file/,
    ],
    ['a file in place of the objects', 'full', importing, /objects\.root: \S*objects is a file/],
    ['status, too', 'file', ['status'], /DAYBREAK_HOME: /],
    ['mock --out is a file', '.daybreak', ['mock', '--days', '1', '--out', 'file'], /--out: \S*file is a file/],
  ])('%s: CONFIG_INVALID at once, with the path', async (_, home, argv, message) => {
    const { code, stderr } = await run(argv, home)
    expect(stderr).toMatch(message)
    expect(stderr).toContain('[CONFIG_INVALID]')
    expect(code).toBe(2)
  })

  it.skipIf(isRoot)('a home that is read-only is named with its mode', async () => {
    const { code, stderr } = await run(importing, 'shut/home')
    expect(stderr).toMatch(/\[STORAGE_DENIED\].*shut/)
    expect(code).not.toBe(0)
  })

  it('--root that is missing is a wrong flag', async () => {
    const { code, stderr } = await run(['dev', 'sftp', '--root', 'nowhere'])
    expect(stderr).toContain('[USAGE_INVALID] --root is "nowhere"; expected a folder that exists')
    expect(code).toBe(2)
  })
})

it('a relative DAYBREAK_HOME begins at the project, from whichever folder a command is called', async () => {
  const other = await mkdtemp(join(tmpdir(), 'daybreak-elsewhere-'))
  await mkdir(join(folder, 'notes'), { recursive: true })
  const env = { DAYBREAK_HOME: 'data' }
  const from = (cwd: string, more: Readonly<Record<string, string>> = {}) =>
    daybreak(['runs', 'list', '--all', '-o', 'csv'], { cwd, clock: systemClock, env: { ...env, ...more } })
  const first = await daybreak(importing, { cwd: folder, clock: systemClock, env })
  expect(first.code).toBe(0)
  const listed = await from(folder)
  expect(listed.stdout.trim().split('\r\n')).toHaveLength(2)
  expect(await from(join(folder, 'notes'))).toEqual(listed)
  expect(await from(other, { DAYBREAK_PROJECT_DIR: folder })).toEqual(listed)
  expect(existsSync(join(folder, 'data', 'ledger.sqlite'))).toBe(true)
  expect([join(folder, 'notes', 'data'), join(other, 'data')].map(existsSync)).toEqual([false, false])
  await rm(other, { recursive: true })
})
