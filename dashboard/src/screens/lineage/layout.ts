/** A node to place, with the height that it is drawn in. */
export interface Box {
  readonly id: string
  readonly height: number
}

/** An edge by the ids of its ends. */
export interface Edge {
  readonly from: string
  readonly to: string
}

/** A node at its place: its layer from the left, and the pixels of its upper edge. */
export interface Placed extends Box {
  readonly layer: number
  readonly top: number
}

/** Nodes in layers, each right of everything that it is made of. */
export interface Layout {
  readonly placed: readonly Placed[]
  /** Middles of the layers that an edge passes on its way, from left to right, by `from>to`. */
  readonly ways: ReadonlyMap<string, readonly number[]>
  readonly layers: number
  readonly height: number
}

/** Pixels between two nodes of a layer. */
const GAP = 10
/** Height of the head of a node, where its lines begin and end. */
export const HEAD = 28
/** Room for an edge that passes a layer. */
const PASSAGE = 6
// Each pass sorts all layers once; orders of graphs like these settle after three or four.
const PASSES = 8

interface Slot extends Box {
  readonly layer: number
  readonly before: string[]
  readonly after: string[]
}

/** Name of an edge. */
export function edgeKey({ from, to }: Edge): string {
  return `${from}>${to}`
}

/**
 * Pure: places nodes in layers by their longest way from a source, and sorts each layer so that few edges cross. An edge over several
 * layers has a place in each of them. The same graph has the same layout.
 */
export function layout(boxes: readonly Box[], edges: readonly Edge[]): Layout {
  const known = new Set(boxes.map(({ id }) => id))
  const used = edges.filter(({ from, to }) => known.has(from) && known.has(to) && from !== to)
  const layers = layersOf(boxes, used)
  const slots = slotsOf(boxes, used, layers)
  const columns = sorted(slots)
  const tops = topsOf(columns, slots)
  const place = (id: string) => tops.get(id) ?? 0
  return {
    placed: boxes.map((box) => ({ ...box, layer: layers.get(box.id) ?? 0, top: place(box.id) })),
    ways: new Map(used.map((edge) => [edgeKey(edge), passagesOf(edge, layers).map((id) => place(id) + PASSAGE / 2)])),
    layers: columns.length,
    height: Math.max(0, ...[...slots.values()].map(({ id, height }) => place(id) + height)),
  }
}

function layersOf(boxes: readonly Box[], edges: readonly Edge[]): ReadonlyMap<string, number> {
  const before = Map.groupBy(edges, ({ to }) => to)
  const layers = new Map<string, number>()
  const layerOf = (id: string, path: ReadonlySet<string>): number => {
    const found = layers.get(id)
    if (found !== undefined) return found
    // A table that reads itself through others gets the layer at which its circle was entered.
    if (path.has(id)) return 0
    const inner = new Set([...path, id])
    const layer = Math.max(-1, ...(before.get(id) ?? []).map(({ from }) => layerOf(from, inner))) + 1
    layers.set(id, layer)
    return layer
  }
  for (const { id } of boxes) layerOf(id, new Set())
  return layers
}

/** Ids of the places of an edge in the layers between its ends. */
function passagesOf({ from, to }: Edge, layers: ReadonlyMap<string, number>): readonly string[] {
  const [first, last] = [layers.get(from) ?? 0, layers.get(to) ?? 0]
  return Array.from({ length: Math.max(0, last - first - 1) }, (_, at) => `${from}>${to}>${first + at + 1}`)
}

function slotsOf(
  boxes: readonly Box[],
  edges: readonly Edge[],
  layers: ReadonlyMap<string, number>,
): ReadonlyMap<string, Slot> {
  const slots = new Map<string, Slot>()
  const add = (box: Box, layer: number) => slots.set(box.id, { ...box, layer, before: [], after: [] })
  for (const box of boxes) add(box, layers.get(box.id) ?? 0)
  for (const edge of edges) {
    const passages = passagesOf(edge, layers)
    for (const [at, id] of passages.entries()) add({ id, height: PASSAGE }, (layers.get(edge.from) ?? 0) + at + 1)
    const way = [edge.from, ...passages, edge.to]
    for (const [at, id] of way.entries()) {
      const next = way[at + 1]
      if (next === undefined) continue
      slots.get(id)?.after.push(next)
      slots.get(next)?.before.push(id)
    }
  }
  return slots
}

