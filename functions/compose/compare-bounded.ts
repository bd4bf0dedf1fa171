import { DaybreakError } from '../errors.ts'
import type { PipelineDefinition } from '../pipeline/definition.ts'
import { verifyRange } from '../pipeline/load/verify.ts'
import type { CompareAsked, ComparedPipeline, ComparedTable, Comparison } from '../pipeline/tables/compare.ts'
import { isTables, type TableDefinition } from '../pipeline/tables/tools.ts'

/** Both sides of a table, or why they were not compared. */
export type Compared =
  | { readonly stream: string; readonly comparison: Comparison }
  | { readonly stream: string; readonly reason: string }

/** The part of an open project that comparisons need. */
interface Comparing {
  readonly compare: ((definition: TableDefinition, stream: string, most: number) => Promise<Comparison>) | null
  readonly ports: Parameters<typeof verifyRange>[2]
}

/** Tables one after the other; unless streams are named, one that has no key does not keep the others from being compared. */
export async function compareStreams(
  definition: TableDefinition,
  { streams, keys }: Pick<CompareAsked, 'streams' | 'keys'>,
  compare: NonNullable<Comparing['compare']>,
): Promise<readonly Compared[]> {
  const looks: Compared[] = []
  for (const stream of streams.length > 0 ? streams : definition.config.streams) {
    const look = compare(definition, stream, keys).then((comparison): Compared => ({ stream, comparison }))
    looks.push(await (streams.length > 0 ? look : look.catch((error) => notCompared(stream, error))))
  }
  return looks
}

const LIMIT = 60_000

/**
 * Compares within a time, one comparison of a pipeline at a time: each reads whole tables. One that takes longer is given up on for its
 * caller, and holds its place until it ends. @throws {DaybreakError} QUERY_LIMIT, STATE_CONFLICT and those of `compareStream`.
 */
export function boundedCompare(daybreak: Comparing, limit = LIMIT) {
  const busy = new Set<string>()
  return async (definition: PipelineDefinition, asked: CompareAsked): Promise<ComparedPipeline> => {
    const { name } = definition
    if (busy.has(name))
      throw new DaybreakError('STATE_CONFLICT', `a comparison of ${name} is at work; wait until it ends`)
    busy.add(name)
    const work = comparePipeline(definition, asked, daybreak).finally(() => busy.delete(name))
    work.catch(() => undefined)
    const { promise: late, reject } = Promise.withResolvers<never>()
    const message = `comparing ${name} takes more than ${limit / 1000} s; name one of its streams, or run \`daybreak compare ${name}\``
    const timer = setTimeout(() => reject(new DaybreakError('QUERY_LIMIT', message)), limit)
    return await Promise.race([work, late]).finally(() => clearTimeout(timer))
  }
}

async function comparePipeline(
  definition: PipelineDefinition,
  { range, ...asked }: CompareAsked,
  { compare, ports }: Comparing,
): Promise<ComparedPipeline> {
  if (isTables(definition) && compare) return summed(await compareStreams(definition, asked, compare))
  const { verified, mismatches } = await verifyRange(definition, range, ports)
  return {
    isEqual: mismatches.length === 0,
    sentence: `${verified - mismatches.length} of ${verified} partitions equal what was loaded.`,
    streams: [],
    partitions: { compared: verified, mismatches: [...mismatches] },
  }
}

function summed(looks: readonly Compared[]): ComparedPipeline {
  const streams = looks.map(toRow)
  const equal = streams.filter(({ result }) => result === 'equal').length
  return {
    isEqual: equal === streams.length,
    sentence: `${equal} of ${streams.length} ${streams.length === 1 ? 'table' : 'tables'} ${equal === 1 ? 'is' : 'are'} the same at both sides.`,
    streams,
    partitions: null,
  }
}

function toRow(look: Compared): ComparedTable {
  const { stream } = look
  if ('reason' in look)
    return { stream, result: 'not compared', sourceRows: null, destinationRows: null, keys: [], reason: look.reason }
  const { sourceRows, destinationRows, keys, shares } = look.comparison
  const result = shares === 0 ? 'equal' : 'different'
  return { stream, result, sourceRows, destinationRows, keys: [...keys], reason: null }
}

function notCompared(stream: string, error: unknown): Compared {
  if (error instanceof DaybreakError && ['USAGE_INVALID', 'NOT_FOUND'].includes(error.code))
    return { stream, reason: error.message }
  throw error
}
