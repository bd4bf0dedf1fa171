import { expectedContracts, type PipelineDefinition, readContracts, windowsIn } from '../definition.ts'
import type { BusinessDate, Instant } from '../entities.ts'
import { CELLS, type LedgerReads } from '../people/reads.ts'
import { plannerOf } from '../plan/planners.ts'
import { type ShardConfig, standing } from '../shard.ts'

/** Slices of one shard that no backfill can bring in: never archived, and deleted at the source. */
interface Loss {
  readonly shard: ShardConfig
  /** First and last window that lacks a slice. */
  readonly from: BusinessDate
  readonly to: BusinessDate
  readonly slices: number
}

/** Expected slices of a backfill by where their files are. */
interface Origins {
  readonly archived: number
  readonly losses: readonly Loss[]
  /** Slices of days on which a shard was closed, or that a person waived. */
  readonly waived: number
  /** Archived ones that the table holds. */
  readonly loaded: number
}

interface Asked {
  readonly from: BusinessDate
  readonly to: BusinessDate
  /** Empty for all. */
  readonly shards: readonly string[]
  readonly streams: readonly string[]
  readonly now: Instant
}

const ARCHIVED: readonly string[] = [CELLS.loaded, '~', CELLS.staged, CELLS.landed, CELLS.held, CELLS.quarantined]
const LOADED: readonly string[] = [CELLS.loaded, '~']

/** Reads where the files of a range are, one statement of the ledger for each shard. */
export async function readOrigins(
  definition: PipelineDefinition,
  asked: Asked,
  reads: Pick<LedgerReads, 'matrix'>,
): Promise<Origins> {
  const { from, to, now } = asked
  const { readiness } = plannerOf(definition)
  const windows = windowsIn(definition, { from, to })
  let [archived, waived, loaded] = [0, 0, 0]
  const losses: Loss[] = []
  for (const shard of definition.shards) {
    if (asked.shards.length > 0 && !asked.shards.includes(shard.id)) continue
    const streams = streamsOf(definition, shard, asked.streams)
    const range = { pipeline: definition.name, from, to, streams, shards: [shard.id] }
    const { windows: known } = await reads.matrix(range)
    const cells = new Map(known.map((each) => [each.window, each.cells]))
    const lost: { readonly window: BusinessDate; readonly count: number }[] = []
    for (const window of windows) {
      const stands = standing(shard, window)
      if (stands === 'inactive') continue
      const letters = streams.map((_, at) => cells.get(window)?.[at] ?? '-')
      archived += letters.filter((letter) => ARCHIVED.includes(letter)).length
      loaded += letters.filter((letter) => LOADED.includes(letter)).length
      const absent = letters.filter((letter) => !ARCHIVED.includes(letter))
      const isClosed = stands === 'closed'
      const excused = absent.filter((letter) => isClosed || letter === CELLS.waived).length
      waived += excused
      const count = absent.length - excused
      if (count > 0 && readiness(shard, window).goneAt <= now) lost.push({ window, count })
    }
    const [first] = lost
    const last = lost.at(-1)
    if (first && last)
      losses.push({
        ...{ shard, from: first.window, to: last.window },
        slices: lost.reduce((sum, { count }) => sum + count, 0),
      })
  }
  return { archived, losses, waived, loaded }
}

/** Streams that a plan counts: of an optional one it is not known how many days have it, unless it was asked for by name. */
function streamsOf(definition: PipelineDefinition, shard: ShardConfig, asked: readonly string[]): readonly string[] {
  const contracts =
    asked.length === 0
      ? expectedContracts(definition, shard)
      : readContracts(definition, shard).filter(({ stream }) => asked.includes(stream))
  return contracts.map(({ stream }) => stream)
}
