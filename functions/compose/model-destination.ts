import { DaybreakError } from '../errors.ts'
import { MODELS, type Models, streamPipelines } from '../models/order.ts'
import type { Destination } from '../pipeline/destination.ts'

/**
 * Destinations by pipeline, and the one that models are built in under their name: that of the pipelines they read.
 * @throws {DaybreakError} CONFIG_INVALID for pipelines of several destinations: no query reads two of them.
 */
export function withModels(
  destinations: ReadonlyMap<string, Destination>,
  models: Models,
): ReadonlyMap<string, Destination> {
  const found = new Map(streamPipelines(models).map((pipeline) => [destinations.get(pipeline), pipeline]))
  const [first, second] = [...found]
  if (second !== undefined) {
    const message = `models read the pipelines ${first?.[1]} and ${second[1]}, which load into two destinations; a query reads one`
    throw new DaybreakError('CONFIG_INVALID', message)
  }
  return first?.[0] === undefined ? destinations : new Map([...destinations, [MODELS, first[0]]])
}
