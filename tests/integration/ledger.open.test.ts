import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Kysely, sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDatabase } from '../../functions/adapters/sqlite/client.ts'
import { createSqliteDialect } from '../../functions/adapters/sqlite/dialect.ts'
import { openSqliteLedger, SQLITE } from '../../functions/adapters/sqlite/ledger.ts'
import { createLedger } from '../../functions/ledger/ledger.ts'
import { migrate } from '../../functions/ledger/migrate.ts'
import { MIGRATIONS, type Migration } from '../../functions/ledger/migrations/all.ts'
import type { Database, Schema } from '../../functions/ledger/schema.ts'
import type { Change, Ledger } from '../../functions/pipeline/ports.ts'
import { aSlice, KEY, stored } from '../support/ledger-rows.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-ledger-'))
  path = join(folder, 'ledger.sqlite')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

it('is there again when it is opened again', async () => {
  const first = await openSqliteLedger({ path })
  await first.apply([{ change: 'slice', slice: aSlice() }])
  await first.close()
  const second = await openSqliteLedger({ path })
  expect(await second.slice(KEY)).toEqual(stored(aSlice()))
  await second.close()
})

it('creates the folder it is in', async () => {
  const ledger = await openSqliteLedger({ path: join(folder, 'a/b/ledger.sqlite') })
  await ledger.close()
})

it('syncs every commit, in write-ahead mode', async () => {
  using database = await openDatabase(path, 1000)
  expect(database.prepare('pragma journal_mode').get()).toEqual({ journal_mode: 'wal' })
  expect(database.prepare('pragma synchronous').get()).toEqual({ synchronous: 2 })
})

it('lets ten open one new file at once, and each of them write', async () => {
  const ledgers = await Promise.all(Array.from({ length: 10 }, () => openSqliteLedger({ path })))
  await Promise.all(
    ledgers.map((ledger, index) => ledger.apply([{ change: 'slice', slice: aSlice({ shard: `${index}` }) }])),
  )
  expect(await ledgers[0]!.slices({})).toHaveLength(10)
  await Promise.all(ledgers.map((ledger) => ledger.close()))
})

describe('refuses with a code and the path', () => {
  const refused = { code: 'LEDGER_FAILED', message: expect.stringContaining('ledger.sqlite') }

  it('a file that is not a database, and leaves it as it is', async () => {
    await writeFile(path, 'order_id,amount\n'.repeat(100))
    await expect(openSqliteLedger({ path })).rejects.toMatchObject({ ...refused, code: 'LEDGER_DAMAGED' })
  })

  it('a folder', async () => {
    const inside = join(folder, 'ledger.sqlite/x')
    await (await openSqliteLedger({ path: inside })).close()
    await expect(openSqliteLedger({ path })).rejects.toMatchObject({ ...refused, code: 'CONFIG_INVALID' })
  })

  it('a ledger that a newer Daybreak made, when one of its steps breaks this one; else it goes on', async () => {
    await (await openSqliteLedger({ path })).close()
    using database = new DatabaseSync(path)
    database.exec(`insert into schema_migrations (version, name, applied_at) values (99, 'future', 0)`)
    const ledger = await openSqliteLedger({ path })
    await ledger.apply([{ change: 'slice', slice: aSlice() }])
    await ledger.close()
    database.exec('insert into schema_breaks (version) values (99)')
    const message = expect.stringMatching(/schema version 99.*knows up to \d+.*newer/)
    await expect(openSqliteLedger({ path })).rejects.toMatchObject({ code: 'LEDGER_FAILED', message })
  })
})

it('says LEDGER_BUSY when another process keeps it locked for too long, and goes on once it is free', async () => {
  const [ledger, patient] = [await openSqliteLedger({ path, patience: 100 }), await openSqliteLedger({ path })]
  using other = new DatabaseSync(path)
  other.exec('begin immediate')
  const apply = (to: Ledger) => to.apply([{ change: 'slice', slice: aSlice() }])
  await expect(apply(ledger)).rejects.toMatchObject({ code: 'LEDGER_BUSY', retryable: true })
  expect(await ledger.slices({}), 'reading goes on meanwhile').toEqual([])
  await expect(openSqliteLedger({ path, patience: 0 })).rejects.toMatchObject({ code: 'LEDGER_BUSY' })
  const waiting = apply(patient)
  setTimeout(() => other.exec('commit'), 50)
  await waiting
  expect(await ledger.slices({})).toHaveLength(1)
  await Promise.all([ledger.close(), patient.close()])
})

