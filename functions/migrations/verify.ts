import type { Check } from '../config/migration-plan.ts'
import type { CopySql } from './copy-sql.ts'
import { countOf, type Database, firstValue, some, type TableShape, type Words, wordsFor } from './database.ts'
import { referencesOf } from './references.ts'

/** The result of a check: null where it holds, else what is wrong. */
export interface Checked {
  readonly check: string
  readonly problem: string | null
}

/** Checks of a copy, each over both tables as they are now. */
export async function verifyCopy(
  database: Database,
  sql: CopySql,
  checks: readonly Check[],
): Promise<readonly Checked[]> {
  const found: Checked[] = []
  for (const check of checks) {
    if (check === 'same_rows') found.push({ check, problem: await sameRows(database, sql) })
    else if ('sameTotals' in check)
      for (const column of check.sameTotals)
        found.push({ check: `same_totals ${column}`, problem: await sameTotal(database, sql, column) })
    else if ('enumCovered' in check)
      found.push({
        check: `enum_covered ${check.enumCovered}`,
        problem: await enumCovered(database, sql, check.enumCovered),
      })
    else
      for (const column of check.foreignKeys)
        found.push({ check: `foreign_keys ${column}`, problem: await foreignKey(database, sql, column) })
  }
  return found
}

function joined({ source, words, to, key, value }: CopySql): string {
  const on = key.map((name) => `t.${words.id(name)} = ${value(name)}`).join(' AND ')
  return `${source} LEFT JOIN ${words.table(to)} t ON ${on}`
}

async function sameRows(database: Database, sql: CopySql): Promise<string | null> {
  const { words, key, columns, from, to, suffixed } = sql
  const absent = `t.${words.id(key[0] ?? '')} IS NULL`
  const wrong = columns.map((column) => `NOT ${sql.isRight(column)}`).join(' OR ')
  const keys = key.map((name) => `${words.asText(`s.${words.id(name)}`)} AS ${words.id(name)}`).join(', ')
  const rows = await database.session.query(`SELECT ${keys} FROM ${joined(sql)} WHERE ${absent} OR ${wrong} LIMIT 5`)
  if (rows.length > 0) return `rows of ${from.name} are not in ${to.name}, or not the same there; keys: ${some(rows)}`
  const count = (table: string) => countOf(database, `SELECT count(*) AS n FROM ${table}`)
  const [old, now] = [await count(words.table(from)), await count(words.table(to))]
  return suffixed === null && old !== now ? `${from.name} has ${old} rows, and ${to.name} has ${now}` : null
}

async function sameTotal(database: Database, sql: CopySql, column: string): Promise<string | null> {
  const { words, from, to } = sql
  const sum = (alias: string) => words.asText(`coalesce(sum(${alias}.${words.id(column)}), 0)`)
  const [row] = await database.session.query(`SELECT ${sum('s')} AS a, ${sum('t')} AS b FROM ${joined(sql)}`)
  return row?.['a'] === row?.['b']
    ? null
    : `the sum of ${column} is ${row?.['a']} in ${from.name}, and ${row?.['b']} in ${to.name}`
}

async function enumCovered(
  database: Database,
  { words, from, to, labels }: CopySql,
  column: string,
): Promise<string | null> {
  const name = words.id(column)
  const valuesIn = async (table: string) => {
    const sql = `SELECT DISTINCT ${words.asText(name)} AS v FROM ${table} WHERE ${name} IS NOT NULL`
    return (await database.session.query(sql)).map((row) => row['v'] ?? '')
  }
  // The tables may be locked by this session, so no other one is asked about them.
  const known = labels(column) ?? (await valuesIn(words.table(to)))
  const lost = (await valuesIn(words.table(from))).filter((value) => !known.includes(value))
  return lost.length === 0 ? null : `${to.name}.${column} has no ${lost.join(', ')}`
}

async function foreignKey(database: Database, { from, to }: CopySql, column: string): Promise<string | null> {
  const references = await referencesOf(database, from)
  const own = references.find(({ columns }) => columns.length === 1 && columns[0] === column)
  if (!own) return `${from.name}.${column} is no foreign key of one column`
  return await danglingKeys(database, { table: to, column, parent: own.parent, key: own.parentColumns[0] ?? '' })
}

/** A column that refers to another table. */
export interface Reference {
  readonly table: Pick<TableShape, 'schema' | 'name'>
  readonly column: string
  readonly parent: Pick<TableShape, 'schema' | 'name'>
  readonly key: string
}

/** Values of a column that are no key of the table it refers to; null where there are none. */
export async function danglingKeys(
  database: Database,
  { table, column, parent, key }: Reference,
): Promise<string | null> {
  const words: Words = wordsFor(database)
  const [own, other] = [`c.${words.id(column)}`, `p.${words.id(key)}`]
  const from = `${words.table(table)} c LEFT JOIN ${words.table(parent)} p ON ${other} = ${own} WHERE ${own} IS NOT NULL AND ${other} IS NULL`
  const count = await countOf(database, `SELECT count(*) AS n FROM ${from}`)
  if (count === 0) return null
  const first = await firstValue(database, `SELECT ${words.asText(own)} AS v FROM ${from} LIMIT 1`)
  return `${count} values of ${table.name}.${column} are no ${parent.name}.${key}, such as ${first}`
}
