import type { ApiClient } from '../functions/api/contract/client.ts'
import { allStreams } from '../functions/config/config.ts'
import { DaybreakError } from '../functions/errors.ts'
import { didYouMean } from '../functions/lib/did-you-mean.ts'
import { isDiscovered, type PipelineDefinition } from '../functions/pipeline/definition.ts'
import type { RunScope } from '../functions/pipeline/entities.ts'
import { wordsOf } from '../functions/pipeline/slice-words.ts'
import { isTables } from '../functions/pipeline/tables/tools.ts'
import { askPipeline } from './api.ts'
import type { Args } from './args.ts'
import { flagOf } from './slice-words.ts'
import { readTableWindow, readWindow, readWindowName } from './values.ts'

/** Flag of the commands that load. */
export const RELOAD_ARG = {
  type: 'boolean',
  description: 'Load the partitions of the scope again, also those that are loaded.',
} as const

/** Flags that narrow a command to some slices. */
export const SCOPE_ARGS = {
  date: {
    type: 'string',
    alias: 'window',
    many: true,
    valueHint: 'YYYY-MM-DD',
    description: 'Window; several with commas.',
  },
  location: {
    type: 'string',
    alias: 'shard',
    many: true,
    valueHint: 'ID',
    description: 'Id of a shard; several with commas.',
  },
  stream: {
    type: 'string',
    many: true,
    valueHint: 'NAME',
    description: 'Stream, e.g. order_details; several with commas.',
  },
} as const satisfies Args

/** Names the pipeline, where there are several. */
export const PIPELINE_ARG = {
  pipeline: {
    type: 'positional',
    required: false,
    description: 'A file of config/pipelines; the only one if absent.',
  },
} as const satisfies Args

/** Names the pipeline by a flag, in commands whose arguments are something else. */
export const PIPELINE_FLAG = {
  pipeline: { type: 'string', valueHint: 'NAME', description: 'A file of config/pipelines; the only one if absent.' },
} as const satisfies Args

/** Flags that name a pipeline and some of its slices. */
export interface Scoped {
  readonly pipeline: string | undefined
  readonly date: readonly string[]
  readonly location: readonly string[]
  readonly stream: readonly string[]
}

/** Pipeline and scope of the flags, for a server. @throws {DaybreakError} USAGE_INVALID. */
export async function scopeThere({ pipeline, date, location, stream }: Scoped, api: ApiClient) {
  const { name, words } = await askPipeline(api, pipeline)
  const windows = date.map((text) => readWindowName(flagOf(words.window), text))
  return {
    pipeline: name,
    ...(windows.length > 0 && { windows }),
    ...(location.length > 0 && { shards: [...location] }),
    ...(stream.length > 0 && { streams: [...stream] }),
  }
}

interface ScopeFlags {
  readonly date?: readonly string[] | undefined
  readonly location?: readonly string[] | undefined
  readonly stream?: readonly string[] | undefined
}

/** The same scope for a command that only looks at slices: windows of tables have ids. @throws {DaybreakError} USAGE_INVALID */
export function toSlices(flags: ScopeFlags, definition: PipelineDefinition): RunScope {
  if (!isTables(definition)) return toScope(flags, definition)
  const { date = [], ...others } = flags
  const windows = date.map((text) => readTableWindow(flagOf(wordsOf(definition).window), text))
  return { ...toScope(others, definition), ...(windows.length > 0 && { windows }) }
}

/** The scope the flags name; what they leave out is not narrowed. @throws {DaybreakError} USAGE_INVALID */
export function toScope(
  { date = [], location = [], stream = [] }: ScopeFlags,
  definition: PipelineDefinition,
): RunScope {
  const words = wordsOf(definition)
  const dates = date.map((text) => readWindow(flagOf(words.window), text, definition))
  const ids = definition.shards.map(({ id }) => id)
  const streams = allStreams(definition.config)
  for (const id of isDiscovered(definition) ? [] : location) expectOneOf(flagOf(words.shard), id, ids)
  for (const name of stream) expectOneOf('--stream', name, streams)
  return {
    ...(dates.length > 0 && { windows: dates }),
    ...(location.length > 0 && { shards: location }),
    ...(stream.length > 0 && { streams: stream }),
  }
}

function expectOneOf(flag: string, value: string, known: readonly string[]): void {
  if (known.includes(value)) return
  const list = known.length > 12 ? `${known.slice(0, 12).join(', ')}, ...` : known.join(', ')
  throw new DaybreakError(
    'USAGE_INVALID',
    `${flag} ${JSON.stringify(value)} is unknown; expected one of ${list}.${didYouMean(value, known)}`,
  )
}
