import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../functions/adapters/local/clock.ts'
import { daybreak } from '../support/cli.ts'
import { hasPostgres, NO_POSTGRES, type Postgres, startPostgres } from '../support/postgres.ts'
import { withProject } from '../support/project-on-disk.ts'
import { seeded } from '../support/seeded.ts'
import { ROOT } from '../support/world.ts'

const SOAK = process.env['DAYBREAK_SOAK'] === '1'
const SEEDS = Array.from({ length: SOAK ? 40 : 1 }, (_, n) => n + 1)
const STEPS = SOAK ? 40 : 9
const LOCATIONS = ['1001', '1002']
const DATES = ['2026-01-05', '2026-01-06']

/** Content of the folder of exports: the text of each order, by location and date. Amounts and rows never change. */
type Files = Map<string, readonly string[]>

interface Ledgers {
  backUp(name: string): Promise<void>
  putBack(name: string): Promise<void>
}

interface Drill {
  readonly project: string
  readonly home: string
  readonly random: () => number
  readonly files: Files
  readonly backups: string[]
  readonly ledgers: Ledgers
  readonly story: string[]
}

const pick = <Item>({ random }: Drill, items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!

async function write({ project, files }: Drill): Promise<void> {
  for (const [key, texts] of files) {
    const [location = '', date = ''] = key.split('/')
    const rows = texts.map((text, row) => `${location}-${row}-${text},${row + 1}.25,0.10`)
    const path = join(project, 'exports', location, date.replaceAll('-', ''), 'Orders.csv')
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, `Order Id,Amount,Tax\n${rows.join('\n')}\n`)
  }
}

/** Few words, so that a correction is often one that was there before: A, B, A. */
const WORDS = ['plum', 'pear', 'fig']

function correct(drill: Drill): void {
  const key = pick(drill, [...drill.files.keys()])
  const texts = (drill.files.get(key) ?? []).map(() => pick(drill, WORDS))
  drill.files.set(key, texts)
  drill.story.push(`correct ${key} ${texts}`)
}

async function bringIn(drill: Drill, ...flags: string[]): Promise<void> {
  drill.story.push('import')
  await write(drill)
  const argv = ['import', join(drill.project, 'exports'), '-o', 'json', ...flags]
  const { code, stderr, stdout } = await daybreak(argv, {
    cwd: drill.project,
    env: { DAYBREAK_HOME: drill.home },
    clock: systemClock,
  })
  expect(code, `${drill.story.join('\n')}\n${stdout}\n${stderr}`).toBe(0)
}

async function table({ home }: Drill): Promise<readonly string[]> {
  const instance = await DuckDBInstance.create(join(home, 'warehouse.duckdb'), { access_mode: 'READ_ONLY' })
  const connection = await instance.connect()
  const result = await connection.runAndReadAll('SELECT location_id, business_date, order_id FROM toast.orders')
  const rows = result.getRows().map((row) => row.map(String).join('/'))
  connection.closeSync()
  instance.closeSync()
  return rows.toSorted()
}

function expected({ files }: Drill): readonly string[] {
  return [...files]
    .flatMap(([key, texts]) => texts.map((text, row) => `${key}/${key.split('/')[0]}-${row}-${text}`))
    .toSorted()
}

/** Ends a process that imports, at any moment of it. */
async function killAnImport(drill: Drill): Promise<void> {
  const milliseconds = Math.floor(drill.random() * 1_200)
  drill.story.push(`kill an import after ${milliseconds} ms`)
  correct(drill)
  await write(drill)
  const child = spawn(process.execPath, [join(ROOT, 'cli/daybreak.mjs'), 'import', join(drill.project, 'exports')], {
    cwd: drill.project,
    env: { PATH: process.env['PATH'] ?? '', DAYBREAK_HOME: drill.home },
    stdio: 'ignore',
  })
  const ended = once(child, 'exit')
  await Promise.race([wait(milliseconds), ended])
  child.kill('SIGKILL')
  await ended
}

