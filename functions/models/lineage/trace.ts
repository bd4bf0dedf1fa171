import { columnKey, type LineageGraph } from './graph.ts'
import type { ColumnEdge, NodeEdge, RowEdge } from './node.ts'

/** Where a walk begins, which way it goes, and over how many nodes. */
export interface LineageWalk {
  readonly node: string
  /** Null for the node as a whole. */
  readonly column: string | null
  readonly direction: 'upstream' | 'downstream' | 'both'
  readonly depth: number
}

/** Nodes and edges that a walk met. */
export interface LineageTrace {
  /** Nodes with the columns that were met in them, the first node as well. */
  readonly met: ReadonlyMap<string, ReadonlySet<string>>
  readonly reads: readonly NodeEdge[]
  /** Edges of values: of a column those that its value is made of, or that it is part of. */
  readonly columns: readonly ColumnEdge[]
  /** Columns that decide which rows there are in the nodes that were met. */
  readonly rows: readonly RowEdge[]
}

/** Pure: everything that a node or a column is made of, and everything that depends on it. */
export function traceLineage(graph: LineageGraph, walk: LineageWalk): LineageTrace {
  const ways = walk.direction === 'both' ? (['upstream', 'downstream'] as const) : [walk.direction]
  const found = ways.map((way) =>
    walk.column === null ? nodesFrom(graph, walk, way) : columnFrom(graph, { ...walk, column: walk.column }, way),
  )
  return merged(found)
}

type Way = 'upstream' | 'downstream'

/** Nodes around a node, and all edges among them. */
function nodesFrom(graph: LineageGraph, { node, depth }: LineageWalk, way: Way): LineageTrace {
  const { index } = graph
  const met = new Map<string, ReadonlySet<string>>([[node, new Set<string>()]])
  const reads: NodeEdge[] = []
  let front = [node]
  for (let step = 0; step < depth && front.length > 0; step++) {
    const edges = front.flatMap((id) => (way === 'upstream' ? index.readsTo : index.readsFrom).get(id) ?? [])
    reads.push(...edges)
    front = edges.map((edge) => (way === 'upstream' ? edge.from : edge.to)).filter((id) => !met.has(id))
    for (const id of front) met.set(id, new Set())
  }
  const isMet = (from: string, to: string) => met.has(from) && met.has(to)
  return {
    met,
    reads,
    columns: graph.columns.filter(({ from, to }) => isMet(from.node, to.node)),
    rows: graph.rows.filter(({ from, to }) => isMet(from.node, to)),
  }
}

/** A column; without a name the rows of the node. */
interface Point {
  readonly node: string
  readonly column: string | null
  /** True on the way of values; false after a column that decides over rows. */
  readonly isValue: boolean
}

interface Step extends Point {
  /** Edges that lead to it, as the answer shows them. */
  readonly edge: {
    readonly columns?: ColumnEdge
    readonly rows?: RowEdge
    readonly reads?: NodeEdge | undefined
  }
  /** True within one node, which costs no depth. */
  readonly isInside: boolean
}

interface Walking {
  readonly met: Map<string, Set<string>>
  readonly reads: Set<NodeEdge>
  readonly columns: Set<ColumnEdge>
  readonly rows: Set<RowEdge>
}

/**
 * Walks from a column over values and over rows: a column that decides which rows a node has decides over each of its columns, and
 * over the rows of what reads it.
 */
function columnFrom(graph: LineageGraph, { node, column, depth }: LineageWalk, way: Way): LineageTrace {
  const walking: Walking = { met: new Map(), reads: new Set(), columns: new Set(), rows: new Set() }
  const next = way === 'upstream' ? above : below
  const seen = new Set<string>()
  let front: readonly Point[] = [{ node, column, isValue: true }]
  for (let step = 0; front.length > 0; step++) {
    const inside = [...front]
    const outside: Point[] = []
    for (let point = inside.pop(); point; point = inside.pop()) {
      const key = `${columnKey({ node: point.node, column: point.column ?? '' })}\n${point.isValue}`
      if (seen.has(key)) continue
      seen.add(key)
      meet(walking, point)
      for (const found of next(graph, point)) {
        if (found.isInside) inside.push(found)
        else if (step < depth) {
          note(walking, found, point)
          outside.push(found)
        }
      }
    }
    front = outside
  }
  return { met: walking.met, reads: [...walking.reads], columns: [...walking.columns], rows: [...walking.rows] }
}

