import type { CompiledModel } from '../functions/models/compiled.ts'
import { type LineageGraph, lineageGraph } from '../functions/models/lineage/graph.ts'
import { traceLineage } from '../functions/models/lineage/trace.ts'
import { aModel, reads } from '../tests/support/models.ts'

const MODELS = Number(process.argv[2] ?? 1_000)
const COLUMNS = 40
const ROUNDS = 15

/** Builds the graph of many models in ten layers, each of two models of the layer above, and walks it; prints medians of processor time. */
function measure(): void {
  const models = layered()
  const built = medianOf(() => lineageGraph({ streams: [], models, exposures: [] }))
  const graph = lineageGraph({ streams: [], models, exposures: [] })
  console.log(
    `${MODELS} models of ${COLUMNS} columns: ${graph.reads.length} reads, ${graph.columns.length} edges of columns`,
  )
  console.log(`graph built in ${built.toFixed(1)} ms`)
  const walks = [
    ['a column, upstream, all the way', { node: last(graph), column: 'c0', direction: 'upstream', depth: 20 }],
    ['a column, downstream, all the way', { node: 'models.m0', column: 'c0', direction: 'downstream', depth: 20 }],
    ['a table, both ways, three steps', { node: middle(graph), column: null, direction: 'both', depth: 3 }],
  ] as const
  for (const [name, walk] of walks) {
    const found = traceLineage(graph, walk)
    const milliseconds = medianOf(() => traceLineage(graph, walk))
    console.log(`${name}: ${found.met.size} nodes, ${found.columns.length} edges in ${milliseconds.toFixed(1)} ms`)
  }
}

function layered(): ReadonlyMap<string, CompiledModel> {
  const names = Array.from({ length: COLUMNS }, (_, at) => `c${at}`)
  const layer = Math.ceil(MODELS / 10)
  return new Map(
    Array.from({ length: MODELS }, (_, at): [string, CompiledModel] => {
      const above = at < layer ? [] : [at - layer, at - layer + (at % layer === layer - 1 ? -1 : 1)]
      const tables = above.map((each) => `models.m${each}`)
      const model = aModel(`m${at}`, {
        columns: Object.fromEntries(names.map((name) => [name, 'int64'])),
        references: tables.map((table, hole) => reads(hole, table)),
        sql: '',
      })
      const sources = (name: string) => tables.map((table) => ({ table, column: name, kind: 'AGGREGATION' as const }))
      const rows = tables.map((table) => ({ table, column: 'c0', kind: 'JOIN' as const }))
      const columns = Object.fromEntries(names.map((name) => [name, sources(name)]))
      return [`m${at}`, { ...model, lineage: { columns, rows } }]
    }),
  )
}

const last = ({ nodes }: LineageGraph): string => [...nodes.keys()].at(-1) ?? ''
const middle = ({ nodes }: LineageGraph): string => [...nodes.keys()][Math.floor(nodes.size / 2)] ?? ''

/** Median of processor time in milliseconds. */
function medianOf(work: () => unknown): number {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const before = process.cpuUsage()
    work()
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000
  })
  return rounds.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0
}

measure()