it('says LEDGER_FAILED after it was closed', async () => {
  const ledger = await openSqliteLedger({ path })
  await ledger.close()
  await expect(ledger.slices({})).rejects.toMatchObject({ code: 'LEDGER_FAILED' })
  await expect(ledger.apply([{ change: 'slice', slice: aSlice() }])).rejects.toMatchObject({ code: 'LEDGER_FAILED' })
})

it('survives a full disk: nothing of the list is applied, and it works again when there is room', async () => {
  await (await openSqliteLedger({ path })).close()
  const database = new DatabaseSync(path)
  const pages = Number(database.prepare('pragma page_count').get()?.['page_count'])
  database.exec(`pragma max_page_count = ${pages + 20}`)
  const db = new Kysely<Schema>({ dialect: createSqliteDialect(database, 1000) })
  const ledger = createLedger(db, { dialect: SQLITE, newId: () => 'id', now: () => 1 })
  const list = Array.from({ length: 2000 }, (_, index): Change => {
    return { change: 'slice', slice: aSlice({ shard: `${index}` }) }
  })
  const full = { code: 'LEDGER_FAILED', message: expect.stringContaining('full') }
  await expect(ledger.apply(list)).rejects.toMatchObject(full)
  expect(await ledger.slices({})).toEqual([])
  await ledger.apply(list.slice(0, 5))
  expect(await ledger.slices({})).toHaveLength(5)
  await ledger.close()
})

describe('migrations', () => {
  const open = (): Database => new Kysely<Schema>({ dialect: createSqliteDialect(new DatabaseSync(path), 1000) })
  const step = (version: number, statement: string): Migration => ({
    version,
    name: `step-${version}`,
    up: async (transaction) => {
      await sql.raw(statement).execute(transaction)
    },
  })
  const versions = async (db: Database) =>
    (await db.selectFrom('schema_migrations').select('version').orderBy('version').execute()).map(
      ({ version }) => version,
    )
  const options = { dialect: SQLITE, now: () => 1 }

  it('are numbered 1, 2, 3...', () => {
    expect(MIGRATIONS.map(({ version }) => version)).toEqual(MIGRATIONS.map((_, index) => index + 1))
  })

  it('add what is missing, once', async () => {
    const db = open()
    await migrate(db, { ...options, migrations: [step(1, 'create table one (a integer)')] })
    const both = [step(1, 'create table one (a integer)'), step(2, 'create table two (a integer)')]
    await migrate(db, { ...options, migrations: both })
    await migrate(db, { ...options, migrations: both })
    expect(await versions(db)).toEqual([1, 2])
    await db.destroy()
  })

  it('are left to a command where that is said: tables that are behind are refused, and not changed', async () => {
    const db = open()
    const [one, two] = [step(1, 'create table one (a integer)'), step(2, 'create table two (a integer)')]
    await migrate(db, { ...options, migrations: [one] })
    const opening = migrate(db, { ...options, migrations: [one, two], mode: 'expect' })
    await expect(opening).rejects.toThrow(/schema version 1, this Daybreak needs 2.*run `daybreak ledger migrate`/)
    expect(await versions(db)).toEqual([1])
    await migrate(db, { ...options, migrations: [one, two] })
    await migrate(db, { ...options, migrations: [one, two], mode: 'expect' })
    await migrate(db, { ...options, migrations: [one], mode: 'expect' })
    await db.destroy()
  })

  it('say which of them an earlier release cannot work with', async () => {
    const db = open()
    const one = step(1, 'create table one (a integer)')
    await migrate(db, { ...options, migrations: [one, { ...step(2, 'drop table one'), breaks: true }] })
    await expect(migrate(db, { ...options, migrations: [one] })).rejects.toThrow(/version 2 needs a newer one/)
    await db.destroy()
  })

  it('are applied whole or not at all', async () => {
    const db = open()
    const broken = [step(1, 'create table one (a integer)'), step(2, 'create table one (a integer)')]
    await expect(migrate(db, { ...options, migrations: broken })).rejects.toThrow('already exists')
    expect(await db.introspection.getTables()).toEqual([])
    await migrate(db, { ...options, migrations: broken.slice(0, 1) })
    expect(await versions(db)).toEqual([1])
    await db.destroy()
  })
})
