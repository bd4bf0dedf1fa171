import { DuckDBInstance } from '@duckdb/node-api'
import type { DdlDialect } from '../../functions/sql/ddl.ts'
import { DUCKDB_DDL } from '../../functions/sql/dialects/duckdb/ddl.ts'
import { MYSQL_DDL } from '../../functions/sql/dialects/mysql/ddl.ts'
import { POSTGRES_DDL } from '../../functions/sql/dialects/postgres/ddl.ts'
import { hasMariadb, startMariadb } from './mariadb.ts'
import { hasPostgres, startPostgres } from './postgres.ts'

/** A table as the catalog of a database has it. Types are in the words of that catalog. */
export interface CatalogTable {
  readonly columns: readonly {
    readonly name: string
    readonly type: string
    readonly isRequired: boolean
    readonly comment: string
  }[]
  readonly comment: string
  readonly primaryKey: readonly string[]
  readonly unique: readonly string[]
  /** `columns -> table(columns)`. */
  readonly foreignKeys: readonly string[]
  /** Columns of each CHECK. */
  readonly checks: readonly string[]
}

/** A database that runs the statements of its dialect. */
export interface DdlEngine {
  /** @throws when the database refuses. */
  run(script: string): Promise<void>
  /** Rows of a query, each value as text; NULL is `null`. */
  rows(sql: string): Promise<readonly (readonly string[])[]>
  catalog(schema: string, table: string): Promise<CatalogTable>
  close(): Promise<void>
}

interface DdlEngineKind {
  readonly dialect: DdlDialect
  readonly isPresent: boolean
  start(): Promise<DdlEngine>
}

/** The databases that can be had on a machine. A test says `skipped: not present` for the others. */
export const DDL_ENGINES: readonly DdlEngineKind[] = [
  { dialect: DUCKDB_DDL, isPresent: true, start: startDuckdb },
  { dialect: POSTGRES_DDL, isPresent: hasPostgres, start: startPostgresEngine },
  { dialect: MYSQL_DDL, isPresent: hasMariadb, start: startMariadbEngine },
]

type Catalog = Omit<DdlEngine, 'catalog'>

async function startDuckdb(): Promise<DdlEngine> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  const engine: Catalog = {
    run: async (script) => void (await connection.run(script)),
    async rows(sql) {
      const result = await connection.runAndReadAll(sql)
      return result.getRowsJson().map((row) => row.map(String))
    },
    close: async () => connection.closeSync(),
  }
  return {
    ...engine,
    async catalog(schema, table) {
      const where = `WHERE schema_name = '${schema}' AND table_name = '${table}'`
      const constraints = await engine.rows(
        `SELECT constraint_type, list_sort(list_distinct(constraint_column_names))::VARCHAR, constraint_column_names::VARCHAR, referenced_table, referenced_column_names::VARCHAR FROM duckdb_constraints() ${where}`,
      )
      const of = (kind: string) => constraints.filter(([type]) => type === kind)
      return catalogOf({
        columns: await engine.rows(
          `SELECT column_name, data_type, NOT is_nullable, comment FROM duckdb_columns() ${where} ORDER BY column_name`,
        ),
        comment: await engine.rows(`SELECT comment FROM duckdb_tables() ${where}`),
        primaryKey: of('PRIMARY KEY').flatMap(([, , columns = '']) => bare(columns).split(',')),
        unique: of('UNIQUE').map(([, , columns = '']) => bare(columns)),
        foreignKeys: of('FOREIGN KEY').map(
          ([, , columns = '', to, others = '']) => `${bare(columns)} -> ${to}(${bare(others)})`,
        ),
        checks: of('CHECK').map(([, columns = '']) => bare(columns)),
      })
    },
  }
}

