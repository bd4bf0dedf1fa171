import { type Cell, toType, toValue } from './values.ts'

/** A table that statements may name, as `dataset.name` or with the project before it, in quotes or not. */
export interface SqlTable {
  /** `name`, `dataset.name` or `project.dataset.name`. */
  readonly name: string
  /** Types are BigQuery's: `STRING`, `INT64`, `NUMERIC`, `DATETIME`, ... */
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  /** For `evaluate`: values as text, in the order of the columns. */
  readonly rows?: readonly (readonly Cell[])[]
}

interface CatalogProto {
  readonly name: string
  readonly table: object[]
  readonly catalog: CatalogProto[]
}

/** Each table under every name that a statement may call it by. */
export function catalogOf(languageOptions: object, tables: readonly SqlTable[]): object {
  const root: CatalogProto = { name: 'root', table: [], catalog: [] }
  for (const table of tables) {
    for (const names of namesOf(table)) place(root, table, names)
  }
  return { ...root, builtinFunctionOptions: { languageOptions } }
}

/** `a.b.c` may be called b.c and a.b.c, with quotes around any of the parts. */
function namesOf({ name }: SqlTable): readonly (readonly string[])[] {
  const [last = '', dataset, project] = name.split('.').toReversed()
  if (dataset === undefined) return [[last]]
  const within = [[dataset, last], [`${dataset}.${last}`]]
  if (project === undefined) return within
  return [...within, ...within.map((names) => [project, ...names]), [`${project}.${dataset}`, last], [name]]
}

function place(catalog: CatalogProto, table: SqlTable, [first = '', ...rest]: readonly string[]): void {
  if (rest.length === 0) {
    const column = table.columns.map(({ name, type }) => ({ name, type: toType(type) }))
    catalog.table.push({ name: first, fullName: table.name, column })
    return
  }
  const found = catalog.catalog.find(({ name }) => name === first)
  const inner = found ?? { name: first, table: [], catalog: [] }
  if (!found) catalog.catalog.push(inner)
  place(inner, table, rest)
}

/** Rows of the tables as the evaluator takes them. */
export function contentOf(tables: readonly SqlTable[]): object {
  return Object.fromEntries(
    tables.map((table) => {
      const types = table.columns.map(({ type }) => toType(type))
      const row = (table.rows ?? []).map((cells) => ({
        cell: types.map((type, at) => toValue(cells[at] ?? null, type)),
      }))
      return [table.name, { tableData: { row } }]
    }),
  )
}

/** The one name that the evaluator finds rows by. */
export function fullNameOf(path: string, tables: readonly SqlTable[]): string | null {
  const table = tables.find(({ name }) => name === path || (name.endsWith(`.${path}`) && path.includes('.')))
  return table?.name ?? null
}
