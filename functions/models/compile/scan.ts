import { quoteIdentifier } from '../../sql/dialects/duckdb/quote.ts'
import type { Column, Computed, Expression, Scan } from '../tree.ts'
import { compileAggregate, frameSql, orderSql, partitionSql, type Rows } from './aggregate.ts'
import { type Compilation, refused } from './compilation.ts'
import { nameOf } from './expression.ts'
import { isTotal, type Key } from './keys.ts'
import { aligned, widestOf } from './numbers.ts'
import { isScalar, type Piece, piece } from './piece.ts'

type Of<Kind extends Scan['kind']> = Extract<Scan, { kind: Kind }>

/** A compilation that knows the keys of rows. */
export interface ScanContext extends Compilation {
  readonly keysOf: (scan: Scan) => readonly Key[]
}

/** A scan as a SELECT of DuckDB whose columns have the numbers of the tree. @throws {DaybreakError} MODEL_REFUSED. */
export function compileScan(context: ScanContext, scan: Scan): string {
  switch (scan.kind) {
    case 'table':
      return table(context, scan)
    case 'single':
      return 'SELECT 1 AS nothing'
    case 'project':
      return project(context, scan)
    case 'filter':
      return `SELECT * FROM ${from(context, scan.input)} WHERE ${context.expression(scan.condition).sql}`
    case 'aggregate':
      return aggregate(context, scan)
    case 'window':
      return windows(context, scan)
    case 'join':
      return join(context, scan)
    case 'array':
      return unnest(context, scan)
    case 'set':
      return setOperation(context, scan)
    case 'order':
      return `SELECT * FROM ${from(context, scan.input)} ORDER BY ${scan.order.map(orderSql).join(', ')}`
    case 'limit':
      return limit(context, scan)
    case 'with':
      return withQueries(context, scan)
    case 'with_reference':
      return withReference(context, scan)
    case 'pivot':
      return pivot(context, scan)
    case 'unpivot':
      return unpivot(context, scan)
    case 'unknown':
      throw refused(context, scan.span, {
        what: `the rows of ${scan.node}`,
        instead: 'docs/models.md lists what models may say',
      })
  }
}

function from(context: ScanContext, input: Scan): string {
  return `(${compileScan(context, input)}) AS ${context.fresh('s')}`
}

const as = ({ sql }: Piece, column: Column): string => `${sql} AS ${nameOf(column)}`

/** Compiles an expression and keeps the digits of its result for the column. */
function computed(context: ScanContext, { column, expression }: Computed, compile = context.expression): Piece {
  const result = compile(expression)
  keepShape(context, column, result)
  return result
}

function keepShape(context: ScanContext, column: Column, { shape }: Pick<Piece, 'shape'>): void {
  if (isScalar(column.type, 'numeric') || isScalar(column.type, 'int64')) context.shapes.set(column.id, shape)
}

function table(context: ScanContext, scan: Of<'table'>): string {
  const { sql, shapeOf } = context.tableOf(scan)
  for (const column of scan.columns)
    if (isScalar(column.type, 'numeric')) context.shapes.set(column.id, shapeOf(column.name))
  const columns = scan.columns.map((column) => `${quoteIdentifier(column.name)} AS ${nameOf(column)}`)
  return `SELECT ${columns.length > 0 ? columns.join(', ') : '1 AS nothing'} FROM ${sql}`
}

function project(context: ScanContext, scan: Of<'project'>): string {
  const source = from(context, scan.input)
  const own = new Map(scan.computed.map((each) => [each.column.id, computed(context, each)]))
  const columns = scan.columns.map((column) => {
    const result = own.get(column.id)
    return result ? as(result, column) : nameOf(column)
  })
  return `SELECT ${columns.length > 0 ? columns.join(', ') : '1 AS nothing'} FROM ${source}`
}

function aggregate(context: ScanContext, scan: Of<'aggregate'>): string {
  if (scan.hasSets)
    throw refused(context, scan.span, {
      what: 'ROLLUP, CUBE and GROUPING SETS',
      instead: 'Write one SELECT per grouping and join them with UNION ALL',
    })
  const source = from(context, scan.input)
  const groups = scan.groupBy.map((each) => ({ column: each.column, result: computed(context, each) }))
  const rows = groupRows(context, scan, '')
  const results = scan.computed.map((each) =>
    as(
      computed(context, each, (call) => compileAggregate(context, call, rows)),
      each.column,
    ),
  )
  const columns = [...groups.map(({ column, result }) => as(result, column)), ...results]
  const groupBy = groups.length === 0 ? '' : ` GROUP BY ${groups.map((_, at) => at + 1).join(', ')}`
  // Without a function and a group it is one row, as in BigQuery.
  return `SELECT ${columns.length > 0 ? columns.join(', ') : 'count(*) AS nothing'} FROM ${source}${groupBy}`
}

