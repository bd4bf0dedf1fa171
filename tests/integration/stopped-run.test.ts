import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { main } from '../../cli/main.ts'
import { systemClock } from '../../functions/adapters/local/clock.ts'
import { generateNight } from '../../mock/night.ts'
import { collectedStream, daybreak, testContext } from '../support/cli.ts'
import { writeLightProject } from '../support/light-project.ts'

const LOCATION = { id: '185001', name: 'East', timeZone: 'America/New_York', closeoutHour: 4 }
const DATES = ['2025-02-03', '2025-02-04', '2025-02-05']

let folder: string
let exports: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-stopped-'))
  exports = join(folder, 'exports')
  await writeLightProject(folder)
  for (const date of DATES) {
    const day = join(exports, LOCATION.id, date.replaceAll('-', ''))
    await mkdir(day, { recursive: true })
    for (const { name, bytes } of generateNight({ seed: 4, location: LOCATION, date, profile: 'small', scale: 0.3 }))
      await writeFile(join(day, name), bytes)
  }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const base = () => ({ cwd: folder, clock: systemClock })
const run = (...argv: string[]) => daybreak(argv, base())

/** The import, stopped as with Ctrl-C once a day is staged. */
async function stoppedImport(): Promise<string> {
  const stop = new AbortController()
  const stderr = new PassThrough()
  stderr.on('data', (chunk: Buffer) => {
    if (chunk.toString().includes('Looked at')) stop.abort('SIGINT')
  })
  const stdout = collectedStream()
  const argv = ['import', exports, '--time-zone', 'America/New_York', '-v', '-o', 'json']
  await main(argv, testContext({ ...base(), stdout, stderr, signal: stop.signal }))
  return stdout.text()
}

it('a run that was stopped counts what it staged, and the next one says whose work it publishes', async () => {
  const stopped = JSON.parse(await stoppedImport())
  expect(stopped.state).toBe('cancelled')
  const staged = stopped.slices.filter(({ outcome }: { outcome: string }) => outcome === 'staged')
  const rows = staged.reduce((sum: number, { accepted }: { accepted: number }) => sum + accepted, 0)
  expect(rows).toBeGreaterThan(0)
  expect(stopped.rows).toBe(rows)

  const told = `Published for run ${stopped.id}, which staged them: ${staged.length} slices, ${rows} rows.`
  expect((await run('import', exports)).stdout).toContain(told)
  expect((await run('runs', 'show', 'last')).stdout).toContain(told)

  const runs: readonly { state: string; rows: number }[] = JSON.parse((await run('runs', 'list', '-o', 'json')).stdout)
  const [inTables] = JSON.parse(
    (
      await run(
        'query',
        "select sum(estimated_size) as rows from duckdb_tables() where schema_name = 'toast' and table_name not in ('rejects', 'profiles')",
        '-o',
        'json',
      )
    ).stdout,
  )
  expect(runs.reduce((sum, one) => sum + one.rows, 0)).toBe(Number(inTables.rows))
})
