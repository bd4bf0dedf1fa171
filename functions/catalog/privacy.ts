import type { Privacy } from '../contract/contract.ts'
import { columnKey, type LineageGraph } from '../models/lineage/graph.ts'

/** Class of privacy of a column of a table. */
export type PrivacyOf = (table: string, column: string) => Privacy

/**
 * Pure: the class of each column: of a stream that of its contract, of a model that of the column whose values it passes on. A
 * computed value has none of its own; the compiler lets no model read a masked column.
 */
export function passedPrivacy({ nodes, index }: LineageGraph): PrivacyOf {
  const known = new Map<string, Privacy>()
  const find: PrivacyOf = (node, column) => {
    const key = columnKey({ node, column })
    const found = known.get(key)
    if (found !== undefined) return found
    // Also ends a walk in a circle, which no graph of models has.
    const own = nodes.get(node)?.columns.find(({ name }) => name === column)?.privacy ?? 'keep'
    known.set(key, own)
    if (own !== 'keep' || nodes.get(node)?.kind !== 'model') return own
    const passed = (index.columnsTo.get(key) ?? [])
      .filter(({ kind }) => kind === 'IDENTITY')
      .map(({ from }) => find(from.node, from.column))
    const privacy = passed.find((each) => each !== 'keep') ?? 'keep'
    known.set(key, privacy)
    return privacy
  }
  return find
}
