import type { BusinessDate } from '../functions/pipeline/entities.ts'
import type { Words } from '../functions/pipeline/slice-words.ts'
import type { Column, Row } from './cell.ts'

/** Words, as far as they name columns. */
type Keys = { readonly [Noun in 'shard' | 'window']: Pick<Words[Noun], 'key' | 'head'> }
type Placed = { readonly shard: string; readonly window: BusinessDate }

/** A thing of one shard and window as a row, with the keys of its pipeline: of a restaurant `location` and `date`. They come first. */
export function inWords<Thing extends Placed>(
  { shard, window, ...rest }: Thing,
  words: Keys,
): Row & Omit<Thing, keyof Placed> {
  return { [words.shard.key]: shard, [words.window.key]: window, ...rest }
}

/** Column of the shard. */
export function shardColumn({ shard: { key, head } }: Keys): Column {
  return { key, head }
}

/** Column of the window. */
export function windowColumn({ window: { key, head } }: Keys): Column {
  return { key, head }
}

/** Columns of shard and window, which begin most tables. */
export function placeColumns(words: Keys): readonly Column[] {
  return [shardColumn(words), windowColumn(words)]
}

/** The flag that narrows a command to a shard or a window. */
export function flagOf({ key }: Pick<Words['shard' | 'window'], 'key'>): string {
  return `--${key}`
}

/** Flags that name a shard of any pipeline of the project: `--location` of a restaurant, `--shard` of files. */
export function shardFlags(words: readonly Keys[]): readonly string[] {
  return [...new Set(words.map(({ shard }) => flagOf(shard)))].toSorted()
}
