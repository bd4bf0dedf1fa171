import { z } from 'zod'
import { ColumnType } from '../../contract/contract.ts'
import type {
  AggregateCall,
  Column,
  Computed,
  Expression,
  Frame,
  FrameEnd,
  Order,
  Query,
  Scan,
  Span,
  SqlType,
  WindowGroup,
} from '../../models/tree.ts'
import { listOf, type Node, nodeOf, optional, plainNode } from './node.ts'
import { TypeProto, toText } from './values.ts'

type Fields = Readonly<Record<string, unknown>>

const Id = z.coerce.number()
const ColumnProto = z.object({ columnId: Id, name: z.string().default(''), type: TypeProto })
const Range = z.object({ start: z.int().default(0), end: z.int().default(0) })
const Text = z.string().catch('')
const Flag = z.boolean().catch(false)

/** The tree of a query statement. @throws {TypeError} for another kind of statement. */
export function readQuery(statement: unknown): Query {
  const { kind, fields } = nodeOf(statement)
  if (kind !== 'QueryStmt') throw new TypeError(`a ${kind} is no query`)
  return {
    output: listOf(fields.outputColumnList).map((each) => {
      const { name, column } = z.object({ name: z.string(), column: z.unknown() }).parse(each)
      return { name, column: columnOf(column) }
    }),
    scan: scanOf(fields.query),
  }
}

/** A type in our words. */
export function typeOf(proto: unknown): SqlType {
  const { typeKind, arrayType, structType } = TypeProto.parse(proto)
  if (arrayType) return { kind: 'array', element: typeOf(arrayType.elementType) }
  if (structType) {
    const fields = (structType.field ?? []).map(({ fieldName = '', fieldType }) => ({
      name: fieldName,
      type: typeOf(fieldType),
    }))
    return { kind: 'struct', fields }
  }
  const name = typeKind.replace('TYPE_', '').toLowerCase()
  if (name === 'bytes') return { kind: 'scalar', name }
  const known = ColumnType.safeParse(name === 'double' ? 'float64' : name)
  return known.success ? { kind: 'scalar', name: known.data } : { kind: 'other', name: name.toUpperCase() }
}

function columnOf(value: unknown): Column {
  const { columnId, name, type } = ColumnProto.parse(value)
  return { id: columnId, name, type: typeOf(type) }
}

const columnsOf = (value: unknown): readonly Column[] => listOf(value).map(columnOf)

function spanOf({ parseLocationRange }: Fields): Span {
  const range = Range.safeParse(parseLocationRange)
  return range.success ? { start: range.data.start, end: range.data.end } : null
}

function scanOf(value: unknown): Scan {
  const { kind, fields } = nodeOf(value)
  const base = { columns: columnsOf(fields.columnList), span: spanOf(fields) }
  const read = SCANS[kind]
  return read ? read(fields, base) : { kind: 'unknown', node: kind, ...base }
}

type Base = Pick<Scan, 'columns' | 'span'>

