import type { Exposure } from '../exposure.ts'
import type { LineageNode, LineagePart } from './node.ts'

/** Pure: each exposure with the tables and columns that it reads. Its own columns are those, as `table.column`. */
export function exposureLineage(exposures: readonly Exposure[], nodes: ReadonlyMap<string, LineageNode>): LineagePart {
  const shown = exposures.flatMap((exposure) => {
    const to = exposureNode(exposure.name)
    return exposure.reads.flatMap(({ table, columns = [] }) =>
      columns.map((column) => ({ from: { node: table, column }, to: { node: to, column: `${table}.${column}` } })),
    )
  })
  return {
    nodes: exposures.map(({ name, title, description }): LineageNode => {
      const id = exposureNode(name)
      const own = shown.filter(({ to }) => to.node === id)
      return {
        ...{ id, kind: 'exposure', name: title, description, pipeline: null },
        columns: own.flatMap(({ from, to }) => {
          const source = nodes.get(from.node)?.columns.find((column) => column.name === from.column)
          return source ? [{ ...source, name: to.column }] : []
        }),
      }
    }),
    reads: exposures.flatMap(({ name, reads }) =>
      reads.map(({ table, columns }) => ({ from: table, to: exposureNode(name), isKnown: columns !== undefined })),
    ),
    columns: shown.map((edge) => ({ ...edge, kind: 'IDENTITY', expression: null })),
    rows: [],
  }
}

/** Id of the node of an exposure. */
export function exposureNode(name: string): string {
  return `exposure:${name}`
}
