/** Keys of a slice, for its address. */
interface SliceKey {
  readonly pipeline: string
  readonly window: string
  readonly shard: string
  readonly stream: string
}

/** Address of the page of a slice. */
export function sliceHref({ pipeline, window, shard, stream }: SliceKey): string {
  return `/slices/${[pipeline, window, shard, stream].map(encodeURIComponent).join('/')}`
}

/** Address of the page of a window of all shards. */
export function dayHref(pipeline: string, window: string): string {
  return `/days/${encodeURIComponent(pipeline)}/${encodeURIComponent(window)}`
}

/** Address of the page of a model. */
export function modelHref(model: string): string {
  return `/models/${encodeURIComponent(model)}`
}

/** Address of the lineage of a node, or of one of its columns. */
export function lineageHref(node: string, column?: string): string {
  return `/lineage?${new URLSearchParams({ node, ...(column !== undefined && { column }) })}`
}

/** Address of the page of a node: of a model, of the table of a stream, or of its lineage for a file or an exposure. */
export function nodeHref(id: string): string {
  const [dataset = '', name = ''] = id.split('.')
  if (id.includes(':')) return lineageHref(id)
  if (dataset === 'models') return modelHref(name)
  return `/data/${encodeURIComponent(name)}?${new URLSearchParams({ pipeline: dataset })}`
}

/** A value of a model, by the key of its row. */
interface CellKey {
  readonly model: string
  readonly column: string
  /** `column=value` of each column of the key. */
  readonly key: readonly string[]
}

/** Address of the lines of files that a value is made of. */
export function cellHref({ model, column, key }: CellKey): string {
  const search = new URLSearchParams({ node: `models.${model}`, column })
  for (const part of key) search.append('key', part)
  return `/lineage?${search}`
}