const SCANS: Readonly<Record<string, (fields: Fields, base: Base) => Scan>> = {
  SingleRowScan: (_, base) => ({ kind: 'single', ...base }),
  TableScan(fields, base) {
    const { name, fullName } = z.object({ name: z.string(), fullName: z.string().optional() }).parse(fields.table)
    const table = fullName || name
    const hasTime = optional(fields.forSystemTimeExpr) !== null
    if (hasTime) return { kind: 'unknown', node: 'FOR SYSTEM_TIME AS OF', ...base }
    return { kind: 'table', table, alias: Text.parse(fields.alias) || (table.split('.').at(-1) ?? table), ...base }
  },
  ProjectScan: (fields, base) => ({
    kind: 'project',
    input: scanOf(fields.inputScan),
    computed: computedOf(fields.exprList),
    ...base,
  }),
  FilterScan: (fields, base) => ({
    kind: 'filter',
    input: scanOf(fields.inputScan),
    condition: expressionOf(fields.filterExpr),
    ...base,
  }),
  AggregateScan: (fields, base) => ({
    kind: 'aggregate',
    input: scanOf(fields.inputScan),
    groupBy: computedOf(fields.groupByList),
    computed: computedOf(fields.aggregateList),
    hasSets: [fields.groupingSetList, fields.rollupColumnList, fields.groupingCallList].some(
      (each) => listOf(each).length > 0,
    ),
    ...base,
  }),
  AnalyticScan: (fields, base) => ({
    kind: 'window',
    input: scanOf(fields.inputScan),
    groups: listOf(fields.functionGroupList).map(windowGroup),
    ...base,
  }),
  JoinScan: (fields, base) => ({
    kind: 'join',
    join: z.enum(['INNER', 'LEFT', 'RIGHT', 'FULL']).catch('INNER').parse(fields.joinType),
    left: scanOf(fields.leftScan),
    right: scanOf(fields.rightScan),
    condition: maybeExpression(fields.joinExpr),
    ...base,
  }),
  ArrayScan(fields, base) {
    const offset = optional(fields.arrayOffsetColumn)
    return {
      kind: 'array',
      input: optional(fields.inputScan) === null ? null : scanOf(fields.inputScan),
      array: expressionOf(fields.arrayExpr),
      element: columnOf(fields.elementColumn),
      offset: offset === null ? null : columnOf(offset.column),
      condition: maybeExpression(fields.joinExpr),
      isOuter: Flag.parse(fields.isOuter),
      ...base,
    }
  },
  SetOperationScan: (fields, base) => ({
    kind: 'set',
    operation: Text.parse(fields.opType),
    inputs: listOf(fields.inputItemList).map((each) => {
      const item = plainNode('item', each).fields
      return { scan: scanOf(item.scan), columns: columnsOf(item.outputColumnList) }
    }),
    ...base,
  }),
  OrderByScan: (fields, base) => ({
    kind: 'order',
    input: scanOf(fields.inputScan),
    order: listOf(fields.orderByItemList).map(orderOf),
    ...base,
  }),
  LimitOffsetScan: (fields, base) => ({
    kind: 'limit',
    input: scanOf(fields.inputScan),
    limit: expressionOf(fields.limit),
    offset: maybeExpression(fields.offset),
    ...base,
  }),
  WithScan: (fields, base) => ({
    kind: 'with',
    entries: listOf(fields.withEntryList).map((each) => {
      const entry = plainNode('entry', each).fields
      return { name: Text.parse(entry.withQueryName), scan: scanOf(entry.withSubquery) }
    }),
    query: scanOf(fields.query),
    isRecursive: Flag.parse(fields.recursive),
    ...base,
  }),
  WithRefScan: (fields, base) => ({ kind: 'with_reference', name: Text.parse(fields.withQueryName), ...base }),
  PivotScan: (fields, base) => ({
    kind: 'pivot',
    input: scanOf(fields.inputScan),
    groupBy: computedOf(fields.groupByList),
    aggregates: listOf(fields.pivotExprList).map(expressionOf),
    by: expressionOf(fields.forExpr),
    values: listOf(fields.pivotValueList).map(expressionOf),
    cells: listOf(fields.pivotColumnList).map((each) => {
      const cell = plainNode('cell', each).fields
      return {
        column: columnOf(cell.column),
        aggregate: Id.catch(0).parse(cell.pivotExprIndex),
        value: Id.catch(0).parse(cell.pivotValueIndex),
      }
    }),
    ...base,
  }),
  UnpivotScan: (fields, base) => ({
    kind: 'unpivot',
    input: scanOf(fields.inputScan),
    values: columnsOf(fields.valueColumnList),
    label: columnOf(fields.labelColumn),
    labels: listOf(fields.labelList).map((each) => literalOf(plainNode('resolvedLiteralNode', each))),
    sources: listOf(fields.unpivotArgList).map((each) =>
      listOf(plainNode('argument', each).fields.columnList).map(columnRef),
    ),
    kept: computedOf(fields.projectedInputColumnList),
    includesNulls: Flag.parse(fields.includeNulls),
    ...base,
  }),
}

function computedOf(value: unknown): readonly Computed[] {
  return listOf(value).map((each) => {
    const { column, expr } = plainNode('computed', each).fields
    return { column: columnOf(column), expression: expressionOf(expr) }
  })
}

function columnRef(value: unknown): Column {
  return columnOf(plainNode('reference', value).fields.column)
}

function windowGroup(value: unknown): WindowGroup {
  const { partitionBy, orderBy, analyticFunctionList } = plainNode('group', value).fields
  return {
    partitionBy: listOf(optional(partitionBy)?.partitionByList).map(columnRef),
    order: listOf(optional(orderBy)?.orderByItemList).map(orderOf),
    computed: computedOf(analyticFunctionList),
  }
}

function orderOf(value: unknown): Order {
  const fields = plainNode('order', value).fields
  const isDescending = Flag.parse(fields.isDescending)
  // BigQuery: NULL comes before everything.
  const unspecified = isDescending ? 'last' : 'first'
  const nulls = { NULLS_FIRST: 'first', NULLS_LAST: 'last' } as const
  const named = z.enum(['NULLS_FIRST', 'NULLS_LAST']).safeParse(fields.nullOrder)
  return {
    column: columnRef(fields.columnRef),
    isDescending,
    nulls: named.success ? nulls[named.data] : unspecified,
    hasCollation: optional(fields.collationName) !== null,
  }
}

function maybeExpression(value: unknown): Expression | null {
  return optional(value) === null ? null : expressionOf(value)
}

function expressionOf(value: unknown): Expression {
  const node = nodeOf(value)
  const { kind, fields } = node
  const base = { type: typeOf(fields.type), span: spanOf(fields) }
  const read = EXPRESSIONS[kind]
  return read ? read(node, base) : { kind: 'unknown', node: kind, ...base }
}

type ExpressionBase = Pick<Expression, 'type' | 'span'>

