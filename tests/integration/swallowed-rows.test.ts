import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../functions/adapters/local/clock.ts'
import { daybreak } from '../support/cli.ts'
import { writeLightProject } from '../support/light-project.ts'

let folder: string
const run = (...argv: readonly string[]) =>
  daybreak([...argv, '--project-dir', folder, '--no-input'], {
    env: { DAYBREAK_HOME: join(folder, 'data'), USER: 'maria' },
    clock: systemClock,
  })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-swallowed-'))
  await writeLightProject(folder)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('a file that is compared with no other, in which a quote swallows rows', () => {
  it('is quarantined, though only one record is rejected', async () => {
    const tree = join(folder, 'exports')
    const made = await run('mock', '--locations', '1', '--days', '1', '--start-date', '2026-03-02', '--out', tree)
    expect(made.code, made.stderr).toBe(0)
    const kitchen = join(tree, '185001', '20260302', 'KitchenTimings.csv')
    const rows = (await readFile(kitchen, 'utf8')).trimEnd().split('\r\n')
    const server = rows[0]?.split(',').indexOf('Server') ?? -1
    const quoted = (row: string | undefined, quote: (field: string) => string) =>
      (row ?? '')
        .split(',')
        .map((field, at) => (at === server ? quote(field) : field))
        .join(',')
    const spoiled = rows
      .with(
        3,
        quoted(rows[3], (field) => `"${field}`),
      )
      .with(
        63,
        quoted(rows[63], (field) => `${field}"`),
      )
    await writeFile(kitchen, `${spoiled.join('\r\n')}\r\n`)
    const imported = await run('import', tree, '--time-zone', 'America/New_York')
    expect(imported.code, imported.stdout + imported.stderr).toBe(3)
    expect(imported.stdout).toMatch(/REJECT_BUDGET_EXCEEDED .* of them inside other records/)
  })
})
