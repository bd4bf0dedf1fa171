import type { NamedConstraint } from './constraints.ts'
import type { Relation, RelationColumn, TableName } from './relation.ts'

/** A column that has another name in the successor of its table. */
export interface RenamedColumn {
  readonly from: string
  readonly to: string
}

/** A table and its successor, of one name. */
export interface Alteration {
  readonly before: Relation
  readonly after: Relation
  readonly renames: readonly RenamedColumn[]
}

/** A column of both tables whose declaration differs. */
interface ChangedColumn {
  readonly before: RelationColumn
  readonly after: RelationColumn
}

/** How a dialect writes the steps of an alteration. Each step is a list of statements. */
export interface AlterWriter {
  readonly constraintsOf: (relation: Relation) => readonly NamedConstraint[]
  readonly dropConstraint: (table: Relation, constraint: NamedConstraint) => readonly string[]
  readonly addConstraint: (table: Relation, constraint: NamedConstraint) => readonly string[]
  /** Adds it without a condition: rows of the table have NULL there. */
  readonly addColumn: (table: Relation, column: RelationColumn) => readonly string[]
  readonly dropColumn: (table: Relation, name: string) => readonly string[]
  /** Type, NULL or description; the table is the successor. */
  readonly changeColumn: (table: Relation, change: ChangedColumn) => readonly string[]
  readonly requireColumn: (table: Relation, column: RelationColumn) => readonly string[]
  /** Fills a column from another. */
  readonly fill: (table: Relation, from: RelationColumn, to: RelationColumn) => readonly string[]
  readonly describeTable: (table: Relation) => readonly string[]
  /** Steps for indexes, partitions and clusters, before constraints are added; null where there are none. */
  readonly layOut: ((alteration: Alteration) => readonly string[]) | null
}

/** Statements of an alteration, for a system that changes tables in place. */
export function alterTable(alteration: Alteration, writer: AlterWriter): readonly string[] {
  const { before, after } = alteration
  const { added, dropped, renamed, changed } = columnsOf(alteration)
  const gone = [...dropped, ...renamed.map(({ from }) => from)]
  // A constraint over a column that changes is made again, so that no system has to say if it may stay.
  const touched = new Set([...gone, ...retyped(changed)].map(({ name }) => name))
  const old = writer.constraintsOf(before)
  const fresh = writer.constraintsOf(after)
  const stays = (one: NamedConstraint, others: readonly NamedConstraint[]): boolean =>
    others.some(({ name, sql }) => name === one.name && sql === one.sql) &&
    !one.columns.some((name) => touched.has(name))
  return [
    ...inDropOrder(old.filter((one) => !stays(one, fresh))).flatMap((one) => writer.dropConstraint(before, one)),
    ...renamed.flatMap(({ from, to }) => [
      ...writer.addColumn(after, to),
      ...writer.fill(after, from, to),
      ...(to.isRequired ? writer.requireColumn(after, to) : []),
    ]),
    ...added.flatMap((column) => [
      ...writer.addColumn(after, column),
      ...(column.isRequired
        ? [
            `-- ${column.name} has no value in old rows: fill it before the next statement.`,
            ...writer.requireColumn(after, column),
          ]
        : []),
    ]),
    ...changed.flatMap((change) => writer.changeColumn(after, change)),
    ...gone.flatMap(({ name }) => writer.dropColumn(after, name)),
    ...(writer.layOut?.(alteration) ?? []),
    ...fresh.filter((one) => !stays(one, old)).flatMap((one) => writer.addConstraint(after, one)),
    ...(before.description === after.description ? [] : writer.describeTable(after)),
  ]
}

/** A foreign key goes before the index that it stands on. */
function inDropOrder(constraints: readonly NamedConstraint[]): readonly NamedConstraint[] {
  return constraints.toSorted((a, b) => Number(b.kind === 'foreign') - Number(a.kind === 'foreign'))
}

const retyped = (changed: readonly ChangedColumn[]): readonly RelationColumn[] =>
  changed.filter(({ before, after }) => !isSameType(before, after)).map(({ after }) => after)

