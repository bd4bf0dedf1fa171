import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { renameTables, tablePaths } from './zetasql-paths.ts'
import { startZetasqlServer } from './zetasql-server.ts'
import { type Cell, TypeProto, toText, toType, toValue, typeName } from './zetasql-values.ts'

export { hasZetasql } from './zetasql-server.ts'

/** A table that statements may name, as `dataset.name` or with the project before it, in quotes or not. */
export interface SqlTable {
  /** `name`, `dataset.name` or `project.dataset.name`. */
  readonly name: string
  /** Types are BigQuery's: `STRING`, `INT64`, `NUMERIC`, `DATETIME`, ... */
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  /** For `evaluate`: values as text, in the order of the columns. */
  readonly rows?: readonly (readonly Cell[])[]
}

/** Kind of a statement, as the analyser found it. */
export interface Analysis {
  /** E.g. `query`, `insert`, `createTable`, `merge`. */
  readonly kind: string
  /** Of a query: what it gives. */
  readonly columns: readonly { readonly name: string; readonly type: string }[]
}

export interface Evaluation {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  /** Values as text; decimals without trailing zeros, instants as `2026-01-05 09:30:00+00`. */
  readonly rows: readonly (readonly (string | null)[])[]
}

export interface SqlOptions {
  /** Names and types of `@parameters`. */
  readonly parameters?: Readonly<Record<string, string>>
  /** Their values, for `evaluate`. */
  readonly values?: Readonly<Record<string, Cell>>
}

/** Problem of a statement, in Google's words, e.g. `Unrecognized name: amuont [at 1:8]`. */
export class SqlError extends Error {
  override readonly name = 'SqlError'
}

export interface Zetasql {
  /** Binds a statement to the tables. @throws {SqlError} when BigQuery would not take it. */
  analyze(sql: string, tables?: readonly SqlTable[], options?: SqlOptions): Promise<Analysis>
  /** Runs a query over the rows of the tables. @throws {SqlError} as BigQuery would. */
  evaluate(sql: string, tables?: readonly SqlTable[], options?: SqlOptions): Promise<Evaluation>
  close(): Promise<void>
}

const Column = z.object({ name: z.string().optional(), type: TypeProto })
const Language = z.looseObject({ enabledLanguageFeatures: z.array(z.string()) })
const Analyzed = z.object({ resolvedStatement: z.record(z.string(), z.unknown()) })
const QueryOutput = z.object({
  outputColumnList: z.array(z.object({ name: z.string(), column: z.object({ type: TypeProto }) })).default([]),
})
const Evaluated = z.object({
  content: z
    .object({
      tableData: z.object({ row: z.array(z.object({ cell: z.array(z.unknown()).default([]) })).default([]) }).nullish(),
    })
    .nullish(),
  prepared: z.object({ columns: z.array(Column).default([]) }),
})

/** Google's own judge of BigQuery SQL, in a process of its own: one per test file is enough. Close it. */
export async function openZetasql(): Promise<Zetasql> {
  const server = await startZetasqlServer()
  const language = bigqueryLanguage(Language.parse(await server.call('GetLanguageOptions', { maximumFeatures: true })))
  const ask = (method: string, request: object) => server.call(method, request).catch(throwSqlError)
  const paths = async (sql: string) => tablePaths(await ask('Parse', { sqlStatement: sql, options: language }))
  return {
    async analyze(sql, tables = [], { parameters = {} } = {}) {
      const request = {
        // In BigQuery `a.b.c` in one pair of quotes is called c.
        sqlStatement: renameTables(sql, await paths(sql), (names) =>
          names.some((name) => name.includes('.')) ? names.join('`.`') : null,
        ),
        options: optionsOf(language, parameters),
        simpleCatalog: catalogOf(language, tables),
      }
      const { resolvedStatement } = Analyzed.parse(await ask('Analyze', request))
      const [field = '', node] = Object.entries(resolvedStatement).find(([name]) => name !== 'node') ?? []
      const output = field === 'resolvedQueryStmtNode' ? QueryOutput.parse(node).outputColumnList : []
      return {
        kind:
          /^resolved(.*?)(StmtNode|StatementNode|Node)$/
            .exec(field)?.[1]
            ?.replace(/^./, (first) => first.toLowerCase()) ?? field,
        columns: output.map(({ name, column }) => ({ name, type: typeName(column.type) })),
      }
    },
    async evaluate(sql, tables = [], { parameters = {}, values = {} } = {}) {
      const params = Object.entries(values).map(([name, value]) => ({
        name,
        value: toValue(value, toType(parameters[name] ?? 'STRING')),
      }))
      const options = optionsOf(language, parameters)
      const request = {
        sql: renameTables(sql, await paths(sql), (names) => fullNameOf(names.join('.'), tables)),
        params,
        options,
        simpleCatalog: catalogOf(language, tables),
        tableContent: contentOf(tables),
      }
      const { content, prepared } = Evaluated.parse(await ask('EvaluateQuery', request))
      return {
        columns: prepared.columns.map(({ name = '', type }) => ({ name, type: typeName(type) })),
        rows: (content?.tableData?.row ?? []).map(({ cell }) =>
          prepared.columns.map(({ type }, at) => toText(cell[at] ?? {}, type)),
        ),
      }
    },
    close: () => server.close(),
  }
}

