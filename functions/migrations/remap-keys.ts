import type { Migration, RemapKeys } from '../config/migration-plan.ts'
import {
  countOf,
  type Database,
  expectColumn,
  expectTable,
  failure,
  inTransaction,
  type TableShape,
  type Words,
  wordsFor,
} from './database.ts'
import { type MigrationRecord, type MigrationState, writeRecord } from './record.ts'
import { type ForeignKey, referencesTo } from './references.ts'
import { danglingKeys } from './verify.ts'

type RemapMigration = Migration & { readonly plan: RemapKeys }

interface Remapping {
  readonly words: Words
  readonly table: TableShape
  readonly via: TableShape
  /** Columns of the map: from the present key to the next one. */
  readonly old: string
  readonly next: string
  readonly keys: readonly ForeignKey[]
  readonly columns: readonly { readonly table: Pick<TableShape, 'schema' | 'name'>; readonly column: string }[]
}

async function remappingOf(database: Database, plan: RemapKeys, isBack: boolean): Promise<Remapping> {
  const words = wordsFor(database)
  const [table, via] = [await expectTable(database, plan.table), await expectTable(database, plan.via.table)]
  expectColumn(table, plan.key)
  for (const name of [plan.via.old, plan.via.new]) expectColumn(via, name)
  const keys = (await referencesTo(database, table)).filter(({ parentColumns }) => parentColumns.includes(plan.key))
  const wide = keys.find(({ columns }) => columns.length > 1)
  if (wide) throw failure(`the foreign key ${wide.name} of ${wide.child.name} has several columns; expected one`)
  const said = await Promise.all(
    plan.references.map(async ({ table: name, column }) => {
      const found = await expectTable(database, name)
      expectColumn(found, column)
      return { table: { schema: found.schema, name: found.name }, column }
    }),
  )
  const found = keys.map(({ child, columns }) => ({ table: child, column: columns[0] ?? '' }))
  const all = new Map(
    [...found, ...said].map((each) => [`${each.table.schema}.${each.table.name}.${each.column}`, each]),
  )
  const [old, next] = isBack ? [plan.via.new, plan.via.old] : [plan.via.old, plan.via.new]
  return { words, table, via, old, next, keys, columns: [...all.values()] }
}

/** Reasons for which the map is not total and one-to-one. */
async function mapProblems(
  database: Database,
  plan: RemapKeys,
  { words, table, via, old, next }: Remapping,
): Promise<readonly string[]> {
  const [map, o, n, k] = [words.table(via), words.id(old), words.id(next), words.id(plan.key)]
  const count = (sql: string) => countOf(database, `SELECT count(*) AS n FROM ${sql}`)
  const lost = await count(`${words.table(table)} s LEFT JOIN ${map} m ON m.${o} = s.${k} WHERE m.${o} IS NULL`)
  const nulls = await count(`${map} WHERE ${o} IS NULL OR ${n} IS NULL`)
  const twice = (column: string) => count(`(SELECT ${column} FROM ${map} GROUP BY ${column} HAVING count(*) > 1) x`)
  const [oldTwice, newTwice] = [await twice(o), await twice(n)]
  return [
    ...(lost > 0 ? [`the map is not total: ${via.name} has no ${old} for ${lost} rows of ${table.name}`] : []),
    ...(nulls > 0 ? [`${nulls} rows of ${via.name} have no ${old} or no ${next}`] : []),
    ...(oldTwice > 0
      ? [`the map is not one-to-one: ${oldTwice} values of ${old} are in ${via.name} more than once`]
      : []),
    ...(newTwice > 0
      ? [`the map is not one-to-one: ${newTwice} values of ${next} are in ${via.name} more than once`]
      : []),
  ]
}

