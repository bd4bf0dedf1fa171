import type { Edge } from './layout.ts'

/** Ids of nodes. */
export type Trace = ReadonlySet<string>

/** Pure: a node with everything that it is made of and everything that depends on it. */
export function nearOf(id: string, edges: readonly Edge[]): Trace {
  const found = new Set([id])
  for (const side of ['from', 'to'] as const) {
    const other = side === 'from' ? 'to' : 'from'
    const ends = Map.groupBy(edges, (edge) => edge[side])
    const queue = [id]
    const met = new Set(queue)
    for (let next = queue.pop(); next !== undefined; next = queue.pop())
      for (const edge of ends.get(next) ?? []) {
        if (met.has(edge[other])) continue
        met.add(edge[other])
        found.add(edge[other])
        queue.push(edge[other])
      }
  }
  return found
}

interface Line {
  readonly from: { readonly x: number; readonly y: number }
  readonly to: { readonly x: number; readonly y: number }
  /** Heights at which the line passes the layers in between. */
  readonly ways: readonly number[]
  /** Pixels from one layer to the next. */
  readonly step: number
}

/** Pure: the path of a line from left to right, over its places in the layers between. */
export function pathOf({ from, to, ways, step }: Line): string {
  const layer = from.x
  const points = [
    from,
    // Each layer in between is passed at its left edge and again at its right one.
    ...ways.flatMap((y, at) => [
      { x: to.x - (ways.length - at) * step, y },
      { x: layer + (at + 1) * step, y },
    ]),
    to,
  ]
  return points.slice(1).reduce((path, point, at) => {
    const last = points[at] ?? from
    const bend = (point.x - last.x) / 2
    return `${path}C${last.x + bend} ${last.y} ${point.x - bend} ${point.y} ${point.x} ${point.y}`
  }, `M${from.x} ${from.y}`)
}

interface Detailed extends Edge {
  readonly columns: readonly { readonly from: string; readonly to: string }[]
}

/** Pure: the columns that the edges of an answer name, by node, in the order of the node's own. */
export function columnsOnPath(
  nodes: readonly { readonly id: string; readonly columns: readonly { readonly name: string }[] }[],
  edges: readonly Detailed[],
): ReadonlyMap<string, readonly string[]> {
  const named = new Map<string, Set<string>>()
  const add = (id: string, column: string) => named.set(id, (named.get(id) ?? new Set()).add(column))
  for (const { from, to, columns } of edges)
    for (const column of columns) {
      add(from, column.from)
      add(to, column.to)
    }
  return new Map(
    nodes.map(({ id, columns }) => [id, columns.map(({ name }) => name).filter((name) => named.get(id)?.has(name))]),
  )
}
