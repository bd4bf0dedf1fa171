import type { Exposure } from '../exposure.ts'
import type { Models } from '../order.ts'
import { exposureLineage } from './exposures.ts'
import { modelLineage } from './models.ts'
import type { ColumnEdge, ColumnOf, LineageNode, LineagePart, NodeEdge, RowEdge } from './node.ts'
import { type StreamOf, streamLineage } from './streams.ts'

/** From the headers of files to the pages that people look at. */
export interface LineageGraph {
  readonly nodes: ReadonlyMap<string, LineageNode>
  readonly reads: readonly NodeEdge[]
  readonly columns: readonly ColumnEdge[]
  readonly rows: readonly RowEdge[]
  readonly index: LineageIndex
}

/** Edges by where they begin and where they end, so that a walk reads only those that it follows. */
export interface LineageIndex {
  readonly readsFrom: ReadonlyMap<string, readonly NodeEdge[]>
  readonly readsTo: ReadonlyMap<string, readonly NodeEdge[]>
  readonly columnsFrom: ReadonlyMap<string, readonly ColumnEdge[]>
  readonly columnsTo: ReadonlyMap<string, readonly ColumnEdge[]>
  readonly rowsFrom: ReadonlyMap<string, readonly RowEdge[]>
  readonly rowsTo: ReadonlyMap<string, readonly RowEdge[]>
}

/** Everything that lineage is made of. */
export interface LineageSources {
  readonly streams: readonly StreamOf[]
  readonly models: Models
  readonly exposures: readonly Exposure[]
}

/** Pure: the graph of a project. An edge is exact, or says that it is not known. */
export function lineageGraph({ streams, models, exposures }: LineageSources): LineageGraph {
  const below = [...streams.map(streamLineage), modelLineage(models)]
  const tables = nodesOf(below)
  const parts = [...below, exposureLineage(exposures, tables)]
  return linked({
    nodes: nodesOf(parts),
    reads: parts.flatMap(({ reads }) => reads),
    columns: parts.flatMap(({ columns }) => columns),
    rows: parts.flatMap(({ rows }) => rows),
  })
}

/** Text that names a column of a node. */
export function columnKey({ node, column }: ColumnOf): string {
  // No name of a table, a file or a column has a line end.
  return `${node}\n${column}`
}

/** Nodes by their ids. Two streams of one file share its node. */
function nodesOf(parts: readonly LineagePart[]): ReadonlyMap<string, LineageNode> {
  const nodes = new Map<string, LineageNode>()
  for (const node of parts.flatMap((part) => part.nodes)) {
    const known = nodes.get(node.id)
    const columns = new Map([...(known?.columns ?? []), ...node.columns].map((column) => [column.name, column]))
    nodes.set(node.id, { ...(known ?? node), columns: [...columns.values()] })
  }
  return nodes
}

function linked(graph: Omit<LineageGraph, 'index'>): LineageGraph {
  const { reads, columns, rows } = graph
  return {
    ...graph,
    index: {
      readsFrom: Map.groupBy(reads, ({ from }) => from),
      readsTo: Map.groupBy(reads, ({ to }) => to),
      columnsFrom: Map.groupBy(columns, ({ from }) => columnKey(from)),
      columnsTo: Map.groupBy(columns, ({ to }) => columnKey(to)),
      rowsFrom: Map.groupBy(rows, ({ from }) => columnKey(from)),
      rowsTo: Map.groupBy(rows, ({ to }) => to),
    },
  }
}
