import type { CopyTable, Migration } from '../config/migration-plan.ts'
import { type CopySql, copySql, oldPlace } from './copy-sql.ts'
import {
  countOf,
  type Database,
  expectTable,
  failure,
  inTransaction,
  nameOf,
  regclass,
  some,
  type TableShape,
} from './database.ts'
import { type MigrationRecord, writeRecord } from './record.ts'
import { referencesOf, referencesTo } from './references.ts'

type Place = Pick<TableShape, 'schema' | 'name'>
type CopyMigration = Migration & { readonly plan: CopyTable }

/** Statements of a copy, and reasons against it. */
export interface CopyPlan {
  readonly statements: readonly string[]
  readonly notes: readonly string[]
  readonly problems: readonly string[]
}

/** Looks at both tables and changes nothing. */
export async function planCopy(database: Database, { name, plan }: CopyMigration): Promise<CopyPlan> {
  const sql = await copySql(database, plan, { from: plan.from, to: plan.to.table })
  const { words, from, to } = sql
  const isNew = (await database.describe(nameOf(to))) === null
  const rows = await countOf(database, `SELECT count(*) AS n FROM ${words.table(from)}`)
  const old = oldPlace(from, name)
  return {
    statements: [
      ...(isNew ? [createSql(database, sql)] : []),
      `-- ${rows} rows in batches of ${plan.batch}`,
      insertSql(sql, '...'),
      ...(plan.swap === 'rename'
        ? [`-- in one step: ${from.name} becomes ${old.name}, and ${to.name} becomes ${from.name}`]
        : []),
    ],
    notes: [
      ...(isNew ? ['rights and triggers are not copied'] : []),
      ...(await suffixNotes(database, sql, plan)),
      'rows that change while they are copied are found by the checks: switch writes off before the last `daybreak migrate apply`',
    ],
    problems: [
      ...(await lostValues(database, sql, plan)),
      ...(plan.swap === 'rename' ? await swapProblems(database, from) : []),
    ],
  }
}

/** Values that a map lacks where that is not allowed. */
async function lostValues(
  database: Database,
  { words, from }: CopySql,
  { remap }: CopyTable,
): Promise<readonly string[]> {
  const problems: string[] = []
  for (const [column, { via, old, missing }] of Object.entries(remap)) {
    if (missing !== 'reject') continue
    const map = await expectTable(database, via)
    const own = `s.${words.id(column)}`
    const lost = `FROM ${words.table(from)} s LEFT JOIN ${words.table(map)} m ON m.${words.id(old)} = ${own} WHERE ${own} IS NOT NULL AND m.${words.id(old)} IS NULL`
    const count = await countOf(database, `SELECT count(*) AS n ${lost}`)
    const few = await database.session.query(`SELECT DISTINCT ${words.asText(own)} AS v ${lost} LIMIT 5`)
    if (count > 0)
      problems.push(
        `${via} has no ${old} for ${count} rows of ${column}: ${some(few)}; expected all of them, or \`missing: keep\` or \`null\``,
      )
  }
  return problems
}

async function suffixNotes(
  database: Database,
  { words, from, to }: CopySql,
  { to: { suffixOnConflict: suffix } }: CopyTable,
) {
  if (!suffix || (await database.describe(nameOf(to))) === null) return []
  const column = words.id(suffix.column)
  const same = `SELECT count(*) AS n FROM ${words.table(from)} s JOIN ${words.table(to)} t ON t.${column} = s.${column}`
  return [
    `${await countOf(database, same)} values of ${suffix.column} are there already, and get the suffix ${suffix.suffix}`,
  ]
}

/** Objects that would go on to refer to the old table under its new name. */
async function swapProblems(database: Database, from: Place): Promise<readonly string[]> {
  if (database.session.system === 'mysql') {
    const keys = await referencesTo(database, from)
    return keys.map(
      ({ child, name }) =>
        `the foreign key ${name} of ${child.name} would follow the old table; drop it first, and add it again after the swap`,
    )
  }
  const views = await database.session.query(
    `SELECT DISTINCT v.relname AS view FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid JOIN pg_class v ON v.oid = r.ev_class
     WHERE d.refclassid = 'pg_class'::regclass AND d.classid = 'pg_rewrite'::regclass AND d.refobjid = ${regclass(from)} AND v.oid <> d.refobjid`,
  )
  return views.map(
    ({ view }) => `the view ${view} would go on to read the old table; drop it first, and make it again after the swap`,
  )
}

