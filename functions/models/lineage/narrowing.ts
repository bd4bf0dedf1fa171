import type { ColumnType } from '../../contract/contract.ts'
import { addDays } from '../../lib/business-date.ts'
import type { Dialect } from '../../sql/dialect.ts'
import type { CompiledModel } from '../compiled.ts'

/** Conditions on the rows of a table: values of columns, and a range of dates. */
export interface Narrowing {
  readonly values: ReadonlyMap<string, readonly string[]>
  readonly dates: { readonly column: string; readonly from: string; readonly to: string } | null
}

// More values say little more than their column, and make a long query.
const MOST_VALUES = 1_000

/** Types whose values are compared as text that SQL takes back unchanged. */
const EXACT: readonly ColumnType[] = ['string', 'int64', 'date']

/** Columns of the rows of a model that say which rows of a table they are made of. */
export function linkColumns(
  model: CompiledModel,
  table: string,
): readonly { readonly own: string; readonly other: string }[] {
  const types = new Map(model.columns.map(({ name, type }) => [name, type]))
  return Object.entries(model.lineage.links ?? {}).flatMap(([own, links]) => {
    const type = types.get(own)
    if (type === undefined || !EXACT.includes(type)) return []
    return links.filter((link) => link.table === table).map(({ column }) => ({ own, other: column }))
  })
}

/** Pure: what is known of the rows of a table that rows of a model are made of. Values are by column of the model. */
export function narrowed(
  model: CompiledModel,
  table: string,
  values: ReadonlyMap<string, readonly (string | null)[]>,
): Narrowing {
  const known = linkColumns(model, table).flatMap(({ own, other }) => {
    const found = values.get(own) ?? []
    // An empty value is not equal to any: rows of an outer join that found no partner.
    const texts = found.filter((value) => value !== null)
    return texts.length === found.length && texts.length > 0 && texts.length <= MOST_VALUES
      ? [[other, texts] as const]
      : []
  })
  return { values: new Map(known), dates: datesRead(model, table, values) }
}

function datesRead(model: CompiledModel, table: string, values: ReadonlyMap<string, readonly (string | null)[]>) {
  const built = (values.get(model.partitionBy ?? '') ?? []).filter((value) => value !== null).toSorted()
  const [first, last] = [built[0], built.at(-1)]
  const own = model.references.filter((reference) => reference.table === table)
  const ranges = own.flatMap((reference) => (reference.isPartitioned ? [reference] : []))
  const [range] = ranges
  if (first === undefined || last === undefined || range === undefined || ranges.length < own.length) return null
  const from = addDays(first, Math.min(...ranges.map(({ dates }) => dates.from)))
  const to = addDays(last, Math.max(...ranges.map(({ dates }) => dates.to)))
  return { column: range.dateColumn, from, to }
}

/** A table, columns of it, and what is known of the rows. */
interface RowsAsked {
  readonly table: string
  readonly columns: readonly string[]
  readonly narrowing: Narrowing
  readonly typeOf: (column: string) => ColumnType | null
  readonly limit: number
}

/** Pure: the query for some columns of those rows. */
export function rowsSql(
  { table, columns, narrowing, typeOf, limit }: RowsAsked,
  { identifier: id, literal }: Pick<Dialect, 'identifier' | 'literal'>,
): string {
  const [schema = '', name = ''] = table.split('.')
  const { values, dates } = narrowing
  const written = (column: string, value: string) => {
    const type = typeOf(column)
    if (type === 'date') return `DATE ${literal(value)}`
    return type === 'int64' && /^-?\d+$/.test(value) ? value : literal(value)
  }
  const conditions = [
    ...(dates === null
      ? []
      : [`${id(dates.column)} BETWEEN DATE ${literal(dates.from)} AND DATE ${literal(dates.to)}`]),
    ...[...values].map(
      ([column, own]) => `${id(column)} IN (${own.map((value) => written(column, value)).join(', ')})`,
    ),
  ]
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`
  const list = columns.map(id).join(', ')
  return `SELECT DISTINCT ${list} FROM ${id(schema)}.${id(name)}${where} ORDER BY ${list} LIMIT ${limit}`
}
