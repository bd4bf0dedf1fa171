import type { AddEnumValues } from '../config/migration-plan.ts'
import { DaybreakError } from '../errors.ts'
import { countOf, type Database, expectColumn, expectTable, failure, type Words, wordsFor } from './database.ts'

/** Statements of a change of an enumeration, and what is to be known of it. */
export interface EnumPlan {
  readonly statements: readonly string[]
  readonly notes: readonly string[]
}

/** The statements that are still needed: none where all values are there. */
export async function planEnumValues(database: Database, plan: AddEnumValues): Promise<EnumPlan> {
  const words = wordsFor(database)
  if (database.session.system === 'postgres') return await planType(database, plan, words)
  const { table, column, labels } = await enumOf(database, plan)
  const added = plan.values.filter((value) => !labels.includes(value))
  if (added.length === 0) return { statements: [], notes: [] }
  return { statements: [await modifySql(database, { table, column, labels: [...labels, ...added] })], notes: [] }
}

async function planType(database: Database, { type, values }: AddEnumValues, words: Words): Promise<EnumPlan> {
  if (type === undefined) throw new DaybreakError('CONFIG_INVALID', 'add_enum_values of PostgreSQL needs `type`')
  const [schema = '', name] = type.includes('.') ? type.split('.') : ['public', type]
  const labels = await database.session.query(
    `SELECT e.enumlabel AS label FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid JOIN pg_namespace n ON n.oid = t.typnamespace
     WHERE n.nspname = ${words.text(schema)} AND t.typname = ${words.text(name ?? '')} ORDER BY e.enumsortorder`,
  )
  if (labels.length === 0)
    throw new DaybreakError('CONFIG_MISSING', `${database.session.name} has no enumeration ${type}`)
  const known = labels.map(({ label }) => label)
  const quoted = words.table({ schema, name: name ?? '' })
  return {
    statements: values
      .filter((value) => !known.includes(value))
      .map((value) => `ALTER TYPE ${quoted} ADD VALUE IF NOT EXISTS ${words.text(value)}`),
    notes: ['PostgreSQL cannot take a value out of an enumeration again: this has no undo'],
  }
}

/** Adds the values. Safe to repeat. */
export async function addValues(database: Database, plan: AddEnumValues): Promise<void> {
  const { statements } = await planEnumValues(database, plan)
  for (const statement of statements) await database.session.run(statement)
}

/** Takes the values out again. @throws {DaybreakError} MIGRATION_FAILED where they cannot be, or where rows have them. */
export async function removeValues(database: Database, plan: AddEnumValues): Promise<void> {
  if (database.session.system === 'postgres')
    throw failure(`PostgreSQL cannot take a value out of ${plan.type}; make a new type with copy_table instead`)
  const words = wordsFor(database)
  const { table, column, labels } = await enumOf(database, plan)
  const list = plan.values.map((value) => words.text(value)).join(', ')
  const used = await countOf(
    database,
    `SELECT count(*) AS n FROM ${words.table(table)} WHERE ${words.id(column)} IN (${list})`,
  )
  if (used > 0)
    throw failure(
      `${used} rows of ${table.name} have one of ${plan.values.join(', ')} in ${column}; nothing was changed`,
    )
  const kept = labels.filter((label) => !plan.values.includes(label))
  if (kept.length < labels.length)
    await database.session.run(await modifySql(database, { table, column, labels: kept }))
}

interface Enum {
  readonly table: { readonly schema: string; readonly name: string }
  readonly column: string
  readonly labels: readonly string[]
}

async function enumOf(database: Database, { column: text }: AddEnumValues): Promise<Enum> {
  if (text === undefined)
    throw new DaybreakError('CONFIG_INVALID', 'add_enum_values of MySQL needs `column: table.column`')
  const at = text.lastIndexOf('.')
  const table = await expectTable(database, text.slice(0, at))
  const { name, native } = expectColumn(table, text.slice(at + 1))
  if (!/^enum\(/i.test(native ?? ''))
    throw new DaybreakError('CONFIG_INVALID', `${text} is ${native}; expected an enum`)
  const labels = [...(native ?? '').matchAll(/'((?:[^']|'')*)'/g)].map(([, label = '']) => label.replaceAll("''", "'"))
  return { table, column: name, labels }
}

/** The column with other labels, and all else as it is. */
async function modifySql(database: Database, { table, column, labels }: Enum): Promise<string> {
  const words = wordsFor(database)
  const [row] = await database.session.query(
    `SELECT IS_NULLABLE AS nullable, COLUMN_DEFAULT AS standard, CHARACTER_SET_NAME AS charset, COLLATION_NAME AS collation, COLUMN_COMMENT AS comment
     FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ${words.text(table.schema)} AND TABLE_NAME = ${words.text(table.name)} AND COLUMN_NAME = ${words.text(column)}`,
  )
  // MariaDB gives a default as SQL, MySQL as text.
  const standard = row?.['standard']
  const value =
    standard == null || standard === 'NULL' ? null : standard.startsWith("'") ? standard : words.text(standard)
  return [
    `ALTER TABLE ${words.table(table)} MODIFY ${words.id(column)} ENUM(${labels.map((label) => words.text(label)).join(', ')})`,
    `CHARACTER SET ${row?.['charset']} COLLATE ${row?.['collation']}`,
    row?.['nullable'] === 'NO' ? 'NOT NULL' : 'NULL',
    ...(value === null ? [] : [`DEFAULT ${value}`]),
    ...(row?.['comment'] ? [`COMMENT ${words.text(row['comment'])}`] : []),
  ].join(' ')
}
