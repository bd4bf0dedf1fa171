import { CompiledQuery, type RawBuilder, sql } from 'kysely'
import { checkWords } from './check-words.ts'
import type { Database } from './schema.ts'

/** Writes whole rows, each by one statement that was compiled once: building it anew costs three times as much as running it. */
export interface Writer {
  /** For queries that are not about one whole row. */
  readonly db: Database
  /** Adds a row unless its key is taken; answers how many rows were written. */
  insert(table: string, row: object): Promise<bigint>
  /** Adds a row, or replaces the one of the same key. */
  replace(table: string, row: object, key: readonly string[]): Promise<void>
  /** The same for some rows of different keys at once. */
  replaceAll(table: string, rows: readonly object[], key: readonly string[]): Promise<void>
  /** Replaces the row of this key if it still has this version; answers how many rows were written. */
  update(table: string, row: object, expected: { readonly key: object; readonly version: number }): Promise<bigint>
  /** Runs any other statement; answers how many rows it changed. */
  run(statement: Statement): Promise<bigint>
}

/** Makes writers for transactions of one database; they share the texts of their statements. */
export function createWriters(): (transaction: Database) => Writer {
  const texts = new Map<string, string>()
  return (db) => {
    const run = async ({ name, build, parameters }: Statement) => {
      const text = texts.get(name) ?? build().compile(db).sql
      texts.set(name, text)
      return (await db.executeQuery(CompiledQuery.raw(text, parameters))).numAffectedRows ?? 0n
    }
    return {
      db,
      run,
      insert: async (table, row) => {
        checkWords(table, row)
        const build = () => insertSql(table, row)
        return await run({ name: `insert ${table}`, build, parameters: Object.values(row) })
      },
      replace: async (table, row, key) => {
        checkWords(table, row)
        const build = () => replaceSql(table, row, key)
        await run({ name: `replace ${table}`, build, parameters: Object.values(row) })
      },
      replaceAll: async (table, rows, key) => {
        const [first] = rows
        if (!first) return
        for (const row of rows) checkWords(table, row)
        const build = () => replaceSql(table, first, key, rows.length)
        const parameters = rows.flatMap((row) => Object.values(row))
        await run({ name: `replace ${rows.length} ${table}`, build, parameters })
      },
      update: async (table, row, { key, version }) => {
        checkWords(table, row)
        // Columns of the key stay out of SET, or SQLite would write their index anew.
        const changes = Object.fromEntries(Object.entries(row).filter(([column]) => !(column in key)))
        const where = { ...key, version }
        const build = () => updateSql(table, changes, where)
        return await run({
          name: `update ${table}`,
          build,
          parameters: [...Object.values(changes), ...Object.values(where)],
        })
      },
    }
  }
}

/** The place of a parameter in a statement. */
export const value = sql`${null}`

/** Prepared statement with the parameters of several rows. */
interface Statement {
  /** One text per name: every row of a table has the same columns in the same order. */
  readonly name: string
  /** The statement, with `value` where the parameters go. */
  readonly build: () => RawBuilder<unknown>
  readonly parameters: unknown[]
}

function insertSql(table: string, row: object): RawBuilder<unknown> {
  return sql`${into(table, row)} on conflict do nothing`
}

function replaceSql(table: string, row: object, key: readonly string[], rows = 1): RawBuilder<unknown> {
  const others = Object.keys(row).filter((column) => !key.includes(column))
  const changes = others.map((column) => sql`${sql.ref(column)} = ${sql.ref(`excluded.${column}`)}`)
  return sql`${into(table, row, rows)} on conflict (${names(key)}) do update set ${sql.join(changes)}`
}

function updateSql(table: string, changes: object, where: object): RawBuilder<unknown> {
  return sql`update ${sql.table(table)} set ${equal(changes, sql`, `)} where ${equal(where, sql` and `)}`
}

function into(table: string, row: object, rows = 1): RawBuilder<unknown> {
  const columns = Object.keys(row)
  const values = sql`(${sql.join(columns.map(() => sql`${value}`))})`
  return sql`insert into ${sql.table(table)} (${names(columns)}) values ${sql.join(Array.from({ length: rows }, () => values))}`
}

function equal(columns: object, separator: RawBuilder<unknown>): RawBuilder<unknown> {
  const pairs = Object.keys(columns).map((column) => sql`${sql.ref(column)} = ${value}`)
  return sql.join(pairs, separator)
}

function names(columns: readonly string[]): RawBuilder<unknown> {
  return sql.join(columns.map((column) => sql.ref(column)))
}