/** Layers from left to right, each sorted by the middle of what its nodes are tied to on one side, then on the other. */
function sorted(slots: ReadonlyMap<string, Slot>): readonly (readonly Slot[])[] {
  const most = Math.max(-1, ...[...slots.values()].map(({ layer }) => layer))
  let columns = Array.from({ length: most + 1 }, (_, layer) =>
    [...slots.values()].filter((slot) => slot.layer === layer),
  )
  let best = { columns, crossings: crossingsOf(columns) }
  for (let pass = 0; pass < PASSES; pass++) {
    const side = pass % 2 === 0 ? 'before' : 'after'
    const order = columns.map((_, at) => (side === 'before' ? at : most - at))
    const next = [...columns]
    for (const at of order) {
      const neighbours = next[side === 'before' ? at - 1 : at + 1]
      if (neighbours) next[at] = byMiddle(next[at] ?? [], neighbours, side)
    }
    columns = next
    const crossings = crossingsOf(columns)
    if (crossings < best.crossings) best = { columns, crossings }
  }
  return best.columns
}

function byMiddle(column: readonly Slot[], neighbours: readonly Slot[], side: 'before' | 'after'): Slot[] {
  const places = new Map(neighbours.map(({ id }, at) => [id, at]))
  const middles = new Map(
    column.map((slot, at) => {
      const found = slot[side].flatMap((id) => places.get(id) ?? [])
      return [slot.id, found.length === 0 ? at : found.reduce((sum, each) => sum + each, 0) / found.length]
    }),
  )
  return column.toSorted((a, b) => (middles.get(a.id) ?? 0) - (middles.get(b.id) ?? 0))
}

/** Pairs of edges between neighbouring layers that cross. */
function crossingsOf(columns: readonly (readonly Slot[])[]): number {
  return columns.reduce((sum, column, at) => {
    const places = new Map((columns[at + 1] ?? []).map(({ id }, place) => [id, place]))
    const ends = column.map(({ after }) => after.flatMap((id) => places.get(id) ?? []))
    let crossings = 0
    for (const [upper, own] of ends.entries())
      for (const lower of ends.slice(upper + 1)) for (const a of own) for (const b of lower) if (a > b) crossings += 1
    return sum + crossings
  }, 0)
}

/** Upper edges: stacked in the order of the layer, each as near to the middle of its neighbours as the others leave it. */
function topsOf(columns: readonly (readonly Slot[])[], slots: ReadonlyMap<string, Slot>): ReadonlyMap<string, number> {
  const tops = new Map<string, number>()
  for (const column of columns) {
    let top = 0
    for (const { id, height } of column) {
      tops.set(id, top)
      top += height + GAP
    }
  }
  const anchorOf = (slot: Slot | undefined) => Math.min(slot?.height ?? 0, HEAD) / 2
  const middle = (id: string) => (tops.get(id) ?? 0) + anchorOf(slots.get(id))
  for (let pass = 0; pass < PASSES; pass++) {
    const side = pass % 2 === 0 ? 'before' : 'after'
    for (const column of side === 'before' ? columns : columns.toReversed()) {
      const wished = column.map((slot) => {
        const own = slot[side]
        const wish = own.length === 0 ? null : own.reduce((sum, id) => sum + middle(id), 0) / own.length
        return wish === null ? (tops.get(slot.id) ?? 0) : wish - anchorOf(slot)
      })
      for (const [at, top] of spread(column, wished).entries()) {
        const slot = column[at]
        if (slot) tops.set(slot.id, top)
      }
    }
  }
  const first = Math.min(...tops.values())
  return new Map([...tops].map(([id, top]) => [id, Math.round(top - first)]))
}

/** Places as near to the wishes as their order and gaps allow: halfway between pushing down and pushing up. */
function spread(column: readonly Slot[], wished: readonly number[]): readonly number[] {
  const down: number[] = []
  for (const [at, wish] of wished.entries()) {
    const above = column[at - 1]
    const free = above ? (down[at - 1] ?? 0) + above.height + GAP : Number.NEGATIVE_INFINITY
    down.push(Math.max(wish, free))
  }
  const up = [...wished]
  for (let at = column.length - 1; at >= 0; at--) {
    const free =
      at === column.length - 1 ? Number.POSITIVE_INFINITY : (up[at + 1] ?? 0) - (column[at]?.height ?? 0) - GAP
    up[at] = Math.min(wished[at] ?? 0, free)
  }
  return down.map((top, at) => (top + (up[at] ?? top)) / 2)
}
