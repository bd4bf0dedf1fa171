import { addDays } from '../lib/business-date.ts'
import { isDay } from '../lib/window-time.ts'
import { medianOf, minutesAfter, type PastWindow, USUAL_WEEKS, type Usual, usualOf } from '../notify/usual.ts'
import type { PipelineDefinition } from '../pipeline/definition.ts'
import type { BusinessDate, Slice } from '../pipeline/entities.ts'
import type { PeopleLedger } from '../pipeline/people/reads.ts'

/** Usual arrivals and amounts on the weekday of a window, read once for all who ask during a pass. */
export interface History {
  /** Of these shards, by id. A shard without enough past windows has members that are null. */
  usual(
    definition: PipelineDefinition,
    window: BusinessDate,
    shards: readonly string[],
  ): Promise<ReadonlyMap<string, Usual>>
  /** Wall clock minutes in a zone, after the midnight that begins the window, by which the last of these shards is loaded; null if unknown. */
  completeAfter(
    definition: PipelineDefinition,
    window: BusinessDate,
    readers: { readonly shards: readonly string[]; readonly zone: string },
  ): Promise<number | null>
}

// Shards of one read: with eight windows some hundred rows.
const PART = 100

/** Reads the past of the headline's stream, else of the first one: all files of a shard arrive together. */
export function openHistory(ledger: Pick<PeopleLedger, 'slices'>): History {
  const known = new Map<string, PastSlice[]>()

  const read = async (definition: PipelineDefinition, window: BusinessDate, shards: readonly string[]) => {
    const keyOf = (shard: string) => `${definition.name}/${window}/${shard}`
    const fresh = shards.filter((shard) => !known.has(keyOf(shard)))
    for (const shard of fresh) known.set(keyOf(shard), [])
    for (let from = 0; from < fresh.length; from += PART) {
      const some = await readPast(definition, window, { shards: fresh.slice(from, from + PART), ledger })
      for (const slice of some) known.get(keyOf(slice.shard))?.push(slice)
    }
    return shards.map((shard) => ({ shard, past: known.get(keyOf(shard)) ?? [] }))
  }

  return {
    async usual(definition, window, shards) {
      if (!isDay(window)) return new Map()
      const zones = new Map(definition.shards.map(({ id, timeZone }) => [id, timeZone]))
      const all = await read(definition, window, shards)
      return new Map(all.map(({ shard, past }) => [shard, usualOf(past, zones.get(shard) ?? 'UTC')]))
    },
    async completeAfter(definition, window, { shards, zone }) {
      if (!isDay(window)) return null
      const all = (await read(definition, window, shards)).flatMap(({ past }) => past)
      const days = [...Map.groupBy(all, (slice) => slice.window)]
      return medianOf(
        days.flatMap(([day, slices]) => {
          const loads = slices.flatMap(({ loadedAt }) => loadedAt ?? [])
          return loads.length === 0 ? [] : [minutesAfter(day, Math.max(...loads), zone)]
        }),
      )
    },
  }
}

interface PastSlice extends PastWindow {
  readonly shard: string
  readonly loadedAt: number | null
}

interface Asked {
  readonly shards: readonly string[]
  readonly ledger: Pick<PeopleLedger, 'slices'>
}

async function readPast(
  { name, config, contracts }: PipelineDefinition,
  window: BusinessDate,
  { shards, ledger }: Asked,
): Promise<readonly PastSlice[]> {
  const stream = config.headline?.stream ?? contracts.keys().next().value
  if (stream === undefined) return []
  const windows = Array.from({ length: USUAL_WEEKS }, (_, week) => addDays(window, -7 * (week + 1)))
  const slices = await ledger.slices({ pipeline: name, windows, shards, streams: [stream], states: ['loaded'] })
  return slices.map((slice) => toPast(slice, config.headline?.sum))
}

function toPast({ shard, window, firstSeenAt, firstLoadedAt, delivery }: Slice, sum: string | undefined): PastSlice {
  const amount = sum === undefined ? null : (delivery?.totals[sum] ?? null)
  return { shard, window, seenAt: firstSeenAt, loadedAt: firstLoadedAt, amount }
}
