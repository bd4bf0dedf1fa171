import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { daybreak } from '../support/cli.ts'
import { sharedFolder } from '../support/folder.ts'

const project = await sharedFolder()
// The clock of the machine, put back to the days of the example.
const PUT_BACK = Date.now() - Date.parse('2026-03-04T12:00:00Z')
const OF_RESTAURANTS = /location|business date|restaurant|night/i

const data = (...path: readonly string[]) => join(project, 'data', ...path)

beforeAll(async () => {
  await cp('examples/csv-folder', project, { recursive: true })
  // A day of which a file is missing, another whose file lost its rows, a new column, and a file that no contract reads.
  await rm(data('harbour/2026-03-03/sales.csv'))
  const hill = await readFile(data('hill/2026-03-01/sales.csv'), 'utf8')
  await writeFile(data('hill/2026-03-01/sales.csv'), hill.replaceAll(/(?<=,)\d+(?=,[\d.]+$)/gm, 'none'))
  const second = await readFile(data('hill/2026-03-02/sales.csv'), 'utf8')
  await writeFile(data('hill/2026-03-02/sales.csv'), second.replaceAll(/$(?=\n)/gm, ',x').replace(',x', ',Till'))
  await writeFile(data('harbour/2026-03-01/notes.txt'), 'x')
})

async function run(...argv: readonly string[]) {
  const { code, stdout, stderr } = await daybreak([...argv, '--project-dir', project, '--no-input'], {
    env: { DAYBREAK_HOME: join(project, 'home') },
    clock: { now: () => Date.now() - PUT_BACK, sleep: (milliseconds) => setTimeout(milliseconds) },
  })
  return { code, said: stdout + stderr }
}

describe('the help of a command', () => {
  it.each(['slices list', 'status', 'backfill', 'run', 'incidents list', 'export'])(
    'of %s names no restaurant, and says what shard and window are in the project',
    async (command) => {
      const { code, said } = await run(...command.split(' '), '--help')
      expect(code).toBe(0)
      expect(said).toContain('shops: a shard is a store, a window a day')
      expect(said.replaceAll(/--(location|date)\b/g, '')).not.toMatch(/location|business date/i)
    },
  )

  it('says nothing of shards where it names none, and where there is no valid project', async () => {
    expect((await run('version', '--help')).said).not.toContain('IN THIS PROJECT')
    const alone = await daybreak(['status', '--help', '--project-dir', join(project, 'nowhere')])
    expect(alone).toMatchObject({ code: 0, stdout: expect.not.stringContaining('IN THIS PROJECT') })
  })
})

describe('a folder of CSV files', () => {
  it.each([
    ['validate', /2 shards/],
    ['doctor', /source shops/],
    ['plan', /STORE +DAY/],
    ['run', /STORE +DAY.*sales of store harbour for 2026-03-03 was not delivered/s],
    ['run --date 2026-03-01,2026-03-02,2026-03-03 --force', /partial|succeeded/],
    ['status', /STORE +NAME +DAY.* of \d+ store-days are complete/s],
    ['status --verify', /partitions equal/],
    ['slices list', /STORE +DAY/],
    ['slices files', /notes\.txt/],
    ['slices list --shard hill', /hill/],
    ['slices list --shard hil --window 2026-03-01', /--shard "hil" is unknown/],
    ['slices list --window x', /--window is "x"/],
    ['slices release', /--window, --shard or --stream/],
    ['incidents ack', /--code, --shard or --check/],
    ['runs show last', /STORE +DAY/],
    ['runs show last -o json', /"shard": "hill"/],
    ['runs logs last', /STORE +DAY/],
    ['incidents list', /store harbour, 2026-03-03: missing sales/],
    ['rejects list', /STORE/i],
    ['rejects show --line 3', /none/],
    ['rejects replay', /STORE|succeeded|partial|skipped/i],
    ['backfill --start-date 2026-03-01 --end-date 2026-03-03', /shops/],
    ['backfills list', /shops/],
    ['runs retry last', /shops/],
    ['shadow --date 2026-03-01', /STORE +DAY/],
    ['tables', /shops\.sales/],
    ['export sales --out FOLDER/sales.csv', /sales\.csv/],
    ['query "SELECT 1"', /./],
    ['explain FILE_HELD', /./],
    ['explain FILE_CHANGED', /./],
  ])('speaks of its own stores and days in `daybreak %s`', async (line, expected) => {
    const argv = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(
      ([, quoted, word]) => quoted ?? word?.replace('FOLDER', project) ?? '',
    )
    const { said } = await run(...argv)
    expect(said).toMatch(expected)
    expect(said).not.toMatch(OF_RESTAURANTS)
  })
})