function meet({ met }: Walking, { node, column }: Point): void {
  const columns = met.get(node) ?? new Set()
  if (column !== null) columns.add(column)
  met.set(node, columns)
}

function note({ reads, columns, rows }: Walking, { edge }: Step, { isValue }: Point): void {
  if (edge.columns && isValue) columns.add(edge.columns)
  if (edge.rows) rows.add(edge.rows)
  if (edge.reads) reads.add(edge.reads)
}

/** One step up: from a column to its sources and the rows of its node, from rows to the columns that decide over them and the rows that are read. */
function above({ index }: LineageGraph, { node, column, isValue }: Point): readonly Step[] {
  const reads = index.readsTo.get(node) ?? []
  const readFrom = (other: string) => reads.find(({ from }) => from === other)
  if (column !== null) {
    const values = index.columnsTo.get(columnKey({ node, column })) ?? []
    return [
      ...values.map((edge) => stepTo({ ...edge.from, isValue }, { columns: edge, reads: readFrom(edge.from.node) })),
      { node, column: null, isValue: false, edge: {}, isInside: true },
    ]
  }
  const deciding = index.rowsTo.get(node) ?? []
  return [
    ...deciding.map((edge) => stepTo({ ...edge.from, isValue }, { rows: edge, reads: readFrom(edge.from.node) })),
    ...reads.map((edge) => stepTo({ node: edge.from, column: null, isValue }, { reads: edge })),
  ]
}

/** One step down: from a column to the columns and rows that depend on it, from rows to all columns of their node and the rows of readers. */
function below({ index, nodes }: LineageGraph, { node, column, isValue }: Point): readonly Step[] {
  const reads = index.readsFrom.get(node) ?? []
  const readBy = (other: string) => reads.find(({ to }) => to === other)
  if (column === null) {
    const own = nodes.get(node)?.columns ?? []
    return [
      ...own.map(({ name }) => ({ node, column: name, isValue, edge: {}, isInside: true })),
      ...reads.map((edge) => stepTo({ node: edge.to, column: null, isValue }, { reads: edge })),
    ]
  }
  const key = columnKey({ node, column })
  // A reader whose columns are not known may read this one.
  const unknown = reads.filter(({ isKnown }) => !isKnown)
  return [
    ...(index.columnsFrom.get(key) ?? []).map((edge) =>
      stepTo({ ...edge.to, isValue }, { columns: edge, reads: readBy(edge.to.node) }),
    ),
    ...(index.rowsFrom.get(key) ?? []).map((edge) =>
      stepTo({ node: edge.to, column: null, isValue: false }, { rows: edge, reads: readBy(edge.to) }),
    ),
    ...unknown.map((edge) => stepTo({ node: edge.to, column: null, isValue: false }, { reads: edge })),
  ]
}

function stepTo(point: Point, edge: Step['edge']): Step {
  return { ...point, edge, isInside: false }
}

function merged(traces: readonly LineageTrace[]): LineageTrace {
  const met = new Map<string, ReadonlySet<string>>()
  for (const [node, columns] of traces.flatMap((trace) => [...trace.met]))
    met.set(node, new Set([...(met.get(node) ?? []), ...columns]))
  return {
    met,
    reads: [...new Set(traces.flatMap(({ reads }) => reads))],
    columns: [...new Set(traces.flatMap(({ columns }) => columns))],
    rows: [...new Set(traces.flatMap(({ rows }) => rows))],
  }
}
