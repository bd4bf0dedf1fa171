import { DaybreakError } from '../../errors.ts'
import { invalid } from '../../http/problem.ts'
import { didYouMean } from '../../lib/did-you-mean.ts'
import type { LineageGraph } from '../../models/lineage/graph.ts'
import type { ColumnEdge, LineageNode } from '../../models/lineage/node.ts'
import { type LineageTrace, traceLineage } from '../../models/lineage/trace.ts'
import type { HandlersOf } from '../call.ts'
import type { LINEAGE_ROUTES } from '../contract/lineage.ts'
import { freshnessOf } from './freshness.ts'
import { LINEAGE_VALUE_HANDLERS } from './lineage-value.ts'

/** Handlers of lineage. */
export const LINEAGE_HANDLERS: HandlersOf<typeof LINEAGE_ROUTES> = {
  'GET /api/lineage': async ({ query: { node, column, direction, depth, columns, environment } }, context) => {
    const graph = await context.lineage(environment)
    if (node === undefined && column !== undefined) throw invalid('column: expected `node` with it')
    if (node !== undefined) expectNode(graph, node, column)
    const trace =
      node === undefined ? wholeTrace(graph) : traceLineage(graph, { node, column: column ?? null, direction, depth })
    const fresh = await freshnessOf(context, environment)
    const nodes = [...trace.met.keys()].flatMap((id) => graph.nodes.get(id) ?? [])
    const isDetailed = columns || column !== undefined
    return {
      body: {
        nodes: nodes.map((each) => ({
          ...nodeAnswer(each),
          ...(fresh.get(each.id) ?? { state: null, freshAt: null }),
        })),
        edges: edgesOf(trace, isDetailed),
        influences: isDetailed ? trace.rows.map(({ from, to, kind }) => ({ from: { ...from }, to, kind })) : [],
      },
    }
  },
  'GET /api/lineage/events': async (_, context) => ({ body: { events: [...(await context.lineageEvents())] } }),
  ...LINEAGE_VALUE_HANDLERS,
}

function expectNode({ nodes }: LineageGraph, id: string, column: string | undefined): void {
  const node = nodes.get(id)
  if (!node) {
    const message = `there is no node ${JSON.stringify(id)}.${didYouMean(id, [...nodes.keys()])}`
    throw new DaybreakError('NOT_FOUND', message)
  }
  const names = node.columns.map(({ name }) => name)
  if (column === undefined || names.includes(column)) return
  throw new DaybreakError('NOT_FOUND', `${id} has no column ${JSON.stringify(column)}.${didYouMean(column, names)}`)
}

function wholeTrace({ nodes, reads, columns, rows }: LineageGraph): LineageTrace {
  return { met: new Map([...nodes.keys()].map((id) => [id, new Set<string>()])), reads, columns, rows }
}

function nodeAnswer({ id, kind, name, description, pipeline, columns }: LineageNode) {
  return { id, kind, name, description, pipeline, columns: columns.map((column) => ({ ...column })) }
}

/** Edges between nodes, with the columns that each carries. */
function edgesOf({ reads, columns }: LineageTrace, isDetailed: boolean) {
  const pairOf = (from: string, to: string) => `${from}\n${to}`
  const carried = Map.groupBy(isDetailed ? columns : [], ({ from, to }) => pairOf(from.node, to.node))
  return reads.map(({ from, to, isKnown }) => ({
    ...{ from, to, isKnown },
    columns: (carried.get(pairOf(from, to)) ?? []).map(columnAnswer),
  }))
}

function columnAnswer({ from, to, kind, expression }: ColumnEdge) {
  return { from: from.column, to: to.column, kind, expression }
}