const EXPRESSIONS: Readonly<Record<string, (node: Node, base: ExpressionBase) => Expression>> = {
  Literal: literalOf,
  ColumnRef: ({ fields }, base) => ({
    kind: 'column',
    column: columnOf(fields.column),
    isCorrelated: Flag.parse(fields.isCorrelated),
    ...base,
  }),
  Parameter: ({ fields }, base) => ({ kind: 'parameter', name: Text.parse(fields.name), ...base }),
  Cast: ({ fields }, base) => ({
    kind: 'cast',
    of: expressionOf(fields.expr),
    isSafe: Flag.parse(fields.returnNullOnError),
    hasFormat: optional(fields.format) !== null || optional(fields.timeZone) !== null,
    ...base,
  }),
  MakeStruct: ({ fields }, base) => ({ kind: 'struct', fields: listOf(fields.fieldList).map(expressionOf), ...base }),
  GetStructField: ({ fields }, base) => ({
    kind: 'field',
    of: expressionOf(fields.expr),
    at: Id.catch(0).parse(fields.fieldIdx),
    ...base,
  }),
  SubqueryExpr: ({ fields }, base) => ({
    kind: 'subquery',
    form: Text.parse(fields.subqueryType) || 'SCALAR',
    of: scanOf(fields.subquery),
    in: maybeExpression(fields.inExpr),
    ...base,
  }),
  FunctionCall: ({ fields }, base) => ({ kind: 'call', ...callOf(fields), ...base }),
  AggregateFunctionCall: (node, base) => aggregateOf(node, base),
  AnalyticFunctionCall: (node, base) => aggregateOf(node, base),
}

function callOf(fields: Fields) {
  const { name } = z.object({ name: z.string() }).parse(fields.function)
  // Lambdas are arguments of another list.
  const args = [...listOf(fields.argumentList).map(expressionOf), ...listOf(fields.genericArgumentList).map(generic)]
  return {
    name: name.replace(/^ZetaSQL:/, '').toLowerCase(),
    args,
    isSafe: fields.errorMode === 'SAFE_ERROR_MODE',
  }
}

function generic(): Expression {
  return { kind: 'unknown', node: 'lambda', type: { kind: 'other', name: 'LAMBDA' }, span: null }
}

function aggregateOf({ fields }: Node, base: ExpressionBase): AggregateCall {
  const nulls = { IGNORE_NULLS: 'ignore', RESPECT_NULLS: 'respect' } as const
  const handling = z.enum(['IGNORE_NULLS', 'RESPECT_NULLS']).safeParse(fields.nullHandlingModifier)
  return {
    kind: 'aggregate',
    ...callOf(fields),
    isDistinct: Flag.parse(fields.distinct),
    nulls: handling.success ? nulls[handling.data] : 'default',
    order: listOf(fields.orderByItemList).map(orderOf),
    limit: maybeExpression(fields.limit),
    isModified: optional(fields.havingModifier) !== null || optional(fields.withGroupRowsSubquery) !== null,
    frame: frameOf(fields.windowFrame),
    ...base,
  }
}

function frameOf(value: unknown): Frame | null {
  const frame = optional(value)
  if (frame === null) return null
  const unit = z.enum(['ROWS', 'RANGE']).parse(frame.frameUnit)
  return { unit, start: frameEnd(frame.startExpr), end: frameEnd(frame.endExpr) }
}

const Boundary = z.enum([
  'UNBOUNDED_PRECEDING',
  'OFFSET_PRECEDING',
  'CURRENT_ROW',
  'OFFSET_FOLLOWING',
  'UNBOUNDED_FOLLOWING',
])

function frameEnd(value: unknown): FrameEnd {
  const fields = plainNode('end', value).fields
  return { boundary: Boundary.parse(fields.boundaryType), offset: maybeExpression(fields.expression) }
}

function literalOf({ fields }: Node, given?: ExpressionBase): Expression {
  const { value, type } = z.object({ value: z.unknown(), type: TypeProto }).parse(fields.value)
  const base = given ?? { type: typeOf(type), span: spanOf(fields) }
  const { enumValue } = z.object({ enumValue: z.int().optional() }).catch({}).parse(value)
  if (enumValue !== undefined) return { kind: 'literal', value: DATE_PARTS[enumValue] ?? String(enumValue), ...base }
  return { kind: 'literal', value: toText(value ?? {}, type), ...base }
}

// zetasql/public/functions/datetime.proto, DateTimestampPart.
const DATE_PARTS: readonly string[] = [
  ...['', 'YEAR', 'MONTH', 'DAY', 'DAYOFWEEK', 'DAYOFYEAR', 'QUARTER', 'HOUR', 'MINUTE', 'SECOND', 'MILLISECOND'],
  ...['MICROSECOND', 'NANOSECOND', 'DATE', 'WEEK', 'DATETIME', 'TIME', 'ISOYEAR', 'ISOWEEK'],
  ...['WEEK_MONDAY', 'WEEK_TUESDAY', 'WEEK_WEDNESDAY', 'WEEK_THURSDAY', 'WEEK_FRIDAY', 'WEEK_SATURDAY'],
]
