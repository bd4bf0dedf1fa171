import { type CompiledModel, fillHoles, type QueryText, type Reference } from '../../models/compiled.ts'
import { narrow, type Span } from '../../models/narrow.ts'
import { modelOf } from '../../models/order.ts'
import type { Dialect } from '../../sql/dialect.ts'
import type { TableName } from '../destination.ts'
import { type BuildTask, tableOfModel } from './task.ts'

/** Task, span and dialect of the text of a job. */
interface Filling {
  readonly task: BuildTask
  readonly span: Span
  readonly dialect: Dialect
  /** Subqueries in place of tables that are not built, by hole. */
  readonly sources?: ReadonlyMap<number, string>
}

/** The query of a model with its tables, narrowed to what one partition reads. */
export function querySql(sql: QueryText, filling: Filling): string {
  return filled(sql, filling.task.model.compiled.references, filling)
}

/** All checks of a model as one query over its staging table: a row per check with its name and the number of offending rows. */
export function checksSql(staging: TableName, filling: Filling): string {
  const { checks } = filling.task.model.compiled
  const { dialect } = filling
  const counts = checks.map(({ name, references, sql }, at) => {
    const offending = filled(sql, references, filling, { own: (reference) => ownSql(reference, staging, filling) })
    return `SELECT ${dialect.literal(name)} AS check_name, COUNT(*) AS failed FROM (${offending}) AS ${dialect.identifier(`check_${at}`)}`
  })
  return counts.join('\nUNION ALL\n')
}

/** The staging table of one of several partitions that are checked by one query. */
interface StagedDate {
  readonly date: string
  readonly staging: TableName
}

/**
 * All checks of several partitions as one query: a row per check and date. Each check stands in a subquery that is correlated with
 * the date, so that it compares the same rows as `checksSql` does, and is planned once for all dates.
 */
export function checksTogetherSql(staged: readonly StagedDate[], filling: Filling): string {
  const { model } = filling.task
  const { dialect } = filling
  const { checks, partitionBy } = model.compiled
  const list = model.compiled.columns.map(({ name }) => dialect.identifier(name)).join(', ')
  const rows = staged.map(({ staging }) => `SELECT ${list} FROM ${tableSql(staging, dialect)}`).join(' UNION ALL ')
  const dates = staged.map(({ date }) => `(DATE ${dialect.literal(date)})`).join(', ')
  const own = `(SELECT * FROM staged WHERE ${dialect.identifier(partitionBy ?? '')} = built.date)`
  const counts = checks.map(({ name, references, sql }) => {
    const offending = filled(sql, references, filling, {
      own: () => own,
      ofDate: (table, dateColumn) => `(SELECT * FROM ${table} AS read WHERE ${dateColumn} = built.date)`,
    })
    return `SELECT ${dialect.literal(name)} AS check_name, date, (SELECT COUNT(*) FROM (${offending}) AS offences) AS failed FROM built`
  })
  return `WITH staged AS MATERIALIZED (${rows}), built(date) AS (VALUES ${dates})\n${counts.join('\nUNION ALL\n')}`
}

/** True where one query can check several partitions: each check compares rows of the date itself. */
export function areCheckedTogether({ checks, partitionBy }: CompiledModel): boolean {
  const references = checks.flatMap((check) => check.references)
  const isOwnDate = (each: Reference) => !each.isPartitioned || (each.dates.from === 0 && each.dates.to === 0)
  return partitionBy !== null && references.every(isOwnDate)
}

/** The query of a view: tables as they are, not narrowed. */
export function viewSql(
  sql: QueryText,
  { task, dialect, absent = new Set() }: Pick<Filling, 'task' | 'dialect'> & Pick<Span, 'absent'>,
): string {
  const filling = { task, dialect, span: { date: null, locations: null, absent } }
  return filled(sql, task.model.compiled.references, filling)
}

/** A table's name in SQL. */
export function tableSql({ schema, name }: TableName, { identifier }: Pick<Dialect, 'identifier'>): string {
  return `${identifier(schema)}.${identifier(name)}`
}

