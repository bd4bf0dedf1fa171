import type { CopyTable, Migration, MigrationPlan, RemapKeys } from '../config/migration-plan.ts'
import { DaybreakError } from '../errors.ts'
import { copyRows, planCopy } from './copy-table.ts'
import { type Database, failure, inTransaction } from './database.ts'
import { addValues, planEnumValues, removeValues } from './enum-values.ts'
import { lock, type MigrationRecord, makeRecords, readRecord, writeRecord } from './record.ts'
import { planRemap, remapKeys } from './remap-keys.ts'
import { swap, undoCopy, verifyTables } from './swap-table.ts'
import type { Checked } from './verify.ts'

/** Statements of a migration, and reasons against it. */
export interface MigrationOutline {
  readonly state: MigrationRecord['state']
  readonly statements: readonly string[]
  readonly notes: readonly string[]
  readonly problems: readonly string[]
}

const ofCopy = (migration: Migration): migration is Migration & { readonly plan: CopyTable } =>
  migration.plan.pattern === 'copy_table'
const ofKeys = (migration: Migration): migration is Migration & { readonly plan: RemapKeys } =>
  migration.plan.pattern === 'remap_keys'

/** Looks at the database, and changes nothing. */
export async function planMigration(database: Database, migration: Migration): Promise<MigrationOutline> {
  const record = await readRecord(database, migration.name)
  const { state } = record
  const changed = changeOf(migration, record)
  if (state === 'applied')
    return { state, statements: [], notes: [...changed, 'it is applied; there is nothing to do'], problems: [] }
  const found = await outline(database, migration)
  return { state, ...found, problems: [...changed, ...found.problems] }
}

async function outline(database: Database, migration: Migration): Promise<Omit<MigrationOutline, 'state'>> {
  if (ofCopy(migration)) return await planCopy(database, migration)
  if (ofKeys(migration)) return await planRemap(database, migration)
  return { ...(await planEnumValues(database, planOf(migration, 'add_enum_values'))), problems: [] }
}

function planOf<Pattern extends MigrationPlan['pattern']>({ plan }: Migration, pattern: Pattern) {
  if (plan.pattern === pattern) return plan as Extract<MigrationPlan, { readonly pattern: Pattern }>
  throw new TypeError(`a plan of ${plan.pattern} is none of ${pattern}`)
}

/** A plan that was begun is not another one now. */
function changeOf({ hash, name }: Migration, record: MigrationRecord): readonly string[] {
  const isBegun = record.state !== 'new' && record.state !== 'undone'
  return isBegun && record.hash !== hash
    ? [`plan.yaml of ${name} has changed since it was begun at ${record.at}; undo it first, or write a new one`]
    : []
}

/** Applies a migration, from where it was cut. One that is applied is left alone. @throws {DaybreakError} MIGRATION_FAILED. */
export async function applyMigration(database: Database, migration: Migration): Promise<MigrationRecord> {
  await lock(database)
  await makeRecords(database)
  const record = await readRecord(database, migration.name)
  const [changed] = changeOf(migration, record)
  if (changed !== undefined) throw new DaybreakError('STATE_CONFLICT', changed)
  if (record.state === 'applied') return record
  if (ofCopy(migration))
    await swap(database, migration, record.state === 'swapping' ? record : await copyRows(database, migration, record))
  else if (ofKeys(migration)) await remapKeys(database, migration, record)
  else {
    await addValues(database, planOf(migration, 'add_enum_values'))
    await writeRecord(database, migration, { ...record, state: 'applied' })
  }
  return await readRecord(database, migration.name)
}

/** Runs the checks of a migration over the tables as they are now. */
export async function verifyMigration(database: Database, migration: Migration): Promise<readonly Checked[]> {
  const record = await readRecord(database, migration.name)
  if (ofCopy(migration)) return await verifyTables(database, migration, record)
  const { statements, problems } = await outline(database, migration)
  if (ofKeys(migration)) {
    const problem = record.state === 'applied' ? null : (problems[0] ?? null)
    return [{ check: 'the map is total and one-to-one', problem }]
  }
  return [
    { check: 'all values are there', problem: statements.length === 0 ? null : `missing: ${statements.join('; ')}` },
  ]
}

/** Takes a migration back, then runs the statements of its undo.sql. @throws {DaybreakError} MIGRATION_FAILED, STATE_CONFLICT. */
export async function undoMigration(database: Database, migration: Migration): Promise<void> {
  await lock(database)
  const record = await readRecord(database, migration.name)
  if (record.state === 'new' || record.state === 'undone')
    throw new DaybreakError('STATE_CONFLICT', `${migration.name} is not applied; there is nothing to undo`)
  if (ofCopy(migration)) await undoCopy(database, migration, record)
  else if (ofKeys(migration)) {
    if (record.state !== 'applied') throw failure(`${migration.name} is in the state ${record.state}`)
    await remapKeys(database, migration, record, true)
  } else {
    await removeValues(database, planOf(migration, 'add_enum_values'))
    await writeRecord(database, migration, { ...record, state: 'undone' })
  }
  const own = statementsOf(migration.undoSql)
  if (own.length === 0) return
  await inTransaction(database, async () => {
    for (const statement of own) await database.session.run(statement)
  })
}

/** Statements of a file, each up to a `;` at the end of a line. */
function statementsOf(text: string): readonly string[] {
  const lines = text.split('\n').filter((line) => !line.trimStart().startsWith('--'))
  return lines
    .join('\n')
    .split(/;\s*(?:\n|$)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')
}

/** The record of a migration. */
export async function migrationState(database: Database, name: string): Promise<MigrationRecord> {
  return await readRecord(database, name)
}