function groupRows(context: ScanContext, { input, groupBy }: Of<'aggregate'> | Of<'pivot'>, suffix: string): Rows {
  const alike = groupBy.flatMap(({ expression }) => (expression.kind === 'column' ? [expression.column.id] : []))
  return { keys: context.keysOf(input), alike, suffix, order: null }
}

function windows(context: ScanContext, scan: Of<'window'>): string {
  const source = from(context, scan.input)
  const keys = context.keysOf(scan.input)
  const columns = scan.groups.flatMap(({ partitionBy, order, computed: functions }) =>
    functions.map((each) => {
      const { expression } = each
      const frame = expression.kind === 'aggregate' ? frameSql(context, expression) : ''
      const orderBy = order.length === 0 ? '' : `ORDER BY ${order.map(orderSql).join(', ')}`
      const suffix = ` OVER (${[partitionSql(partitionBy), `${orderBy}${frame}`].filter(Boolean).join(' ')})`
      const rows: Rows = { keys, alike: partitionBy.map(({ id }) => id), suffix, order }
      return as(
        computed(context, each, (call) => compileAggregate(context, call, rows)),
        each.column,
      )
    }),
  )
  return `SELECT *, ${columns.join(', ')} FROM ${source}`
}

function join(context: ScanContext, scan: Of<'join'>): string {
  const [left, right] = [from(context, scan.left), from(context, scan.right)]
  if (scan.condition === null) return `SELECT * FROM ${left} CROSS JOIN ${right}`
  return `SELECT * FROM ${left} ${scan.join} JOIN ${right} ON ${context.expression(scan.condition).sql}`
}

function unnest(context: ScanContext, scan: Of<'array'>): string {
  if (scan.isOuter || scan.condition !== null)
    throw refused(context, scan.span, { what: 'LEFT JOIN of UNNEST, or with ON', instead: 'Write CROSS JOIN UNNEST' })
  const source = scan.input === null ? null : from(context, scan.input)
  const array = context.expression(scan.array).sql
  const offset = scan.offset === null ? [] : [`generate_subscripts(${array}, 1) - 1 AS ${nameOf(scan.offset)}`]
  const columns = [...(source === null ? [] : ['*']), `unnest(${array}) AS ${nameOf(scan.element)}`, ...offset]
  return `SELECT ${columns.join(', ')}${source === null ? '' : ` FROM ${source}`}`
}

const SET_OPERATIONS: Readonly<Record<string, string>> = {
  UNION_ALL: 'UNION ALL',
  UNION_DISTINCT: 'UNION',
  EXCEPT_DISTINCT: 'EXCEPT',
  INTERSECT_DISTINCT: 'INTERSECT',
}

function setOperation(context: ScanContext, scan: Of<'set'>): string {
  const operator = SET_OPERATIONS[scan.operation]
  if (operator === undefined)
    throw refused(context, scan.span, {
      what: scan.operation.replaceAll('_', ' '),
      instead: 'Write UNION ALL or DISTINCT',
    })
  const sources = scan.inputs.map(({ scan: input, columns }) => ({ source: from(context, input), columns }))
  const places = scan.columns.map((column, at) => {
    const pieces = aligned(sources.map(({ columns }) => columnPiece(context, columns[at] ?? column)))
    const shape = widestOf(pieces)
    if (shape) keepShape(context, column, { shape })
    return { column, pieces }
  })
  const queries = sources.map(({ source }, query) => {
    const renamed = places.map(({ column, pieces }) => `${pieces[query]?.sql} AS ${nameOf(column)}`)
    return `SELECT ${renamed.join(', ')} FROM ${source}`
  })
  return queries.map((query) => `(${query})`).join(` ${operator} `)
}

function columnPiece(context: ScanContext, column: Column): Piece {
  return piece(column.type, nameOf(column), context.shapes.get(column.id))
}