/** Every table of a model with the columns that it uses, narrowed to what one partition reads: by hole. */
export function inputsSql({ references }: Pick<CompiledModel, 'references'>, filling: Filling): readonly string[] {
  const { dialect } = filling
  return references.map((reference) => {
    const { hole, columns, alias } = reference
    const list = columns.map((column) => dialect.identifier(column)).join(', ')
    const sql = `SELECT ${list} FROM {${hole}} AS ${dialect.identifier(alias)} ORDER BY ${columns.map((_, at) => at + 1).join(', ')}`
    return filled({ bigquery: sql, duckdb: sql }, references, filling)
  })
}

/** Texts in the holes of a check in place of the tables. */
interface Places {
  /** The model itself: rows that are staged. */
  readonly own?: (reference: Reference) => string
  /** Rows of one of several dates of a table. */
  readonly ofDate?: (table: string, dateColumn: string) => string
}

function filled(
  sql: QueryText,
  references: readonly Reference[],
  { task, span, dialect, sources }: Filling,
  { own, ofDate = (table) => table }: Places = {},
): string {
  const byHole = new Map(references.map((reference) => [reference.hole, reference]))
  const texts: Readonly<Record<string, string | undefined>> = sql
  const text = texts[dialect.name]
  if (text === undefined) throw new TypeError(`${task.model.name} is not compiled to the SQL of ${dialect.name}`)
  return fillHoles(text, (hole) => {
    const reference = byHole.get(hole)
    if (!reference) throw new TypeError(`the compiled text of ${task.model.name} has a hole ${hole} without a table`)
    if (own && modelOf(reference) === task.model.name) return own(reference)
    const filling = { task, span, dialect }
    const source = sources?.get(hole)
    const empty = source === undefined ? emptySql(reference, filling) : null
    if (empty !== null) return empty
    const table = narrow(source ?? sourceSql(reference, filling), reference, { span, dialect })
    return reference.isPartitioned ? ofDate(table, dialect.identifier(reference.dateColumn)) : table
  })
}

/** Columns of a table that may not exist, without a row. Null for a table that has rows, or whose types are not known. */
function emptySql(reference: Reference, { span, dialect }: Filling): string | null {
  const { columns, table, types } = reference
  if (!span.absent?.has(table) || types === undefined) return null
  const nulls = columns.map((column, at) => {
    return `CAST(NULL AS ${dialect.type({ type: types[at] ?? 'string' })}) AS ${dialect.identifier(column)}`
  })
  const list = nulls.length === 0 ? '1 AS nothing' : nulls.join(', ')
  return `(SELECT ${list} FROM (SELECT 1 AS one) AS nothing WHERE FALSE)`
}

/** The model itself, as a check sees it: the rows that are to be published, and other dates as they are published. */
function ownSql(reference: Reference, staging: TableName, { task, span, dialect }: Filling): string {
  const staged = tableSql(staging, dialect)
  const isAlone = !reference.isPartitioned || (reference.dates.from === 0 && reference.dates.to === 0)
  if (isAlone || span.date === null) return staged
  const published = narrow(tableSql(tableOfModel(task.model), dialect), reference, { span, dialect })
  const isOther = `${dialect.identifier(reference.dateColumn)} <> DATE ${dialect.literal(span.date)}`
  const others = `SELECT * FROM ${published} AS published WHERE ${isOther}`
  const isWithin = reference.dates.from <= 0 && reference.dates.to >= 0
  return isWithin ? `(${others} UNION ALL SELECT * FROM ${staged})` : `(${others})`
}

/** A table as it stands after FROM. A view stands as its query: its name belongs to what people see, which may be another version. */
function sourceSql(reference: Reference, { task, span, dialect }: Filling): string {
  const name = modelOf(reference)
  if (name === null) {
    const [schema = '', table = ''] = reference.table.split('.')
    return tableSql({ schema, name: table }, dialect)
  }
  const model = task.set.get(name)
  if (!model) throw new TypeError(`no model ${name} is compiled`)
  const { compiled } = model
  if (compiled.kind !== 'view') return tableSql(tableOfModel(model), dialect)
  return `(${viewSql(compiled.sql, { task: { ...task, model }, dialect, ...(span.absent && { absent: span.absent }) })})`
}