function throwSqlError(error: unknown): never {
  const { details } = z.object({ details: z.string() }).parse(error)
  throw new SqlError(details)
}

// What the evaluator knows and BigQuery does not.
const NOT_BIGQUERY = [
  'FEATURE_ENCRYPTION',
  'FEATURE_TIMESTAMP_NANOS',
  'FEATURE_SPANNER_LEGACY_DDL',
  'FEATURE_EXPERIMENTAL_MODULES',
  'FEATURE_V_1_4_SQL_MACROS',
  'FEATURE_PROTO_BASE',
  'FEATURE_ANONYMIZATION',
]
// Known to BigQuery, and off in what the server calls all features.
const ALSO_BIGQUERY = [
  'FEATURE_V_1_3_COLUMN_DEFAULT_VALUE',
  'FEATURE_INTERVAL_TYPE',
  'FEATURE_ALTER_COLUMN_SET_DATA_TYPE',
]

function bigqueryLanguage(everything: z.infer<typeof Language>): object {
  const features = everything.enabledLanguageFeatures.filter((name) => !NOT_BIGQUERY.includes(name))
  return {
    ...everything,
    productMode: 'PRODUCT_EXTERNAL',
    enabledLanguageFeatures: [...new Set([...features, ...ALSO_BIGQUERY])],
    supportedStatementKinds: statementKinds(),
    supportedGenericEntityTypes: [],
  }
}

function statementKinds(): readonly string[] {
  const protos = join(dirname(createRequire(import.meta.url).resolve('@fivetrandevelopers/zetasql')), 'zetasql/protos')
  const text = readFileSync(join(protos, 'zetasql/resolved_ast/resolved_node_kind.proto'), 'utf8')
  return [...new Set(text.match(/RESOLVED_[A-Z_]+_STMT/g))]
}

const OPTIONS = {
  description: 'STRING',
  friendly_name: 'STRING',
  location: 'STRING',
  partition_expiration_days: 'FLOAT64',
  require_partition_filter: 'BOOL',
  expiration_timestamp: 'TIMESTAMP',
  // Of EXPORT DATA.
  uri: 'STRING',
  format: 'STRING',
  compression: 'STRING',
  overwrite: 'BOOL',
}

function optionsOf(languageOptions: object, parameters: Readonly<Record<string, string>>): object {
  const known = Object.entries(OPTIONS).map(([name, type]) => ({ name, type: toType(type) }))
  return {
    languageOptions,
    defaultTimezone: 'UTC',
    errorMessageMode: 'ERROR_MESSAGE_ONE_LINE',
    queryParameters: Object.entries(parameters).map(([name, type]) => ({ name, type: toType(type) })),
    allowedHintsAndOptions: {
      disallowUnknownOptions: true,
      disallowDuplicateOptionNames: true,
      // Labels have a type without a name.
      option: [...known, { name: 'labels' }],
    },
  }
}

/** Each table under every name that a statement may call it by. */
function catalogOf(languageOptions: object, tables: readonly SqlTable[]): object {
  const root: CatalogProto = { name: 'root', table: [], catalog: [] }
  for (const table of tables) {
    for (const names of namesOf(table)) place(root, table, names)
  }
  return { ...root, builtinFunctionOptions: { languageOptions } }
}

interface CatalogProto {
  readonly name: string
  readonly table: object[]
  readonly catalog: CatalogProto[]
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
    catalog.table.push({ name: first, column })
    return
  }
  const found = catalog.catalog.find(({ name }) => name === first)
  const inner = found ?? { name: first, table: [], catalog: [] }
  if (!found) catalog.catalog.push(inner)
  place(inner, table, rest)
}

function contentOf(tables: readonly SqlTable[]): object {
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
function fullNameOf(path: string, tables: readonly SqlTable[]): string | null {
  const table = tables.find(({ name }) => name === path || (name.endsWith(`.${path}`) && path.includes('.')))
  return table?.name ?? null
}