async function damage(drill: Drill): Promise<void> {
  const how = pick(drill, [
    'delete the warehouse',
    'empty a table',
    'delete a table',
    'rewrite a part',
    'delete a part',
  ])
  drill.story.push(how)
  const warehouse = join(drill.home, 'warehouse.duckdb')
  if (how === 'delete the warehouse') return await rm(warehouse, { force: true })
  if (how.endsWith('table')) {
    const instance = await DuckDBInstance.create(warehouse)
    const connection = await instance.connect()
    await connection.run(how === 'empty a table' ? 'DELETE FROM toast.orders' : 'DROP TABLE toast.orders')
    connection.closeSync()
    return instance.closeSync()
  }
  const parts = join(drill.home, 'objects', 'parts', 'toast', 'orders')
  const names = (await readdir(parts, { recursive: true })).filter((name) => name.endsWith('.parquet')).toSorted()
  const path = join(parts, pick(drill, names))
  await rm(path)
  if (how === 'rewrite a part')
    await cp(
      join(
        parts,
        pick(
          drill,
          names.filter((name) => join(parts, name) !== path),
        ),
      ),
      path,
    )
}

async function step(drill: Drill): Promise<void> {
  const chance = drill.random()
  if (chance < 0.4) correct(drill)
  else if (chance < 0.6) {
    const name = `backup-${drill.backups.length}`
    drill.story.push(`back up ${name}`)
    await drill.ledgers.backUp(name)
    drill.backups.push(name)
  } else if (chance < 0.75 && drill.backups.length > 0) {
    const name = pick(drill, drill.backups)
    drill.story.push(`put back ${name}`)
    await drill.ledgers.putBack(name)
  } else if (chance < 0.85) await damage(drill)
  else await killAnImport(drill)
  await bringIn(drill)
  expect(await table(drill), drill.story.join('\n')).toEqual(expected(drill))
}

async function runDrill(seed: number, open: (project: string, home: string) => Ledgers, environment?: string) {
  await withProject(
    async (project) => {
      const home = join(project, 'home')
      const files: Files = new Map(
        LOCATIONS.flatMap((location) => DATES.map((date) => [`${location}/${date}`, ['plum', 'pear', 'fig']] as const)),
      )
      const drill = { project, home, random: seeded(seed), files, backups: [], story: [], ledgers: open(project, home) }
      await bringIn(drill)
      for (let n = 0; n < STEPS; n++) await step(drill)
    },
    environment === undefined ? {} : { 'config/environments/local.yaml': environment },
  )
}

/** A ledger in a file, backed up as a file is. */
const inFile = (_: string, home: string): Ledgers => ({
  async backUp(name) {
    await cp(join(home, 'ledger.sqlite'), join(home, `${name}.sqlite`))
  },
  async putBack(name) {
    for (const rest of ['-wal', '-shm']) await rm(join(home, `ledger.sqlite${rest}`), { force: true })
    await cp(join(home, `${name}.sqlite`), join(home, 'ledger.sqlite'))
  },
})

describe('the table equals the files after restores of the ledger, damage and corrections of texts', () => {
  it.each(SEEDS)('in SQLite, seed %i', (seed) => runDrill(seed, inFile), 300_000)
})

describe.skipIf(!hasPostgres)(hasPostgres ? 'the same' : NO_POSTGRES, () => {
  let server: Postgres
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.close())

  it.each(SEEDS.slice(0, SOAK ? 10 : 1))('in PostgreSQL, seed %i', async (seed) => {
    const { user, host, port, database } = await server.createLogin()
    const tables = async () =>
      (await server.sql(`select tablename from pg_tables where schemaname = '${user}'`)).map(
        ({ tablename }) => tablename,
      )
    const inServer = (): Ledgers => ({
      async backUp(name) {
        const copy = `"${user}-${name}"`
        await server.sql(`create schema ${copy}`)
        for (const one of await tables()) await server.sql(`create table ${copy}."${one}" as table ${user}."${one}"`)
      },
      async putBack(name) {
        for (const one of await tables()) {
          await server.sql(`delete from ${user}."${one}"`)
          await server.sql(`insert into ${user}."${one}" table "${user}-${name}"."${one}"`)
        }
      },
    })
    const environment = `version: 1
environment: local
sources:
  toast: { kind: folder, root: inbox }
objects: { kind: folder, root: "\${DAYBREAK_HOME}/objects" }
warehouse: { kind: duckdb, path: "\${DAYBREAK_HOME}/warehouse.duckdb" }
ledger: { kind: postgres, host: ${host}, port: ${port}, database: ${database}, user: ${user}, auth: none, tls: "off" }
privacy: { hash_key: secret://hash_key }
`
    await runDrill(seed, inServer, environment)
  })
})
