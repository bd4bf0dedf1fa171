import type { SqlRow } from '../sql/session.ts'
import { type Database, type TableShape, wordsFor } from './database.ts'

type Place = Pick<TableShape, 'schema' | 'name'>

/** A foreign key of a table. */
export interface ForeignKey {
  readonly name: string
  readonly child: Place
  readonly columns: readonly string[]
  readonly parent: Place
  readonly parentColumns: readonly string[]
  /** `FOREIGN KEY (...) REFERENCES ...`, by the names of now. */
  readonly definition: string
}

const POSTGRES = `SELECT c.conname AS name, n.nspname AS child_schema, t.relname AS child, pn.nspname AS parent_schema, p.relname AS parent,
  (SELECT json_agg(a.attname ORDER BY k.at)::text FROM unnest(c.conkey) WITH ORDINALITY k(num, at) JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.num) AS columns,
  (SELECT json_agg(a.attname ORDER BY k.at)::text FROM unnest(c.confkey) WITH ORDINALITY k(num, at) JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.num) AS parent_columns,
  c.confupdtype::text AS on_update, c.confdeltype::text AS on_delete, c.condeferrable::text AS deferrable, c.condeferred::text AS deferred
  FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace
  JOIN pg_class p ON p.oid = c.confrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace WHERE c.contype = 'f' AND c.conparentid = 0`

const MYSQL = `SELECT k.CONSTRAINT_NAME AS name, k.TABLE_SCHEMA AS child_schema, k.TABLE_NAME AS child, k.REFERENCED_TABLE_SCHEMA AS parent_schema,
  k.REFERENCED_TABLE_NAME AS parent, CONCAT('["', GROUP_CONCAT(k.COLUMN_NAME ORDER BY k.ORDINAL_POSITION SEPARATOR '","'), '"]') AS \`columns\`,
  CONCAT('["', GROUP_CONCAT(k.REFERENCED_COLUMN_NAME ORDER BY k.ORDINAL_POSITION SEPARATOR '","'), '"]') AS parent_columns,
  MAX(r.UPDATE_RULE) AS on_update, MAX(r.DELETE_RULE) AS on_delete
  FROM information_schema.KEY_COLUMN_USAGE k JOIN information_schema.REFERENTIAL_CONSTRAINTS r
    ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME AND r.TABLE_NAME = k.TABLE_NAME
  WHERE k.REFERENCED_TABLE_NAME IS NOT NULL`

const ACTIONS: Readonly<Record<string, string>> = {
  a: 'NO ACTION',
  r: 'RESTRICT',
  c: 'CASCADE',
  n: 'SET NULL',
  d: 'SET DEFAULT',
}

/** The foreign keys of a table. */
export async function referencesOf(database: Database, table: Place): Promise<readonly ForeignKey[]> {
  return await foreignKeys(database, table, 'child')
}

/** The foreign keys of other tables, and of itself, that refer to a table. */
export async function referencesTo(database: Database, table: Place): Promise<readonly ForeignKey[]> {
  return await foreignKeys(database, table, 'parent')
}

async function foreignKeys(
  database: Database,
  { schema, name }: Place,
  end: 'child' | 'parent',
): Promise<readonly ForeignKey[]> {
  const { text } = wordsFor(database)
  const isPostgres = database.session.system === 'postgres'
  const [s, t] = isPostgres
    ? end === 'child'
      ? ['n.nspname', 't.relname']
      : ['pn.nspname', 'p.relname']
    : end === 'child'
      ? ['k.TABLE_SCHEMA', 'k.TABLE_NAME']
      : ['k.REFERENCED_TABLE_SCHEMA', 'k.REFERENCED_TABLE_NAME']
  const where = ` AND ${s} = ${text(schema)} AND ${t} = ${text(name)}`
  const rows = await database.session.query(
    isPostgres ? `${POSTGRES}${where} ORDER BY 1` : `${MYSQL}${where} GROUP BY 1, 2, 3, 4, 5 ORDER BY 1`,
  )
  return rows.map((row) => toKey(row, database))
}

function toKey(row: SqlRow, database: Database): ForeignKey {
  const words = wordsFor(database)
  const child = { schema: row['child_schema'] ?? '', name: row['child'] ?? '' }
  const parent = { schema: row['parent_schema'] ?? '', name: row['parent'] ?? '' }
  const [columns, parentColumns] = [listOf(row['columns']), listOf(row['parent_columns'])]
  const list = (names: readonly string[]) => names.map((name) => words.id(name)).join(', ')
  const action = (text: string | null | undefined) => ACTIONS[text ?? ''] ?? text ?? 'NO ACTION'
  const deferrable =
    row['deferrable'] === 'true' ? ` DEFERRABLE INITIALLY ${row['deferred'] === 'true' ? 'DEFERRED' : 'IMMEDIATE'}` : ''
  const definition = `FOREIGN KEY (${list(columns)}) REFERENCES ${words.table(parent)} (${list(parentColumns)}) ON UPDATE ${action(row['on_update'])} ON DELETE ${action(row['on_delete'])}${deferrable}`
  return { name: row['name'] ?? '', child, columns, parent, parentColumns, definition }
}

function listOf(text: string | null | undefined): readonly string[] {
  const value: unknown = JSON.parse(text ?? '[]')
  return Array.isArray(value) ? value.map(String) : []
}
