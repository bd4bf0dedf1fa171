/** A node at its place. */
export interface Placed {
  readonly id: string
  readonly layer: number
  readonly row: number
}

interface Edge {
  readonly from: string
  readonly to: string
}

/** Places nodes in layers: each stands right of everything that it is made of, and near the middle of that. */
export function layout(ids: readonly string[], edges: readonly Edge[]): readonly Placed[] {
  const layers = new Map<string, number>()
  const layerOf = (id: string, path: readonly string[]): number => {
    const known = layers.get(id)
    if (known !== undefined) return known
    if (path.includes(id)) return 0
    const before = edges.filter(({ to }) => to === id).map(({ from }) => layerOf(from, [...path, id]))
    const layer = before.length === 0 ? 0 : Math.max(...before) + 1
    layers.set(id, layer)
    return layer
  }
  for (const id of ids) layerOf(id, [])
  const rows = new Map<string, number>()
  const most = Math.max(0, ...layers.values())
  for (let layer = 0; layer <= most; layer++) {
    const here = ids.filter((id) => layers.get(id) === layer)
    const wish = (id: string) => {
      const before = edges.filter(({ to }) => to === id).map(({ from }) => rows.get(from) ?? 0)
      return before.length === 0 ? 0 : before.reduce((sum, row) => sum + row, 0) / before.length
    }
    let next = 0
    for (const id of here.toSorted((a, b) => wish(a) - wish(b) || a.localeCompare(b))) {
      rows.set(id, next)
      next += 1
    }
  }
  return ids.map((id) => ({ id, layer: layers.get(id) ?? 0, row: rows.get(id) ?? 0 }))
}
