import { setImmediate } from 'node:timers/promises'
import type { PipelineDefinition } from '../definition.ts'
import type { Look, PlanInput } from './planner.ts'
import { plannerOf } from './planners.ts'

// Shards that are planned in one go: some milliseconds.
const PART = 100

/** The plan of some shards after the other, each with its own slices. The event loop has a turn between them. */
async function* planParts(definition: PipelineDefinition, input: PlanInput): AsyncGenerator<readonly Look[]> {
  const slices = Map.groupBy(input.slices, ({ shard }) => shard)
  for (let from = 0; from < definition.shards.length; from += PART) {
    if (from > 0) await setImmediate()
    const shards = definition.shards.slice(from, from + PART)
    const own = shards.flatMap(({ id }) => slices.get(id) ?? [])
    yield plannerOf({ ...definition, shards }).plan({ ...input, slices: own })
  }
}

/** The plan of a pipeline, as `Planner.plan` gives it: all shards of some windows before the next windows. */
export async function planInParts(definition: PipelineDefinition, input: PlanInput): Promise<readonly Look[]> {
  const turns: Look[][] = []
  for await (const part of planParts(definition, input))
    for (const own of Map.groupBy(part, ({ shard }) => shard).values())
      for (const [turn, look] of own.entries()) {
        const some = turns[turn] ?? []
        some.push(look)
        turns[turn] = some
      }
  return turns.flat()
}

/** True if any window deserves a look. */
export async function isAnyDue(definition: PipelineDefinition, input: PlanInput): Promise<boolean> {
  for await (const part of planParts(definition, input)) if (part.length > 0) return true
  return false
}
