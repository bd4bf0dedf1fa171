import type { CopyTable } from '../config/migration-plan.ts'
import {
  type Database,
  expectColumn,
  expectTable,
  failure,
  placeOf,
  type TableShape,
  type Words,
  wordsFor,
} from './database.ts'

/** Both tables of a copy, and SQL about them. `s` is the old row, `t` the new one. */
export interface CopySql {
  readonly words: Words
  readonly from: TableShape
  readonly to: Pick<TableShape, 'schema' | 'name'>
  /** Columns that are copied. */
  readonly columns: readonly string[]
  readonly key: readonly string[]
  /** The old table with the maps of its columns. */
  readonly source: string
  /** A column of the new row, from the old one. */
  value(column: string): string
  /** True where the new row of an old one is right in a column. */
  isRight(column: string): string
  /** Labels of an enumeration of the new table; null for another type. */
  labels(column: string): readonly string[] | null
  /** Column that may have a suffix; null for none. */
  readonly suffixed: string | null
}

/** Pure over two tables: the SQL of a copy. @throws {DaybreakError} CONFIG_MISSING, CONFIG_INVALID, MIGRATION_FAILED. */
export async function copySql(
  database: Database,
  copy: CopyTable,
  names: { readonly from: string; readonly to: string },
): Promise<CopySql> {
  const words = wordsFor(database)
  const from = await expectTable(database, names.from)
  const made = await database.describe(names.to)
  const to = made ?? placeOf(names.to, from)
  if (from.primaryKey.length === 0)
    throw failure(`${names.from} has no primary key, by which a copy goes on after it was cut`)
  const known = made?.columns.map(({ name }) => name) ?? null
  const columns = from.columns
    .filter(({ name, isGenerated }) => !isGenerated && (known === null || known.includes(name)))
    .map(({ name }) => name)
  const maps = await Promise.all(
    Object.entries(copy.remap).map(async ([column, map], at) => {
      expectColumn(from, column)
      const via = await expectTable(database, map.via)
      expectColumn(via, map.old)
      expectColumn(via, map.new)
      return { column, map, alias: `m${at}`, table: words.table(via) }
    }),
  )
  const own = (name: string) => `s.${words.id(name)}`
  const value = (column: string): string => {
    const mapped = maps.find((each) => each.column === column)
    if (!mapped) return own(column)
    const { map, alias } = mapped
    const found = `${alias}.${words.id(map.new)}`
    return map.missing === 'keep'
      ? `CASE WHEN ${alias}.${words.id(map.old)} IS NULL THEN ${own(column)} ELSE ${found} END`
      : found
  }
  const { suffixOnConflict: suffix } = copy.to
  if (suffix) expectColumn(from, suffix.column)
  const text = (column: string, expression: string) => (isText(from, column) ? words.asText(expression) : expression)
  return {
    ...{ words, from, to, columns, key: from.primaryKey, value, suffixed: suffix?.column ?? null },
    source: [
      `${words.table(from)} s`,
      ...maps.map(
        ({ column, map, alias, table }) =>
          `LEFT JOIN ${table} ${alias} ON ${alias}.${words.id(map.old)} = ${own(column)}`,
      ),
    ].join(' '),
    labels: (column) => (made ?? from).columns.find(({ name }) => name === column)?.labels ?? null,
    isRight(column) {
      const [there, here] = [text(column, `t.${words.id(column)}`), text(column, value(column))]
      const isSame = `(${words.same(there, here)})`
      return column === suffix?.column
        ? `(${isSame} OR ${words.same(there, words.join(here, words.text(suffix.suffix)))})`
        : isSame
    },
  }
}

/** Types of PostgreSQL without an equality. */
function isText({ columns }: TableShape, name: string): boolean {
  return /^(json|xml|point|box|polygon|path|line|circle)\b/.test(
    columns.find((column) => column.name === name)?.native ?? '',
  )
}

/** Name of the old table after the swap. */
export function oldPlace({ schema, name }: Pick<TableShape, 'schema' | 'name'>, migration: string) {
  const [number = migration] = migration.split('-')
  return { schema, name: `${name.slice(0, 45)}_before_${number}` }
}
