import { fileOf } from '../../contract/contract.ts'
import { DaybreakError } from '../../errors.ts'
import type { PipelineDefinition } from '../../pipeline/definition.ts'
import type { HandlersOf } from '../call.ts'
import type { ApiContext } from '../context.ts'
import type { LINEAGE_ROUTES } from '../contract/lineage.ts'

interface Node {
  readonly id: string
  readonly kind: 'source' | 'file' | 'stream' | 'table'
  readonly name: string
  readonly description: string
  readonly pipeline: string | null
  readonly columns: string[]
  readonly freshAt: string | null
}
interface Edge {
  readonly from: string
  readonly to: string
  readonly columns: { readonly from: string; readonly to: string; readonly how: string | null }[]
}

/** Handlers of lineage. */
export const LINEAGE_HANDLERS: HandlersOf<typeof LINEAGE_ROUTES> = {
  'GET /api/lineage': async ({ query: { node, column, direction, depth } }, { definitions }: ApiContext) => {
    const all = graphOf([...definitions.values()])
    if (node === undefined) return { body: all }
    if (!all.nodes.some(({ id }) => id === node))
      throw new DaybreakError('NOT_FOUND', `there is no node ${JSON.stringify(node)}`)
    const reached = reach(all.edges, { node, direction, depth })
    const edges = all.edges.filter(({ from, to }) => reached.has(from) && reached.has(to))
    return {
      body: {
        nodes: all.nodes.filter(({ id }) => reached.has(id)),
        edges:
          column === undefined
            ? edges
            : edges.map((edge) => ofColumn(edge, column)).filter((edge) => edge.columns.length > 0),
      },
    }
  },
}

function graphOf(definitions: readonly PipelineDefinition[]): { nodes: Node[]; edges: Edge[] } {
  const parts = definitions.map(partOf)
  return { nodes: parts.flatMap(({ nodes }) => nodes), edges: parts.flatMap(({ edges }) => edges) }
}

/** Source, files, streams and tables of a pipeline. A table has the columns of its stream. */
function partOf({ name: pipeline, config, contracts }: PipelineDefinition): { nodes: Node[]; edges: Edge[] } {
  const source = `source:${pipeline}/${config.source}`
  const streams = [...contracts.values()]
  const nodes = streams.flatMap((contract): readonly Node[] => {
    const { stream, description, columns, derived } = contract
    const names = [...columns, ...derived].map(({ name }) => name)
    const headers = columns.map(({ from }) => (typeof from === 'string' ? from : (from[0] ?? '')))
    const common = { pipeline, freshAt: null }
    return [
      {
        ...common,
        id: `file:${pipeline}/${fileOf(contract)}`,
        kind: 'file',
        name: fileOf(contract),
        description,
        columns: headers,
      },
      { ...common, id: `stream:${pipeline}/${stream}`, kind: 'stream', name: stream, description, columns: names },
      {
        ...common,
        id: `table:${pipeline}.${stream}`,
        kind: 'table',
        name: `${pipeline}.${stream}`,
        description,
        columns: names,
      },
    ]
  })
  const edges = streams.flatMap((contract): readonly Edge[] => {
    const { stream, columns, derived } = contract
    const own = columns.map(({ name, from, privacy }) => ({
      from: typeof from === 'string' ? from : (from[0] ?? ''),
      to: name,
      how: privacy === 'keep' ? null : privacy,
    }))
    const same = [...columns, ...derived].map(({ name }) => ({ from: name, to: name, how: null }))
    const [file, made, table] = [
      `file:${pipeline}/${fileOf(contract)}`,
      `stream:${pipeline}/${stream}`,
      `table:${pipeline}.${stream}`,
    ]
    return [
      { from: source, to: file, columns: [] },
      { from: file, to: made, columns: own },
      { from: made, to: table, columns: same },
    ]
  })
  const description = `Connection that the files of ${pipeline} come from.`
  return {
    nodes: [
      { id: source, kind: 'source', name: config.source, description, pipeline, columns: [], freshAt: null },
      ...nodes,
    ],
    edges,
  }
}

interface Reach {
  readonly node: string
  readonly direction: 'upstream' | 'downstream' | 'both'
  readonly depth: number
}

function reach(edges: readonly Edge[], { node, direction, depth }: Reach): ReadonlySet<string> {
  const walk = (next: (id: string) => readonly string[]) => {
    const seen = new Set([node])
    let front: readonly string[] = [node]
    for (let step = 0; step < depth && front.length > 0; step++) {
      front = front.flatMap(next).filter((id) => !seen.has(id))
      for (const id of front) seen.add(id)
    }
    return seen
  }
  const up = walk((id) => edges.filter(({ to }) => to === id).map(({ from }) => from))
  const down = walk((id) => edges.filter(({ from }) => from === id).map(({ to }) => to))
  return new Set([...(direction === 'downstream' ? [] : up), ...(direction === 'upstream' ? [] : down)])
}

function ofColumn({ from, to, columns }: Edge, column: string): Edge {
  return { from, to, columns: columns.filter((each) => each.from === column || each.to === column) }
}
