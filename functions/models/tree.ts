import type { ColumnType } from '../contract/contract.ts'

/** A type of a value. `other` is one that no model may compute with, by its name in BigQuery. */
export type SqlType =
  | { readonly kind: 'scalar'; readonly name: ColumnType | 'bytes' }
  | { readonly kind: 'array'; readonly element: SqlType }
  | { readonly kind: 'struct'; readonly fields: readonly { readonly name: string; readonly type: SqlType }[] }
  | { readonly kind: 'other'; readonly name: string }

/** Bytes of the query text: from the first to the one after the last. Null for a node that stands nowhere in it. */
export type Span = { readonly start: number; readonly end: number } | null

/** A column of a scan. The number identifies it in the whole query. */
export interface Column {
  readonly id: number
  readonly name: string
  readonly type: SqlType
}

/** A constant of the query: text as BigQuery prints it, null, or the name of an enumeration such as a part of a date. */
export type Constant = string | null

/** An expression over the columns of its scan, every implicit cast spelled out. */
export type Expression =
  | { readonly kind: 'literal'; readonly value: Constant; readonly type: SqlType; readonly span: Span }
  | {
      readonly kind: 'column'
      readonly column: Column
      readonly isCorrelated: boolean
      readonly type: SqlType
      readonly span: Span
    }
  | { readonly kind: 'parameter'; readonly name: string; readonly type: SqlType; readonly span: Span }
  | Call
  | AggregateCall
  | {
      readonly kind: 'cast'
      readonly of: Expression
      readonly isSafe: boolean
      readonly hasFormat: boolean
      readonly type: SqlType
      readonly span: Span
    }
  | { readonly kind: 'struct'; readonly fields: readonly Expression[]; readonly type: SqlType; readonly span: Span }
  | {
      readonly kind: 'field'
      readonly of: Expression
      readonly at: number
      readonly type: SqlType
      readonly span: Span
    }
  | {
      readonly kind: 'subquery'
      readonly form: string
      readonly of: Scan
      readonly in: Expression | null
      readonly type: SqlType
      readonly span: Span
    }
  | { readonly kind: 'unknown'; readonly node: string; readonly type: SqlType; readonly span: Span }

/** A function of one row. Names are those of BigQuery in lower case; operators begin with `$`. */
export interface Call {
  readonly kind: 'call'
  readonly name: string
  readonly args: readonly Expression[]
  readonly isSafe: boolean
  readonly type: SqlType
  readonly span: Span
}

/** A function of many rows, of a group or of a window. */
export interface AggregateCall {
  readonly kind: 'aggregate'
  readonly name: string
  readonly args: readonly Expression[]
  readonly isSafe: boolean
  readonly isDistinct: boolean
  readonly nulls: 'default' | 'ignore' | 'respect'
  readonly order: readonly Order[]
  readonly limit: Expression | null
  /** True for what only BigQuery has, such as `HAVING MAX`. */
  readonly isModified: boolean
  readonly frame: Frame | null
  readonly type: SqlType
  readonly span: Span
}

/** A column that rows are ordered by, and the place of NULL. */
export interface Order {
  readonly column: Column
  readonly isDescending: boolean
  readonly nulls: 'first' | 'last'
  readonly hasCollation: boolean
}

/** Rows of a window around the current one. */
export interface Frame {
  readonly unit: 'ROWS' | 'RANGE'
  readonly start: FrameEnd
  readonly end: FrameEnd
}

/** One end of a frame. */
export interface FrameEnd {
  readonly boundary:
    | 'UNBOUNDED_PRECEDING'
    | 'OFFSET_PRECEDING'
    | 'CURRENT_ROW'
    | 'OFFSET_FOLLOWING'
    | 'UNBOUNDED_FOLLOWING'
  readonly offset: Expression | null
}

/** A column that a scan computes. */
export interface Computed {
  readonly column: Column
  readonly expression: Expression
}

