import type { Alteration } from './alter.ts'
import type { Relation, TableName } from './relation.ts'

/** How one system declares tables. Each has a folder in `dialects/`. Every statement ends with a semicolon. */
export interface DdlDialect {
  /** As `--dialect` takes it. */
  readonly name: string
  /** Word for the first of three levels of a name there; null where names have two. */
  readonly catalog: string | null
  /** Statements that make the schema and enter it, where the system has such a statement. */
  readonly createSchema: (schema: Omit<TableName, 'name'>) => readonly string[]
  /** Statements that make a table unless it exists. Tables that its foreign keys name must exist. */
  readonly createTable: (relation: Relation) => readonly string[]
  readonly dropTable: (table: TableName) => readonly string[]
  /** Statements that turn a table into its successor. The rows stay; a line of comment says what they may fail on. */
  readonly alterTable: (alteration: Alteration) => readonly string[]
}

/** Script over several tables. */
interface Script {
  readonly dialect: DdlDialect
  /** A table comes after those that its foreign keys name. */
  readonly relations: readonly Relation[]
  /** True for a script that drops the tables before it makes them. */
  readonly drop: boolean
}

/** The statements that make tables in an empty database, or make them again. */
export function ddlScript({ dialect, relations, drop }: Script): string {
  const [first] = relations
  if (!first) return ''
  const blocks = [
    dialect.createSchema(first),
    ...(drop ? [relations.toReversed().flatMap(dialect.dropTable)] : []),
    ...relations.map(dialect.createTable),
  ]
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`
}
