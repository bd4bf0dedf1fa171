import type { CopyTable, Migration } from '../config/migration-plan.ts'
import { copySql, oldPlace } from './copy-sql.ts'
import {
  type Database,
  expectTable,
  failure,
  firstValue,
  inTransaction,
  nameOf,
  regclass,
  type TableShape,
  wordsFor,
} from './database.ts'
import { type MigrationRecord, writeRecord } from './record.ts'
import { referencesTo } from './references.ts'
import { type Checked, verifyCopy } from './verify.ts'

type Place = Pick<TableShape, 'schema' | 'name'>
type CopyMigration = Migration & { readonly plan: CopyTable }

/** Compares both tables. */
export async function verifyTables(
  database: Database,
  { plan, name }: CopyMigration,
  record: MigrationRecord,
): Promise<readonly Checked[]> {
  return await verifyCopy(database, await sqlNow(database, plan, { name, record }), plan.verify)
}

/** The tables under the names that they have now. */
async function sqlNow(
  database: Database,
  plan: CopyTable,
  { name, record }: { readonly name: string; readonly record: MigrationRecord },
) {
  if (record.state !== 'applied' || plan.swap === 'none')
    return await copySql(database, plan, { from: plan.from, to: plan.to.table })
  const now = await expectTable(database, plan.from)
  return await copySql(database, plan, { from: nameOf(oldPlace(now, name)), to: nameOf(now) })
}

/** Puts the new table in the place of the old one, after the checks have passed. @throws {DaybreakError} MIGRATION_FAILED. */
export async function swap(database: Database, migration: CopyMigration, record: MigrationRecord): Promise<void> {
  const { plan, name } = migration
  const applied: MigrationRecord = { ...record, state: 'applied' }
  if (plan.swap === 'none') {
    expectChecks(await verifyTables(database, migration, record))
    return await writeRecord(database, migration, applied)
  }
  const from = await expectTable(database, plan.from)
  const to = await database.describe(plan.to.table)
  if (database.session.system === 'mysql') return await swapInMysql(database, migration, { from, to, record })
  if (to === null) throw failure(`${plan.to.table} is gone`)
  const sql = await copySql(database, plan, { from: plan.from, to: plan.to.table })
  await inTransaction(database, async () => {
    await database.session.run(`LOCK TABLE ${sql.words.table(from)}, ${sql.words.table(to)} IN ACCESS EXCLUSIVE MODE`)
    expectChecks(await verifyCopy(database, sql, plan.verify))
    await rename(database, [from, oldPlace(from, name)], [to, from])
    await writeRecord(database, migration, applied)
  })
}

function expectChecks(checks: readonly Checked[]): void {
  const failed = checks.flatMap(({ check, problem }) => (problem === null ? [] : [`${check}: ${problem}`]))
  if (failed.length > 0) throw failure(`${failed.join('; ')}. Nothing was swapped`)
}

interface Swapping {
  readonly from: TableShape
  readonly to: TableShape | null
  readonly record: MigrationRecord
}

/** MySQL renames both tables in one statement, which commits: what it did is read from the names after a crash. */
async function swapInMysql(
  database: Database,
  migration: CopyMigration,
  { from, to, record }: Swapping,
): Promise<void> {
  const { name, plan } = migration
  const old = oldPlace(from, name)
  const isDone = record.state === 'swapping' && (await database.describe(nameOf(old))) !== null
  if (!isDone) {
    if (to === null) throw failure(`${plan.to.table} is gone`)
    const sql = await copySql(database, plan, { from: plan.from, to: plan.to.table })
    expectChecks(await verifyCopy(database, sql, plan.verify))
    await writeRecord(database, migration, { ...record, state: 'swapping' })
    await rename(database, [from, old], [to, from])
  }
  await writeRecord(database, migration, { ...record, state: 'applied' })
}

type Renaming = readonly [from: Place, to: Place]

/** Renames two tables in one step. Foreign keys of others refer to the same name after it as before. */
async function rename(database: Database, first: Renaming, second: Renaming): Promise<void> {
  const { session } = database
  if (session.system === 'mysql') {
    const words = wordsFor(database)
    const pairs = [first, second].map(([from, to]) => `${words.table(from)} TO ${words.table(to)}`)
    return await session.run(`RENAME TABLE ${pairs.join(', ')}`)
  }
  const keys = (await referencesTo(database, first[0])).filter(({ child }) => child.name !== first[0].name)
  const quote = (name: string) => `"${name.replaceAll('"', '""')}"`
  const table = (place: Place) => nameOf(place)
  for (const key of keys) await session.run(`ALTER TABLE ${table(key.child)} DROP CONSTRAINT ${quote(key.name)}`)
  await moveSequences(database, first[0], second[0])
  for (const [from, to] of [first, second]) await session.run(`ALTER TABLE ${table(from)} RENAME TO ${quote(to.name)}`)
  for (const key of keys)
    await session.run(`ALTER TABLE ${table(key.child)} ADD CONSTRAINT ${quote(key.name)} ${key.definition}`)
}

/** Numbers go on where the other table's ended, and a sequence of both belongs to the one that is used. */
async function moveSequences(database: Database, from: Place, to: Place): Promise<void> {
  const { session } = database
  const text = (value: string) => `'${value.replaceAll("'", "''")}'`
  const columns = await session.query(
    `SELECT attname AS name, attidentity::text AS identity, pg_get_serial_sequence(${text(nameOf(from))}, attname) AS own,
       pg_get_serial_sequence(${text(nameOf(to))}, (SELECT b.attname FROM pg_attribute b WHERE b.attrelid = ${regclass(to)} AND b.attname = a.attname)) AS other
     FROM pg_attribute a WHERE attrelid = ${regclass(from)} AND attnum > 0 AND NOT attisdropped`,
  )
  for (const { name, identity, own, other } of columns) {
    if (own == null) continue
    if (other != null) {
      const last = await firstValue(database, `SELECT last_value::text FROM ${own}`)
      await session.run(`SELECT setval(${text(other)}, greatest(${last}, (SELECT last_value FROM ${other})))`)
    } else if (identity === '')
      await session.run(`ALTER SEQUENCE ${own} OWNED BY ${nameOf(to)}."${(name ?? '').replaceAll('"', '""')}"`)
  }
}

/** Puts the old table back. @throws {DaybreakError} MIGRATION_FAILED where the rows differ by now: they were written after the swap. */
export async function undoCopy(database: Database, migration: CopyMigration, record: MigrationRecord): Promise<void> {
  const { plan, name } = migration
  if (record.state === 'applied' && plan.swap === 'rename') {
    const now = await expectTable(database, plan.from)
    const old = await expectTable(database, nameOf(oldPlace(now, name)))
    const aside = { schema: now.schema, name: plan.to.table.split('.').at(-1) ?? plan.to.table }
    const work = async () => {
      const sql = await sqlNow(database, plan, { name, record })
      expectChecks(await verifyCopy(database, sql, ['same_rows']))
      await rename(database, [now, aside], [old, now])
      await writeRecord(database, migration, { ...record, state: 'undone' })
    }
    return await (database.session.system === 'mysql' ? work() : inTransaction(database, work))
  }
  await writeRecord(database, migration, { ...record, state: 'undone' })
}
