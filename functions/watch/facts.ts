import type { Facts, RunFact, SliceFact } from '../notify/facts.ts'
import { expectedContracts, type PipelineDefinition, windowsIn } from '../pipeline/definition.ts'
import type { BusinessDate, Instant, Partition, Run, Slice, SliceLook } from '../pipeline/entities.ts'
import type { StreamDay } from '../pipeline/people/reads.ts'
import { plannerOf } from '../pipeline/plan/planners.ts'
import type { Ledger } from '../pipeline/ports.ts'
import { withKnownShards } from '../pipeline/read/discover.ts'
import { isDelivered, type ShardConfig, standing } from '../pipeline/shard.ts'
import { wordsOf } from '../pipeline/slice-words.ts'
import type { FactRange, Remembered } from './memory.ts'

// Runs that a rule can speak of: those of a day, and those that never end.
const MOST_RUNS = 500

/**
 * Everything that rules judge over past days: expected slices, whether or not the ledger knows them, and runs. It reads whole rows,
 * so it is for a person who waits, and not for every minute.
 */
export async function gatherPast(
  definition: PipelineDefinition,
  range: FactRange,
  ledger: Pick<Ledger, 'slices' | 'runs'>,
): Promise<Facts> {
  const slices = await ledger.slices({ pipeline: definition.name, ...range })
  const runs = await ledger.runs({ pipeline: definition.name, limit: MOST_RUNS })
  const known = new Map(slices.map((slice) => [keyOf(slice), slice]))
  return {
    slices: expectedSlices(withKnownShards(definition, slices), range, (key) => past(known.get(key))),
    runs: runs.map(toRunFact),
    noun: wordsOf(definition).shard,
  }
}

/** The same for now, from rows that the watch remembers: the days that the source still keeps, in a few columns of each slice. */
export function gatherNow(definition: PipelineDefinition, now: Instant, remembered: Remembered): Facts {
  const { range, runs } = remembered
  const looks = [...remembered.looks.values()].flat()
  const known: Known = {
    looks: new Map(looks.map((look) => [keyOf(look), look])),
    partitions: new Map(
      [...remembered.partitions.values()]
        .flat()
        .map((partition) => [`${partition.window}/${partition.stream}`, partition]),
    ),
    days: new Map([...remembered.days.values()].flat().map((day) => [`${day.window}/${day.stream}`, day])),
  }
  return {
    slices: expectedSlices(withKnownShards(definition, looks), range, (key) => present(known, key, now)),
    runs: runs.map(toRunFact),
    noun: wordsOf(definition).shard,
  }
}

/** The members of a fact that the ledger knows. */
type Life = Pick<SliceFact, 'lookedAt' | 'landedAt' | 'loadedAt' | 'heldAt' | 'isWaived' | 'rows'>

function expectedSlices(
  definition: PipelineDefinition,
  { from, to }: FactRange,
  lifeOf: (key: string) => Life,
): readonly SliceFact[] {
  const shards = definition.hasSource ? definition.shards.filter(isDelivered) : []
  const planner = plannerOf(definition)
  return shards.flatMap((shard) => {
    const contracts = expectedContracts(definition, shard)
    return windowsIn(definition, { from, to })
      .filter((window) => standing(shard, window) !== 'inactive')
      .flatMap((window) => {
        const { dueAt, lateAt, goneAt } = planner.readiness(shard, window)
        return contracts.map(({ stream }) => {
          const key = { pipeline: definition.name, shard: shard.id, stream, window }
          const life = lifeOf(keyOf(key))
          return { ...key, dueAt, lateAt, goneAt, ...life, isWaived: life.isWaived || isClosed(shard, window) }
        })
      })
  })
}

function isClosed(shard: ShardConfig, window: BusinessDate): boolean {
  return standing(shard, window) === 'closed'
}

function past(slice: Slice | undefined): Life {
  const delivery = slice?.delivery ?? null
  const isHeld = slice?.state === 'held' || slice?.state === 'quarantined'
  return {
    lookedAt: slice?.lookedAt ?? null,
    landedAt: slice?.raw ? (slice.firstSeenAt ?? slice.updatedAt) : null,
    loadedAt: slice?.firstLoadedAt ?? (delivery && slice?.state !== 'staged' ? delivery.stagedAt : null),
    heldAt: isHeld ? slice.updatedAt : null,
    isWaived: slice?.state === 'waived',
    rows: delivery && { accepted: delivery.counts.accepted, rejected: delivery.counts.rejected },
  }
}

interface Known {
  readonly looks: ReadonlyMap<string, SliceLook>
  readonly partitions: ReadonlyMap<string, Partition>
  readonly days: ReadonlyMap<string, StreamDay>
}

const LANDED: readonly SliceLook['state'][] = ['landed', 'staged', 'loaded', 'held', 'quarantined']

/** Instants of the look stand for those of the file: the present asks for states, not for their history. */
function present({ looks, partitions, days }: Known, key: string, now: Instant): Life {
  const look = looks.get(key)
  const [, window, stream] = key.split('/')
  const isHeld = look?.state === 'held' || look?.state === 'quarantined'
  const day = days.get(`${window}/${stream}`)
  return {
    lookedAt: look?.lookedAt ?? null,
    landedAt: look && LANDED.includes(look.state) ? (look.lookedAt ?? now) : null,
    loadedAt: look?.state === 'loaded' ? (partitions.get(`${window}/${stream}`)?.updatedAt ?? now) : null,
    heldAt: isHeld ? (look.lookedAt ?? now) : null,
    isWaived: look?.state === 'waived',
    rows: day && look?.state === 'loaded' ? { accepted: day.rows, rejected: day.rejects } : null,
  }
}

function toRunFact({ id, pipeline, state, createdAt, finishedAt, leaseUntil }: Run): RunFact {
  return { id, pipeline, state, createdAt, finishedAt, leaseUntil }
}

function keyOf({ shard, window, stream }: Pick<SliceFact, 'shard' | 'window' | 'stream'>): string {
  return `${shard}/${window}/${stream}`
}