/** Makes the new table and copies the rows that are not copied yet, each batch with its place in one transaction. */
export async function copyRows(
  database: Database,
  migration: CopyMigration,
  record: MigrationRecord,
): Promise<MigrationRecord> {
  const { plan } = migration
  const sql = await copySql(database, plan, { from: plan.from, to: plan.to.table })
  const { problems } = await planCopy(database, migration)
  const [problem] = problems
  if (problem !== undefined) throw failure(problem)
  let now: MigrationRecord = record
  if (record.state === 'new' || record.state === 'undone') {
    if ((await database.describe(nameOf(sql.to))) === null) await makeTable(database, sql)
    now = { ...record, state: 'copying', position: null, rows: 0 }
    await writeRecord(database, migration, now)
  }
  for (;;) {
    const upper = await upperKey(database, sql, { after: now.position, batch: plan.batch })
    if (upper === null) break
    now = await inTransaction(database, () => copyBatch(database, migration, { sql, record: now, upper }))
  }
  const copied: MigrationRecord = { ...now, state: 'copied' }
  await writeRecord(database, migration, copied)
  return copied
}

interface Batch {
  readonly sql: CopySql
  readonly record: MigrationRecord
  readonly upper: readonly string[]
}

async function copyBatch(
  database: Database,
  migration: CopyMigration,
  { sql, record, upper }: Batch,
): Promise<MigrationRecord> {
  const { words, from } = sql
  const range = `${after(sql, record.position)} AND ${tuple(sql)} <= ${literal(sql, upper)}`
  const rows = await countOf(database, `SELECT count(*) AS n FROM ${words.table(from)} s WHERE ${range}`)
  await database.session.run(insertSql(sql, range, migration.plan.to.suffixOnConflict?.suffix))
  const next: MigrationRecord = { ...record, state: 'copying', position: upper, rows: record.rows + rows }
  await writeRecord(database, migration, next)
  return next
}

const tuple = ({ key, words }: CopySql): string => `(${key.map((name) => `s.${words.id(name)}`).join(', ')})`

function after(sql: CopySql, position: readonly string[] | null): string {
  return position === null ? '1 = 1' : `${tuple(sql)} > ${literal(sql, position)}`
}

/** Values of a key. A number in quotes would be compared as a double by MySQL. */
function literal({ key, from, words }: CopySql, values: readonly string[]): string {
  const isNumber = (name: string) => /int|numeric/.test(from.columns.find((column) => column.name === name)?.type ?? '')
  const all = key.map((name, at) => {
    const value = values[at] ?? ''
    return isNumber(name) && /^-?\d+(\.\d+)?$/.test(value) ? value : words.text(value)
  })
  return `(${all.join(', ')})`
}

async function upperKey(
  database: Database,
  sql: CopySql,
  { after: position, batch }: { readonly after: readonly string[] | null; readonly batch: number },
): Promise<readonly string[] | null> {
  const { words, from, key } = sql
  const names = key.map((name) => words.id(name))
  const inner = `SELECT ${names.map((name) => `s.${name}`).join(', ')} FROM ${words.table(from)} s WHERE ${after(sql, position)} ORDER BY ${names.join(', ')} LIMIT ${batch}`
  const order = names.map((name) => `x.${name} DESC`).join(', ')
  const [row] = await database.session.query(
    `SELECT ${names.map((name, at) => `${words.asText(`x.${name}`)} AS k${at}`).join(', ')} FROM (${inner}) x ORDER BY ${order} LIMIT 1`,
  )
  return row === undefined ? null : key.map((_, at) => row[`k${at}`] ?? '')
}

function insertSql(sql: CopySql, range: string, suffix?: string): string {
  const { words, to, columns, source, suffixed } = sql
  const values = columns.map((column) => {
    const value = sql.value(column)
    if (column !== suffixed) return value
    const taken = `EXISTS (SELECT 1 FROM ${words.table(to)} t WHERE t.${words.id(column)} = ${value})`
    return `CASE WHEN ${taken} THEN ${words.join(value, words.text(suffix ?? ''))} ELSE ${value} END`
  })
  const list = columns.map((column) => words.id(column)).join(', ')
  // Columns that PostgreSQL numbers itself get the numbers that are there.
  const override = words.id('x') === '"x"' ? ' OVERRIDING SYSTEM VALUE' : ''
  return `INSERT INTO ${words.table(to)} (${list})${override} SELECT ${values.join(', ')} FROM ${source} WHERE ${range}`
}

function createSql({ session }: Database, { words, from, to }: CopySql): string {
  return session.system === 'mysql'
    ? `CREATE TABLE ${words.table(to)} LIKE ${words.table(from)}`
    : `CREATE TABLE ${words.table(to)} (LIKE ${words.table(from)} INCLUDING ALL)`
}

/** The new table like the old one, with its foreign keys, which `LIKE` leaves out. */
async function makeTable(database: Database, sql: CopySql): Promise<void> {
  const { words, from, to } = sql
  const keys = await referencesOf(database, from)
  const statements = [
    createSql(database, sql),
    ...keys.map(
      ({ name, definition }) =>
        `ALTER TABLE ${words.table(to)} ADD CONSTRAINT ${words.id(`${name}_new`.slice(-60))} ${definition}`,
    ),
  ]
  const make = async () => {
    for (const statement of statements) await database.session.run(statement)
  }
  // MySQL commits at each of them.
  await (database.session.system === 'mysql' ? make() : inTransaction(database, make))
}
