import type { PipelineConfig } from '../config/config.ts'
import type { Contract } from '../contract/contract.ts'
import type { Table } from './destination.ts'
import type { SliceKey } from './entities.ts'

/** A noun for the shard or the window of a slice. */
interface Noun {
  /** In a sentence: `location`, `business date`. */
  readonly one: string
  readonly many: string
  /** Member of a row, and flag: the same for all pipelines of a kind, so that programs can rely on it. */
  readonly key: 'location' | 'date' | 'shard' | 'window'
  /** Head of a column for people. */
  readonly head: string
}

/** Nouns of a pipeline for its shards and windows. Messages, tables and screens take them from here. */
export interface Words {
  readonly shard: Noun
  readonly window: Noun
  /** The two counted together: `location-days`. */
  readonly both: string
}

const RESTAURANT: Words = {
  shard: { one: 'location', many: 'locations', key: 'location', head: 'location' },
  window: { one: 'business date', many: 'business dates', key: 'date', head: 'date' },
  both: 'location-days',
}

interface Worded {
  readonly config: Pick<PipelineConfig, 'kind'>
  /** By stream. */
  readonly contracts: ReadonlyMap<string, Pick<Contract, 'carries'>>
}

/**
 * Pure: locations and business dates of restaurants. Other pipelines take the names of the columns that carry shard and
 * window, where all of their contracts that carry one agree, and say `shard` and `window` otherwise.
 */
export function wordsOf({ config, contracts }: Worded): Words {
  if (config.kind !== 'files' && config.kind !== 'table') return RESTAURANT
  const carried = [...contracts.values()].map(({ carries }) => carries)
  const shard = agreed(carried.map((one) => one?.shard)) ?? 'shard'
  const window = agreed(carried.map((one) => one?.window)) ?? 'window'
  return {
    shard: { one: shard, many: plural(shard), key: 'shard', head: shard },
    window: { one: window, many: plural(window), key: 'window', head: window },
    both: `${shard}-${plural(window)}`,
  }
}

/** `toast: a shard is a location, a window a business date`, for texts that know no pipeline. */
export function nounsNamed(pipeline: string, { shard, window }: Words): string {
  return `${pipeline}: a shard is ${withArticle(shard.one)}, a window ${withArticle(window.one)}`
}

function withArticle(noun: string): string {
  return `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`
}

/** The one name among them as a word; none where they differ. */
function agreed(names: readonly (string | undefined)[]): string | undefined {
  const given = new Set(names.filter((name) => name !== undefined))
  const [name] = given
  return name !== undefined && given.size === 1 ? wordOf(name) : undefined
}

function wordOf(column: string): string {
  return column.replace(/_id$/, '').replaceAll('_', ' ')
}

function plural(word: string): string {
  if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ies`
  return /(s|x|z|ch|sh)$/.test(word) ? `${word}es` : `${word}s`
}

/** The noun that a table has for its shards. */
export function shardNoun({ shardColumn }: Pick<Table, 'shardColumn'>): string {
  return shardColumn === null ? 'shard' : wordOf(shardColumn)
}

/** `location 185001`. */
export function shardNamed(shard: string, words: Words): string {
  return `${words.shard.one} ${shard}`
}

/** `location 185001, 2025-02-05`. */
export function dayNamed({ shard, window }: Pick<SliceKey, 'shard' | 'window'>, words: Words): string {
  return `${shardNamed(shard, words)}, ${window}`
}

/** `orders of location 185001 for 2025-02-05`. */
export function sliceFor({ stream, shard, window }: Omit<SliceKey, 'pipeline'>, words: Words): string {
  return `${stream} of ${shardNamed(shard, words)} for ${window}`
}

/** `--location 185001 --date 2025-02-05`. */
export function flagsOf({ shard, window }: Pick<SliceKey, 'shard' | 'window'>, words: Words): string {
  return `--${words.shard.key} ${shard} --${words.window.key} ${window}`
}
