import type { ColumnType, Privacy } from '../../contract/contract.ts'

/** A column of a node. */
export interface LineageColumn {
  readonly name: string
  /** Null for a header of a file, whose values are text. */
  readonly type: ColumnType | null
  readonly privacy: Privacy
  readonly description: string
}

/** A file, the table of a stream, a model, or a page or export that people look at. */
export interface LineageNode {
  /** `file:toast/OrderDetails.csv`, `toast.order_details`, `models.daily_sales`, `exposure:weekly_flash`. */
  readonly id: string
  readonly kind: 'file' | 'stream' | 'model' | 'exposure'
  readonly name: string
  readonly description: string
  /** Null for what belongs to no pipeline. */
  readonly pipeline: string | null
  readonly columns: readonly LineageColumn[]
}

/** A column of a node by name. */
export interface ColumnOf {
  readonly node: string
  readonly column: string
}

/** A column whose values another one is made of. */
export interface ColumnEdge {
  readonly from: ColumnOf
  readonly to: ColumnOf
  readonly kind: 'IDENTITY' | 'TRANSFORMATION' | 'AGGREGATION'
  /** How the contract of a stream computes the value or reads its text; null where the query of a model does. */
  readonly expression: string | null
}

/** A column that decides which rows another node has. */
export interface RowEdge {
  readonly from: ColumnOf
  readonly to: string
  readonly kind: 'FILTER' | 'JOIN' | 'GROUP_BY' | 'WINDOW' | 'SORT'
}

/** A node that another one reads. `isKnown` is false where the columns that it reads are not known. */
export interface NodeEdge {
  readonly from: string
  readonly to: string
  readonly isKnown: boolean
}

/** Part of a graph: nodes, and the edges that end in them. */
export interface LineagePart {
  readonly nodes: readonly LineageNode[]
  readonly reads: readonly NodeEdge[]
  readonly columns: readonly ColumnEdge[]
  readonly rows: readonly RowEdge[]
}

/** Column of a file that stands for the file itself: its path, and the place of a row in it. */
export const WHOLE_FILE = '(file)'