/** Proves the map, and says what would run. Changes nothing. */
export async function planRemap(database: Database, { plan }: RemapMigration) {
  const remapping = await remappingOf(database, plan, false)
  return {
    statements: [...keyStatements(plan, remapping), ...remapping.columns.map((each) => referenceSql(remapping, each))],
    notes: [
      `${remapping.keys.length} foreign keys are dropped and made again in the same transaction, which looks at all of their rows`,
    ],
    problems: await mapProblems(database, plan, remapping),
  }
}

/** Gives keys and references their new values, all in one transaction, or takes that back. */
export async function remapKeys(
  database: Database,
  migration: RemapMigration,
  record: MigrationRecord,
  isBack = false,
): Promise<void> {
  const { plan } = migration
  const remapping = await remappingOf(database, plan, isBack)
  const state: MigrationState = isBack ? 'undone' : 'applied'
  const [problem] = await mapProblems(database, plan, remapping)
  if (problem !== undefined) throw failure(problem)
  const { session } = database
  const isMysql = session.system === 'mysql'
  // MySQL commits at ALTER TABLE, so its foreign keys stay, and their rows are looked at before the end.
  if (isMysql) await session.run('SET foreign_key_checks = 0')
  try {
    await inTransaction(database, async () => {
      const { words, keys } = remapping
      if (!isMysql)
        for (const key of keys)
          await session.run(`ALTER TABLE ${words.table(key.child)} DROP CONSTRAINT ${words.id(key.name)}`)
      // A reference is mapped by the values that it has: a table that refers to itself takes two passes.
      for (const each of remapping.columns) await session.run(referenceSql(remapping, each))
      for (const statement of keyStatements(plan, remapping)) await session.run(statement)
      if (!isMysql)
        for (const key of keys)
          await session.run(
            `ALTER TABLE ${words.table(key.child)} ADD CONSTRAINT ${words.id(key.name)} ${key.definition}`,
          )
      for (const { table, column } of remapping.columns) {
        const wrong = await danglingKeys(database, { table, column, parent: remapping.table, key: plan.key })
        if (wrong !== null) throw failure(wrong)
      }
      await writeRecord(database, migration, { ...record, state })
    })
  } finally {
    if (isMysql) await session.run('SET foreign_key_checks = 1')
  }
}

function referenceSql({ words, via, old, next }: Remapping, { table, column }: Remapping['columns'][number]): string {
  const own = words.id(column)
  const found = `(SELECT m.${words.id(next)} FROM ${words.table(via)} m WHERE m.${words.id(old)} = ${words.table(table)}.${own})`
  return `UPDATE ${words.table(table)} SET ${own} = ${found} WHERE ${own} IS NOT NULL`
}

/** The key takes two passes, since a new key may be the old one of another row: first to values that no row has. */
function keyStatements({ key }: RemapKeys, { words, table, via, old, next }: Remapping): readonly string[] {
  const own = words.id(key)
  const [o, n, map, rows] = [words.id(old), words.id(next), words.table(via), words.table(table)]
  const type = table.columns.find(({ name }) => name === key)?.type ?? ''
  if (/int|numeric/.test(type)) {
    // Above all keys of now and of then.
    const away = `(SELECT x.d FROM (SELECT greatest(max(m.${o}), max(m.${n})) - least(min(m.${o}), min(m.${n})) + 1 AS d FROM ${map} m) x)`
    return [
      `UPDATE ${rows} SET ${own} = (SELECT m.${n} FROM ${map} m WHERE m.${o} = ${rows}.${own}) + ${away}`,
      `UPDATE ${rows} SET ${own} = ${own} - ${away}`,
    ]
  }
  const mark = words.text('\u007F')
  if (type === 'uuid')
    return [`UPDATE ${rows} SET ${own} = (SELECT m.${n} FROM ${map} m WHERE m.${o} = ${rows}.${own})`]
  return [
    `UPDATE ${rows} SET ${own} = (SELECT ${words.join(mark, `m.${n}`)} FROM ${map} m WHERE m.${o} = ${rows}.${own})`,
    `UPDATE ${rows} SET ${own} = substr(${own}, 2)`,
  ]
}
