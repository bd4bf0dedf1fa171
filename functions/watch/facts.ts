import { datesBetween } from '../lib/business-date.ts'
import type { Facts, RunFact, SliceFact } from '../notify/facts.ts'
import { expectedContracts, type PipelineDefinition } from '../pipeline/definition.ts'
import type { BusinessDate, Run, Slice } from '../pipeline/entities.ts'
import { plannerOf } from '../pipeline/plan/planners.ts'
import type { Ledger } from '../pipeline/ports.ts'
import { isDelivered, type ShardConfig, standing } from '../pipeline/shard.ts'

/** First and last window. */
export interface FactRange {
  readonly from: BusinessDate
  readonly to: BusinessDate
}

// Runs that a rule can speak of: those of a day, and those that never end.
const MOST_RUNS = 500

/** Everything that rules and watch judge of one pipeline: expected slices, whether or not the ledger knows them, and runs. */
export async function gatherFacts(
  definition: PipelineDefinition,
  range: FactRange,
  ledger: Pick<Ledger, 'slices' | 'runs'>,
): Promise<Facts> {
  const slices = await ledger.slices({ pipeline: definition.name, ...range })
  const runs = await ledger.runs({ pipeline: definition.name, limit: MOST_RUNS })
  const known = new Map(slices.map((slice) => [keyOf(slice), slice]))
  return { slices: expectedSlices(definition, range, known), runs: runs.map(toRunFact) }
}

function expectedSlices(
  definition: PipelineDefinition,
  { from, to }: FactRange,
  known: ReadonlyMap<string, Slice>,
): readonly SliceFact[] {
  const shards = definition.hasSource ? definition.shards.filter(isDelivered) : []
  const windows = datesBetween(from, to)
  return shards.flatMap((shard) =>
    windows
      .filter((window) => standing(shard, window) !== 'inactive')
      .flatMap((window) =>
        expectedContracts(definition, shard).map(({ stream }) => {
          const key = { pipeline: definition.name, shard: shard.id, stream, window }
          return toSliceFact(definition, { key, shard, slice: known.get(keyOf(key)) })
        }),
      ),
  )
}

interface Expected {
  readonly key: Pick<SliceFact, 'pipeline' | 'shard' | 'stream' | 'window'>
  readonly shard: ShardConfig
  readonly slice: Slice | undefined
}

function toSliceFact(definition: PipelineDefinition, { key, shard, slice }: Expected): SliceFact {
  const { dueAt, lateAt, goneAt } = plannerOf(definition).readiness(shard, key.window)
  const delivery = slice?.delivery ?? null
  const isHeld = slice?.state === 'held' || slice?.state === 'quarantined'
  return {
    ...key,
    dueAt,
    lateAt,
    goneAt,
    lookedAt: slice?.lookedAt ?? null,
    landedAt: slice?.raw ? (slice.firstSeenAt ?? slice.updatedAt) : null,
    loadedAt: delivery && slice?.state !== 'staged' ? delivery.stagedAt : null,
    heldAt: isHeld ? slice.updatedAt : null,
    isWaived: slice?.state === 'waived' || standing(shard, key.window) === 'closed',
    rows: delivery && { accepted: delivery.counts.accepted, rejected: delivery.counts.rejected },
  }
}

function toRunFact({ id, pipeline, state, createdAt, finishedAt }: Run): RunFact {
  return { id, pipeline, state, createdAt, finishedAt }
}

function keyOf({ shard, window, stream }: Pick<SliceFact, 'shard' | 'window' | 'stream'>): string {
  return `${shard}/${window}/${stream}`
}
