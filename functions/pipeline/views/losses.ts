import { expectedContracts, type PipelineDefinition, readContracts, windowsIn } from '../definition.ts'
import type { BusinessDate, Instant } from '../entities.ts'
import { CELLS, type LedgerReads } from '../people/reads.ts'
import { isGone } from '../plan/planner.ts'
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

/** Reads where the files of a range are: the shards of a month in one read, and of longer ranges so many that memory holds them. */
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
  for await (const { shard, cells, streams } of lettersOf(definition, asked, reads)) {
    const lost: { readonly window: BusinessDate; readonly count: number }[] = []
    for (const window of windows) {
      const stands = standing(shard, window)
      if (stands === 'inactive') continue
      const letters = streams.map((stream) => cells(window, stream))
      archived += letters.filter((letter) => ARCHIVED.includes(letter)).length
      loaded += letters.filter((letter) => LOADED.includes(letter)).length
      const absent = letters.filter((letter) => !ARCHIVED.includes(letter))
      const isClosed = stands === 'closed'
      const excused = absent.filter((letter) => isClosed || letter === CELLS.waived).length
      waived += excused
      const count = absent.length - excused
      if (count > 0 && isGone(readiness(shard, window), now)) lost.push({ window, count })
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

interface Letters {
  readonly shard: ShardConfig
  /** Streams that count for the shard. */
  readonly streams: readonly string[]
  /** The letter of a slice, as `CELLS` has it. */
  cells(window: BusinessDate, stream: string): string
}

// Windows of shards that are in memory at a time.
const MOST_DAYS = 50_000

async function* lettersOf(
  definition: PipelineDefinition,
  { from, to, shards, streams: named }: Asked,
  reads: Pick<LedgerReads, 'matrix'>,
): AsyncGenerator<Letters> {
  const places = definition.shards.filter(({ id }) => shards.length === 0 || shards.includes(id))
  const size = Math.max(1, Math.floor(MOST_DAYS / Math.max(1, windowsIn(definition, { from, to }).length)))
  for (let start = 0; start < places.length; start += size) {
    const some = places.slice(start, start + size).map((shard) => ({ shard, own: streamsOf(definition, shard, named) }))
    const streams = [...new Set(some.flatMap(({ own }) => own))]
    const ids = some.map(({ shard }) => shard.id)
    const found = await reads.matrix({ pipeline: definition.name, from, to, streams, shards: ids })
    const rows = new Map(found.shards.map((id, at) => [id, at * streams.length]))
    const windows = new Map(found.windows.map(({ window, cells }) => [window, cells]))
    for (const { shard, own } of some) {
      const row = rows.get(shard.id)
      const cells = (window: BusinessDate, stream: string) =>
        row === undefined ? '-' : (windows.get(window)?.[row + streams.indexOf(stream)] ?? '-')
      yield { shard, streams: own, cells }
    }
  }
}

/** Streams that a plan counts: of an optional one it is not known how many days have it, unless it was asked for by name. */
function streamsOf(definition: PipelineDefinition, shard: ShardConfig, asked: readonly string[]): readonly string[] {
  const contracts =
    asked.length === 0
      ? expectedContracts(definition, shard)
      : readContracts(definition, shard).filter(({ stream }) => asked.includes(stream))
  return contracts.map(({ stream }) => stream)
}
