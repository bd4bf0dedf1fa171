import { INT64_SHAPE, type Shape, WIDEST } from '../../contract/expression/value.ts'
import type { Constant, SqlType } from '../tree.ts'

/** A piece of DuckDB's SQL. */
export interface Piece {
  readonly sql: string
  readonly type: SqlType
  /** Digits that the number may have. Of int64 and numeric only. */
  readonly shape: Shape
  /** Value of a literal; undefined for everything that depends on a row. */
  readonly constant: Constant | undefined
  /** True for `NULLIF(x, 0)`, which may be divided by. */
  readonly isNeverZero: boolean
}

const NO_SHAPE: Shape = { digits: 0, scale: 0 }

/** A piece that depends on rows. Without a shape, a number may have all digits of its type. */
export function piece(type: SqlType, sql: string, shape: Shape = shapeOf(type)): Piece {
  return { sql, type, shape, constant: undefined, isNeverZero: false }
}

function shapeOf(type: SqlType): Shape {
  if (isScalar(type, 'int64')) return INT64_SHAPE
  return isScalar(type, 'numeric') ? WIDEST : NO_SHAPE
}

/** True for a scalar of that name. */
export function isScalar(type: SqlType, name: string): boolean {
  return type.kind === 'scalar' && type.name === name
}

/** The name of a type in BigQuery. */
export function nameOfType(type: SqlType): string {
  switch (type.kind) {
    case 'array':
      return `ARRAY<${nameOfType(type.element)}>`
    case 'struct':
      return `STRUCT<${type.fields.map((field) => nameOfType(field.type)).join(', ')}>`
    default:
      return type.name.toUpperCase()
  }
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'VARCHAR',
  int64: 'BIGINT',
  numeric: 'DECIMAL(38,9)',
  float64: 'DOUBLE',
  bool: 'BOOLEAN',
  bytes: 'BLOB',
  date: 'DATE',
  time: 'TIME',
  datetime: 'TIMESTAMP',
  timestamp: 'TIMESTAMP WITH TIME ZONE',
}

/** The type in DuckDB; null for one that no model may compute with. */
export function duckdbTypeOf(type: SqlType): string | null {
  if (type.kind === 'scalar') return TYPES[type.name] ?? null
  if (type.kind === 'array') {
    const element = duckdbTypeOf(type.element)
    return element === null ? null : `${element}[]`
  }
  if (type.kind === 'other') return null
  const fields = type.fields.map((field, at) => [field.name || `f${at}`, duckdbTypeOf(field.type)] as const)
  if (fields.some(([, each]) => each === null)) return null
  return `STRUCT(${fields.map(([name, each]) => `"${name}" ${each}`).join(', ')})`
}

const LONG = 60

/** SQL that uses a value several times, and evaluates it once. */
export function bound(sql: string, body: (value: string) => string): string {
  return `list_transform([${sql}], lambda v: ${body('v')})[1]`
}

/** SQL that uses a value several times. A short one is repeated, which DuckDB evaluates faster. */
export function once(sql: string, body: (value: string) => string): string {
  return sql.length <= LONG ? body(sql) : bound(sql, body)
}

/** A value of which some are errors in BigQuery: DuckDB stops the query there as well. NULL stays NULL. */
export function checked(sql: string, isFine: (value: string) => string, problem: string): string {
  return once(
    sql,
    (value) => `CASE WHEN ${value} IS NULL OR ${isFine(value)} THEN ${value} ELSE error('${problem}') END`,
  )
}