function limit(context: ScanContext, scan: Of<'limit'>): string {
  const { input } = scan
  const columns = input.kind === 'order' ? input.order.map(({ column }) => column.id) : []
  if (!isTotal(context.keysOf(input), columns)) {
    throw refused(context, scan.limit.span ?? scan.span, {
      what: 'LIMIT in no order that is the same each time',
      instead: 'Add ORDER BY with the key of the rows',
    })
  }
  const count = literalNumber(context, scan.limit)
  const skipped = scan.offset === null ? '' : ` OFFSET ${literalNumber(context, scan.offset)}`
  return `SELECT * FROM (${compileScan(context, input)}) AS ${context.fresh('s')} LIMIT ${count}${skipped}`
}

function literalNumber(context: ScanContext, expression: Expression): string {
  const { constant } = context.expression(expression)
  if (typeof constant === 'string' && /^\d+$/.test(constant)) return constant
  throw refused(context, expression.span, { what: 'a LIMIT that is no literal', instead: 'Write a number' })
}

function withQueries(context: ScanContext, scan: Of<'with'>): string {
  if (scan.isRecursive)
    throw refused(context, scan.span, { what: 'WITH RECURSIVE', instead: 'Write UNNEST(GENERATE_DATE_ARRAY(...))' })
  const entries = scan.entries.map(({ name, scan: entry }) => {
    const query = compileScan(context, entry)
    context.withs.set(name, entry.columns)
    const columns = entry.columns.map(nameOf).join(', ')
    return `${quoteIdentifier(name)} AS (SELECT ${columns || '1 AS nothing'} FROM (${query}) AS ${context.fresh('s')})`
  })
  return `WITH ${entries.join(', ')} ${compileScan(context, scan.query)}`
}

function withReference(context: ScanContext, scan: Of<'with_reference'>): string {
  const source = context.withs.get(scan.name) ?? []
  const columns = scan.columns.map((column, at) => {
    const of = source[at] ?? column
    const shape = context.shapes.get(of.id)
    if (shape) context.shapes.set(column.id, shape)
    return `${nameOf(of)} AS ${nameOf(column)}`
  })
  return `SELECT ${columns.join(', ') || '1 AS nothing'} FROM ${quoteIdentifier(scan.name)}`
}

function pivot(context: ScanContext, scan: Of<'pivot'>): string {
  const source = from(context, scan.input)
  const groups = scan.groupBy.map((each) => as(computed(context, each), each.column))
  const by = context.expression(scan.by)
  const cells = scan.cells.map(({ column, aggregate: at, value }) => {
    const [call, wanted] = [scan.aggregates[at], scan.values[value]]
    if (!call || !wanted) throw new TypeError('a column of a PIVOT has a function and a value')
    const [left, right] = aligned([by, context.expression(wanted)])
    const suffix = ` FILTER (WHERE ${left?.sql} IS NOT DISTINCT FROM ${right?.sql})`
    const result = compileAggregate(context, call, groupRows(context, scan, suffix))
    keepShape(context, column, result)
    return as(result, column)
  })
  const groupBy = groups.length === 0 ? '' : ` GROUP BY ${groups.map((_, at) => at + 1).join(', ')}`
  return `SELECT ${[...groups, ...cells].join(', ')} FROM ${source}${groupBy}`
}

function unpivot(context: ScanContext, scan: Of<'unpivot'>): string {
  const [value] = scan.values
  if (!value || scan.values.length > 1)
    throw refused(context, scan.span, { what: 'UNPIVOT of several columns at once', instead: 'Write UNION ALL' })
  const name = context.fresh('u')
  const source = from(context, scan.input)
  const kept = scan.kept.map((each) => as(computed(context, each), each.column))
  const pieces = aligned(scan.sources.flatMap(([column]) => (column ? [columnPiece(context, column)] : [])))
  const shape = widestOf(pieces)
  if (shape) keepShape(context, value, { shape })
  const queries = scan.sources.map(([column], at) => {
    const label = scan.labels[at]
    if (!column || !label) throw new TypeError('a column of an UNPIVOT has a label')
    const columns = [...kept, `${pieces[at]?.sql} AS ${nameOf(value)}`, as(context.expression(label), scan.label)]
    const where = scan.includesNulls ? '' : ` WHERE ${nameOf(column)} IS NOT NULL`
    return `SELECT ${columns.join(', ')} FROM ${name}${where}`
  })
  return `WITH ${name} AS (SELECT * FROM ${source}) ${queries.join(' UNION ALL ')}`
}
