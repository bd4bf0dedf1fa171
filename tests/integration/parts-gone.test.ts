import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
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
const parts = () => join(folder, 'data', 'objects', 'parts')
const orders = () => join(folder, 'exports', '185001', '20260302', 'OrderDetails.csv')

async function correctServer(name: string): Promise<void> {
  const [header = '', first = '', ...rows] = (await readFile(orders(), 'utf8')).split('\r\n')
  const at = header.split(',').indexOf('Server')
  const corrected = first.split(',').with(at, name).join(',')
  await writeFile(orders(), [header, corrected, ...rows].join('\r\n'))
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-parts-'))
  await writeLightProject(folder)
  const tree = join(folder, 'exports')
  await run('mock', '--locations', '1', '--days', '1', '--start-date', '2026-03-02', '--scale', '0.1', '--out', tree)
  const first = await run('import', tree, '--time-zone', 'America/New_York')
  expect(first.code, first.stdout + first.stderr).toBe(0)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('a corrected file of a day whose other parts are not as they were staged', () => {
  it('is compared with parts made again from their raw files when those are gone', async () => {
    await rm(parts(), { recursive: true })
    await correctServer('Server 77')
    const corrected = await run('import', join(folder, 'exports'))
    expect(corrected.code, corrected.stdout + corrected.stderr).toBe(0)
    expect(corrected.stderr).toContain('again from its raw file')
    const { stdout } = await run('query', "select count(*) n from toast.order_details where server = 'Server 77'")
    expect(stdout).toContain('1')
    expect(await run('status', '--verify', '--check')).toMatchObject({ code: 0 })
  })

  it('is compared with parts made again when those were written over', async () => {
    const damaged = (await readdir(parts(), { recursive: true })).filter(
      (name) => name.includes('payment_details') && name.endsWith('.parquet'),
    )
    expect(damaged.length).toBeGreaterThan(0)
    for (const name of damaged) await rm(join(parts(), name)).then(() => writeFile(join(parts(), name), 'PAR1'))
    await correctServer('Server 78')
    const corrected = await run('import', join(folder, 'exports'))
    expect(corrected.code, corrected.stdout + corrected.stderr).toBe(0)
    expect(corrected.stderr).toContain('again from its raw file')
    expect((await run('incidents', 'list', '-o', 'json')).stdout).not.toContain('could not run')
  })
})
