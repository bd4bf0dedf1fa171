import type { Typed } from '../contract/sql-type.ts'
import {
  type ColumnRule,
  constraintName,
  type ForeignKey,
  type Relation,
  type RelationColumn,
  type TableName,
} from './relation.ts'

/** How a dialect writes the pieces of a declaration. */
export interface ConstraintWriter {
  readonly identifier: (name: string) => string
  readonly literal: (text: string) => string
  /** Condition that a text matches a pattern from its first to its last character. */
  readonly matches: (text: string, pattern: string) => string
  /** Number of code points of a text. */
  readonly length: (text: string) => string
  readonly tableName: (table: TableName) => string
  /** Words after the constraints of a system that takes them as information. */
  readonly suffix?: string
}

/** A constraint of a table: its name, and its text without it. */
export interface NamedConstraint {
  readonly name: string
  readonly kind: 'primary' | 'unique' | 'foreign' | 'check'
  readonly sql: string
  /** Columns that it is over. */
  readonly columns: readonly string[]
}

/** Quoted names between commas. */
export const listOf = (names: readonly string[], { identifier }: Pick<ConstraintWriter, 'identifier'>): string =>
  names.map(identifier).join(', ')

/** A name of up to three levels. */
export function qualified({ catalog, schema, name }: TableName, identifier: (name: string) => string): string {
  return [...(catalog === null ? [] : [catalog]), schema, name].map(identifier).join('.')
}

/** Every constraint of a table but those of absent values. */
export function constraintsOf(relation: Relation, writer: ConstraintWriter): readonly NamedConstraint[] {
  const { name, primaryKey, unique, foreignKeys, columns } = relation
  const { suffix = '' } = writer
  return [
    ...(primaryKey.length === 0
      ? []
      : [
          {
            name: constraintName(name, 'pk'),
            kind: 'primary' as const,
            sql: `PRIMARY KEY (${listOf(primaryKey, writer)})${suffix}`,
            columns: primaryKey,
          },
        ]),
    ...unique.map((key) => ({
      name: constraintName(name, ...key, 'key'),
      kind: 'unique' as const,
      sql: `UNIQUE (${listOf(key, writer)})${suffix}`,
      columns: key,
    })),
    ...foreignKeys.map((foreign) => ({
      name: foreignKeyName(relation, foreign),
      kind: 'foreign' as const,
      sql: `FOREIGN KEY (${listOf(foreign.columns, writer)}) REFERENCES ${writer.tableName(foreign.to)} (${listOf(foreign.to.columns, writer)})${suffix}`,
      columns: foreign.columns,
    })),
    ...columns.flatMap((column) =>
      column.rules.map((rule) => ({
        name: constraintName(name, column.name, rule.kind),
        kind: 'check' as const,
        sql: `CHECK (${ruleSql(rule, column, writer)})`,
        columns: [column.name],
      })),
    ),
  ]
}

/** Name of a foreign key. One column may be part of several. */
function foreignKeyName({ name }: Relation, { columns, to }: ForeignKey): string {
  return constraintName(name, ...columns, to.name, 'fk')
}

/** SQL that is true or NULL for every value that the rule takes. */
function ruleSql(rule: ColumnRule, column: RelationColumn, writer: ConstraintWriter): string {
  const name = writer.identifier(column.name)
  switch (rule.kind) {
    case 'values':
      return `${name} IN (${rule.values.map(writer.literal).join(', ')})`
    case 'pattern':
      return writer.matches(name, rule.pattern)
    case 'length':
      return bounded(writer.length(name), [rule.min, rule.max].map(textOf))
    case 'range':
      return bounded(
        name,
        [rule.min, rule.max].map((bound) => (bound === null ? null : boundSql(column, bound, writer))),
      )
  }
}

const textOf = (bound: number | null): string | null => (bound === null ? null : String(bound))

function bounded(value: string, [min, max]: readonly (string | null | undefined)[]): string {
  const sides = [...(min ? [`${value} >= ${min}`] : []), ...(max ? [`${value} <= ${max}`] : [])]
  return sides.join(' AND ')
}

function boundSql({ type }: Typed, bound: string, { literal }: ConstraintWriter): string {
  return type === 'date' ? `DATE ${literal(bound)}` : bound
}

/** `CONSTRAINT name TEXT` of each, to stand in a CREATE TABLE. */
export function constraintLines(
  constraints: readonly NamedConstraint[],
  { identifier }: Pick<ConstraintWriter, 'identifier'>,
): readonly string[] {
  return constraints.map(({ name, sql }) => `CONSTRAINT ${identifier(name)} ${sql}`)
}

/** `\d` and `\w` mean letters and digits of every script in some systems; here they are ASCII, as in contracts. */
export function asciiPattern(pattern: string): string {
  let isInClass = false
  return pattern.replaceAll(/\\.|\[|\]/g, (piece) => {
    if (piece === '[') isInClass = true
    if (piece === ']') isInClass = false
    if (piece === '\\d') return isInClass ? '0-9' : '[0-9]'
    if (piece === '\\w') return isInClass ? 'A-Za-z0-9_' : '[A-Za-z0-9_]'
    return piece
  })
}
