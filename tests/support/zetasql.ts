import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { catalogOf, contentOf, fullNameOf, type SqlTable } from '../../functions/adapters/zetasql/catalog.ts'
import { findZetasql, startZetasqlServer } from '../../functions/adapters/zetasql/client.ts'
import { bigqueryLanguage, optionsOf as languageAnd } from '../../functions/adapters/zetasql/language.ts'
import { renameTables, tablePaths } from '../../functions/adapters/zetasql/paths.ts'
import { type Cell, TypeProto, toText, toType, toValue, typeName } from '../../functions/adapters/zetasql/values.ts'

export type { SqlTable }

const FOLDER = findZetasql([process.cwd()])

/** True if the package has a server for this machine. */
export const hasZetasql = FOLDER !== null

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
  const server = await startZetasqlServer([process.cwd()])
  const language = await bigqueryLanguage(server, statementKinds())
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

function statementKinds(): readonly string[] {
  const text = readFileSync(join(FOLDER ?? '', 'protos/zetasql/resolved_ast/resolved_node_kind.proto'), 'utf8')
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
    ...languageAnd(languageOptions, parameters),
    allowedHintsAndOptions: {
      disallowUnknownOptions: true,
      disallowDuplicateOptionNames: true,
      // Labels have a type without a name.
      option: [...known, { name: 'labels' }],
    },
  }
}
