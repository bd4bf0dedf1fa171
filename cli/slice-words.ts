import type { BusinessDate } from '../functions/pipeline/entities.ts'

/** A thing of one shard and window, with the words that people use: the location and its business date come first. */
export function inWords<Thing extends { readonly shard: string; readonly window: BusinessDate }>({
  shard,
  window,
  ...rest
}: Thing): { readonly location: string; readonly date: BusinessDate } & Omit<Thing, 'shard' | 'window'> {
  return { location: shard, date: window, ...rest }
}