/** Rows of a query, from the tables up. `columns` are those that the scan gives. */
export type Scan =
  | TableScan
  | {
      readonly kind: 'single'
      readonly columns: readonly Column[]
      readonly span: Span
    }
  | {
      readonly kind: 'project'
      readonly input: Scan
      readonly computed: readonly Computed[]
      readonly columns: readonly Column[]
      readonly span: Span
    }
  | {
      readonly kind: 'filter'
      readonly input: Scan
      readonly condition: Expression
      readonly columns: readonly Column[]
      readonly span: Span
    }
  | {
      readonly kind: 'aggregate'
      readonly input: Scan
      readonly groupBy: readonly Computed[]
      readonly computed: readonly Computed[]
      /** True for ROLLUP, CUBE and GROUPING SETS. */
      readonly hasSets: boolean
      readonly columns: readonly Column[]
      readonly span: Span
    }
  | {
      readonly kind: 'window'
      readonly input: Scan
      readonly groups: readonly WindowGroup[]
      readonly columns: readonly Column[]
      readonly span: Span
    }
  | {
      readonly kind: 'join'
      readonly join: 'INNER' | 'LEFT' | 'RIGHT' | 'FULL'
      readonly left: Scan
      readonly right: Scan
      readonly condition: Expression | null
      readonly columns: readonly Column[]
      readonly span: Span
    }
  | {
      readonly kind: 'array'
      readonly input: Scan | null
      readonly array: Expression
      readonly element: Column
      readonly offset: Column | null
      readonly condition: Expression | null
      readonly isOuter: boolean
      readonly columns: readonly Column[]
      readonly span: Span
    }
  | {
      readonly kind: 'set'
      readonly operation: string
      readonly inputs: readonly { readonly scan: Scan; readonly columns: readonly Column[] }[]
      readonly columns: readonly Column[]
      readonly span: Span
    }
  | {
      readonly kind: 'order'
      readonly input: Scan
      readonly order: readonly Order[]
      readonly columns: readonly Column[]
      readonly span: Span
    }
  | {
      readonly kind: 'limit'
      readonly input: Scan
      readonly limit: Expression
      readonly offset: Expression | null
      readonly columns: readonly Column[]
      readonly span: Span
    }
  | {
      readonly kind: 'with'
      readonly entries: readonly { readonly name: string; readonly scan: Scan }[]
      readonly query: Scan
      readonly isRecursive: boolean
      readonly columns: readonly Column[]
      readonly span: Span
    }
  | {
      readonly kind: 'with_reference'
      readonly name: string
      readonly columns: readonly Column[]
      readonly span: Span
    }
  | {
      readonly kind: 'pivot'
      readonly input: Scan
      readonly groupBy: readonly Computed[]
      readonly aggregates: readonly Expression[]
      readonly by: Expression
      readonly values: readonly Expression[]
      readonly cells: readonly { readonly column: Column; readonly aggregate: number; readonly value: number }[]
      readonly columns: readonly Column[]
      readonly span: Span
    }
  | {
      readonly kind: 'unpivot'
      readonly input: Scan
      readonly values: readonly Column[]
      readonly label: Column
      readonly labels: readonly Expression[]
      readonly sources: readonly (readonly Column[])[]
      readonly kept: readonly Computed[]
      readonly includesNulls: boolean
      readonly columns: readonly Column[]
      readonly span: Span
    }
  | {
      readonly kind: 'unknown'
      readonly node: string
      readonly columns: readonly Column[]
      readonly span: Span
    }

/** A table of the catalog at one place of the query. */
export interface TableScan {
  readonly kind: 'table'
  /** `toast.order_details`. */
  readonly table: string
  readonly alias: string
  readonly columns: readonly Column[]
  readonly span: Span
}

/** Functions that share one window. */
export interface WindowGroup {
  readonly partitionBy: readonly Column[]
  readonly order: readonly Order[]
  readonly computed: readonly Computed[]
}

/** A query as Google's analyser understood it. */
export interface Query {
  readonly output: readonly { readonly name: string; readonly column: Column }[]
  readonly scan: Scan
}

/** Scans that a scan reads directly, in the order of its columns. Those inside of expressions are not among them. */
export function inputsOf(scan: Scan): readonly Scan[] {
  switch (scan.kind) {
    case 'join':
      return [scan.left, scan.right]
    case 'set':
      return scan.inputs.map((each) => each.scan)
    case 'with':
      return [...scan.entries.map((each) => each.scan), scan.query]
    case 'array':
      return scan.input === null ? [] : [scan.input]
    case 'table':
    case 'single':
    case 'with_reference':
    case 'unknown':
      return []
    default:
      return [scan.input]
  }
}

/** Expressions that a scan evaluates itself. */
export function expressionsOf(scan: Scan): readonly Expression[] {
  switch (scan.kind) {
    case 'project':
      return scan.computed.map(({ expression }) => expression)
    case 'filter':
      return [scan.condition]
    case 'aggregate':
      return [...scan.groupBy, ...scan.computed].map(({ expression }) => expression)
    case 'window':
      return scan.groups.flatMap((group) => group.computed.map(({ expression }) => expression))
    case 'join':
      return scan.condition === null ? [] : [scan.condition]
    case 'array':
      return scan.condition === null ? [scan.array] : [scan.array, scan.condition]
    case 'limit':
      return scan.offset === null ? [scan.limit] : [scan.limit, scan.offset]
    case 'pivot':
      return [...scan.groupBy.map(({ expression }) => expression), ...scan.aggregates, scan.by, ...scan.values]
    case 'unpivot':
      return [...scan.kept.map(({ expression }) => expression), ...scan.labels]
    default:
      return []
  }
}

/** Expressions directly inside of another one. */
export function operandsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'call':
      return expression.args
    case 'aggregate':
      return expression.limit === null ? expression.args : [...expression.args, expression.limit]
    case 'cast':
    case 'field':
      return [expression.of]
    case 'struct':
      return expression.fields
    case 'subquery':
      return expression.in === null ? [] : [expression.in]
    default:
      return []
  }
}

/** Every table scan of a query, those in subqueries of expressions as well. */
export function tableScansOf(scan: Scan): readonly TableScan[] {
  const own = scan.kind === 'table' ? [scan] : []
  return [...own, ...inputsOf(scan).flatMap(tableScansOf), ...expressionsOf(scan).flatMap(tableScansIn)]
}

function tableScansIn(expression: Expression): readonly TableScan[] {
  const own = expression.kind === 'subquery' ? tableScansOf(expression.of) : []
  return [...own, ...operandsOf(expression).flatMap(tableScansIn)]
}
