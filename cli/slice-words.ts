import type { PipelineDefinition } from '../functions/pipeline/definition.ts'
import type { BusinessDate } from '../functions/pipeline/entities.ts'
import { type Words, wordsOf } from '../functions/pipeline/slice-words.ts'
import type { Column, Row } from './cell.ts'

type Placed = { readonly shard: string; readonly window: BusinessDate }

/** A thing of one shard and window as a row, with the keys of its pipeline: of a restaurant `location` and `date`. They come first. */
export function inWords<Thing extends Placed>(
  { shard, window, ...rest }: Thing,
  words: Words,
): Row & Omit<Thing, keyof Placed> {
  return { [words.shard.key]: shard, [words.window.key]: window, ...rest }
}

/** Column of the shard. */
export function shardColumn({ shard: { key, head } }: Words): Column {
  return { key, head }
}

/** Column of the window. */
export function windowColumn({ window: { key, head } }: Words): Column {
  return { key, head }
}

/** Columns of shard and window, which begin most tables. */
export function placeColumns(words: Words): readonly Column[] {
  return [shardColumn(words), windowColumn(words)]
}

/** The flag that narrows a command to a shard or a window. */
export function flagOf({ key }: Words['shard' | 'window']): string {
  return `--${key}`
}

/** Flags that name a shard of any pipeline of the project: `--location` of a restaurant, `--shard` of files. */
export function shardFlags(definitions: Iterable<PipelineDefinition>): readonly string[] {
  return [...new Set([...definitions].map((definition) => flagOf(wordsOf(definition).shard)))].toSorted()
}