/** `[a, b]` as `a,b`. */
const bare = (list: string): string => list.replaceAll(/[[\] "]/g, '')

async function startPostgresEngine(): Promise<DdlEngine> {
  const server = await startPostgres()
  const engine: Catalog = {
    run: async (script) => void (await server.sql(script)),
    rows: async (sql) => (await server.sql(sql)).map((row) => Object.values(row).map(String)),
    close: () => server.close(),
  }
  return {
    ...engine,
    async catalog(schema, table) {
      const name = `'"${schema}"."${table}"'::regclass`
      const list = (keys: string, of: string) =>
        `(SELECT string_agg(a.attname, ',' ORDER BY k.n) FROM unnest(${keys}) WITH ORDINALITY k(id, n) JOIN pg_attribute a ON a.attrelid = ${of} AND a.attnum = k.id)`
      const constraints = await engine.rows(
        `SELECT c.contype, ${list('c.conkey', 'c.conrelid')} AS own, c.confrelid::regclass::text AS other, ${list('c.confkey', 'c.confrelid')} AS others FROM pg_constraint c WHERE c.conrelid = ${name}`,
      )
      const of = (kind: string) => constraints.filter(([type]) => type === kind)
      return catalogOf({
        columns: await engine.rows(
          `SELECT attname, format_type(atttypid, atttypmod), attnotnull, col_description(attrelid, attnum) FROM pg_attribute WHERE attrelid = ${name} AND attnum > 0 AND NOT attisdropped ORDER BY attname`,
        ),
        comment: await engine.rows(`SELECT obj_description(${name})`),
        primaryKey: of('p').flatMap(([, own = '']) => own.split(',')),
        unique: of('u').map(([, own = '']) => own),
        foreignKeys: of('f').map(([, own, other = '', others]) => `${own} -> ${other.replace(/^.*\./, '')}(${others})`),
        checks: of('c').map(([, own = '']) => own),
      })
    },
  }
}

async function startMariadbEngine(): Promise<DdlEngine> {
  const server = await startMariadb()
  const engine: Catalog = {
    run: async (script) => void (await server.run(script)),
    rows: (sql) => server.run(sql),
    close: () => server.close(),
  }
  return {
    ...engine,
    async catalog(schema, table) {
      const where = `WHERE table_schema = '${schema}' AND table_name = '${table}'`
      const keys = await engine.rows(
        `SELECT constraint_name, GROUP_CONCAT(column_name ORDER BY ordinal_position), MAX(referenced_table_name), GROUP_CONCAT(referenced_column_name ORDER BY ordinal_position) FROM information_schema.key_column_usage ${where} GROUP BY constraint_name`,
      )
      const checks = await engine.rows(
        `SELECT check_clause FROM information_schema.check_constraints WHERE constraint_schema = '${schema}' AND table_name = '${table}'`,
      )
      return catalogOf({
        columns: await engine.rows(
          `SELECT column_name, column_type, is_nullable = 'NO', column_comment FROM information_schema.columns ${where} ORDER BY BINARY column_name`,
        ),
        comment: await engine.rows(`SELECT table_comment FROM information_schema.tables ${where}`),
        primaryKey: keys.filter(([name]) => name === 'PRIMARY').flatMap(([, columns = '']) => columns.split(',')),
        unique: keys.filter(([name, , to]) => name !== 'PRIMARY' && to === 'null').map(([, columns = '']) => columns),
        foreignKeys: keys
          .filter(([, , to]) => to !== 'null')
          .map(([, own, to, others]) => `${own} -> ${to}(${others})`),
        checks: checks.map(([clause = '']) => /`(\w+)`/.exec(clause)?.[1] ?? ''),
      })
    },
  }
}

interface Found extends Omit<CatalogTable, 'columns' | 'comment'> {
  readonly columns: readonly (readonly string[])[]
  readonly comment: readonly (readonly string[])[]
}

function catalogOf({ columns, comment, primaryKey, unique, foreignKeys, checks }: Found): CatalogTable {
  return {
    columns: columns.map(([name = '', type = '', isRequired, text = '']) => ({
      name,
      type,
      isRequired: isRequired === 'true' || isRequired === '1',
      comment: text,
    })),
    comment: comment[0]?.[0] ?? '',
    primaryKey,
    unique: unique.toSorted(),
    foreignKeys: foreignKeys.toSorted(),
    checks: checks.toSorted(),
  }
}
