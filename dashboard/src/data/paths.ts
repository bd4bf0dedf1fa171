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