/** True where two columns have the same type and decimal places. */
export function isSameType(before: RelationColumn, after: RelationColumn): boolean {
  return before.type === after.type && before.scale === after.scale
}

interface ColumnsOfAlteration {
  readonly added: readonly RelationColumn[]
  readonly dropped: readonly RelationColumn[]
  readonly renamed: readonly { readonly from: RelationColumn; readonly to: RelationColumn }[]
  readonly changed: readonly ChangedColumn[]
}

function columnsOf({ before, after, renames }: Alteration): ColumnsOfAlteration {
  const old = byName(before)
  const fresh = byName(after)
  const renamed = renames.flatMap((rename) => {
    const [from, to] = [old.get(rename.from), fresh.get(rename.to)]
    return from && to ? [{ from, to }] : []
  })
  const moved = new Set(renamed.flatMap(({ from, to }) => [from.name, to.name]))
  const rest = (columns: readonly RelationColumn[]) => columns.filter(({ name }) => !moved.has(name))
  return {
    added: rest(after.columns).filter(({ name }) => !old.has(name)),
    dropped: rest(before.columns).filter(({ name }) => !fresh.has(name)),
    renamed,
    changed: rest(before.columns).flatMap((column) => {
      const successor = fresh.get(column.name)
      return successor && isChanged(column, successor) ? [{ before: column, after: successor }] : []
    }),
  }
}

const byName = ({ columns }: Relation): ReadonlyMap<string, RelationColumn> =>
  new Map(columns.map((column) => [column.name, column]))

function isChanged(before: RelationColumn, after: RelationColumn): boolean {
  return (
    !isSameType(before, after) || before.isRequired !== after.isRequired || before.description !== after.description
  )
}

/** How a dialect makes a table again with its rows. */
interface CopyWriter {
  readonly createTable: (relation: Relation) => readonly string[]
  readonly dropTable: (table: TableName) => readonly string[]
  readonly renameTable: (table: TableName, name: string) => readonly string[]
  readonly identifier: (name: string) => string
  readonly tableName: (table: TableName) => string
  readonly cast: (sql: string, column: RelationColumn) => string
}

/** Statements of an alteration, for a system that has to make the table again: a table of another name takes its rows and its place. */
export function copyTable(alteration: Alteration, writer: CopyWriter): readonly string[] {
  const { before, after } = alteration
  const { added, renamed } = columnsOf(alteration)
  const { identifier, tableName, cast } = writer
  const old = byName(before)
  const sources = new Map(renamed.map(({ from, to }) => [to.name, from]))
  const pairs = after.columns.flatMap((column) => {
    const from = sources.get(column.name) ?? old.get(column.name)
    if (!from) return []
    const sql = identifier(from.name)
    return [{ name: identifier(column.name), sql: isSameType(from, column) ? sql : cast(sql, column) }]
  })
  const copy = { ...after, name: `${after.name}__new` }
  return [
    ...added
      .filter(({ isRequired }) => isRequired)
      .map(({ name }) => `-- ${name} has no value in old rows: put one into the SELECT below.`),
    ...writer.createTable(copy),
    `INSERT INTO ${tableName(copy)} (${pairs.map(({ name }) => name).join(', ')}) SELECT ${pairs.map(({ sql }) => sql).join(', ')} FROM ${tableName(before)};`,
    ...writer.dropTable(before),
    ...writer.renameTable(copy, after.name),
  ]
}

/** How a dialect copies a column into one of another type. */
interface ColumnCopy extends Pick<AlterWriter, 'addColumn' | 'dropColumn' | 'fill' | 'requireColumn'> {
  readonly renameColumn: (table: Relation, from: string, to: string) => readonly string[]
}

/** Gives a column another type where a system cannot: a new column takes its values and its place. */
export function copyColumn(table: Relation, { before, after }: ChangedColumn, writer: ColumnCopy): readonly string[] {
  const copy = { ...after, name: `${after.name}__new` }
  return [
    ...writer.addColumn(table, copy),
    ...writer.fill(table, before, copy),
    ...writer.dropColumn(table, before.name),
    ...writer.renameColumn(table, copy.name, after.name),
    ...(after.isRequired ? writer.requireColumn(table, after) : []),
  ]
}
