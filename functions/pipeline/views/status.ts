import { addDays, localDate } from '../../lib/business-date.ts'
import { byTime, DATES_ONLY, isDated, timeOf, type WindowTimes } from '../../lib/window-time.ts'
import { dayOfWindow, windowHolding } from '../../lib/window-unit.ts'
import {
  cutOf,
  discoveredShard,
  isDiscovered,
  isOptional,
  type PipelineDefinition,
  readContracts,
  streamsOf,
  windowsIn,
} from '../definition.ts'
import type { BusinessDate, Instant, Slice, SliceKey, SliceState } from '../entities.ts'
import { plannerOf } from '../plan/planners.ts'
import type { Ports } from '../ports.ts'
import { withKnownShards } from '../read/discover.ts'
import { isDelivered, type ShardConfig, standing, toGuest } from '../shard.ts'
import { wordsOf } from '../slice-words.ts'
import { type DayVerdict, type Dispute, judgeDay } from '../steps/verdict.ts'
import { readTimes } from '../window-times.ts'

/**
 * `off`: the location does not deliver the stream. `not_due`: the day's first look is still to come. `no_source`: no
 * configured source delivers it, so nothing is expected.
 */
export type Cell = SliceState | 'not_due' | 'off' | 'no_source'

/** One location and business date of the completeness matrix. */
export interface MatrixRow {
  readonly shard: string
  readonly name: string
  readonly window: BusinessDate
  /** By stream, in the pipeline's order. An optional stream has a cell where its file is there. */
  readonly cells: ReadonlyMap<string, Cell>
  /** Verdict: the day is whole, and its files agree, or not. A day that is not due lacks nothing. */
  readonly verdict: DayVerdict
  /** When the source deletes the day: what is not landed by then is lost. Null where it deletes none, or no source delivers it, or it stays in a table. */
  readonly expiry: Instant | null
}

/** Days that a status covers, and the disputes among them. */
interface MatrixRange {
  readonly from: BusinessDate
  readonly to: BusinessDate
  readonly now: Instant
  /** Failed checks that dispute days of the range. */
  readonly disputes?: readonly Dispute[]
  /** Instants of windows that are no dates. */
  readonly times?: WindowTimes
}

/** Cells that say nothing: a day of these alone is left out. */
const SILENT: readonly Cell[] = ['off', 'not_due', 'no_source']
/** States of a file that was not delivered: of an optional stream they say nothing. */
const ABSENT: readonly SliceState[] = ['expected', 'missing', 'waived']
/** Business dates with data that the matrix shows at most, where no source says which are expected. */
const NEWEST_DATES = 31

/**
 * The dates that the matrix shows unless told: the look-back of a configured source, whose days are expected; else the newest
 * dates that have data. Where no shard delivers any more, nothing of the look-back is expected.
 */
export async function defaultRange(
  definition: PipelineDefinition,
  { ledger, clock }: Pick<Ports, 'ledger' | 'clock'>,
): Promise<{ readonly from: BusinessDate; readonly to: BusinessDate }> {
  const today = localDate(clock.now(), 'UTC')
  const week = { from: windowHolding(addDays(today, -definition.lookBackDays), cutOf(definition)), to: today }
  if (definition.hasSource && definition.config.kind !== 'table' && isExpecting(definition, week)) return week
  const windows = await ledger.newestWindows(definition.name, NEWEST_DATES)
  const times = await readTimes(definition.name, windows, ledger)
  const days = windows.map((window) =>
    isDated(window) ? dayOfWindow(window) : localDate(timeOf(window, times), 'UTC'),
  )
  return { from: days.at(-1) ?? week.from, to: days[0] ?? week.to }
}

/** A slice as far as it decides a day. */
export type Standing = SliceKey & Pick<Slice, 'state' | 'reason'>

/** True when a shard delivers in these days, or may yet be found. */
function isExpecting(
  definition: PipelineDefinition,
  { from, to }: { readonly from: string; readonly to: string },
): boolean {
  if (isDiscovered(definition) || definition.shards.length === 0) return true
  const windows = windowsIn(definition, { from, to })
  return definition.shards.some(
    (shard) => isDelivered(shard) && windows.some((window) => standing(shard, window) !== 'inactive'),
  )
}

/** Pure: shard x window x stream, oldest window first. Windows that are no dates are those of the slices. */
export function completeness(
  definition: PipelineDefinition,
  slices: readonly Standing[],
  { from, to, now, disputes = [], times = DATES_ONLY }: MatrixRange,
): readonly MatrixRow[] {
  const known: Known = {
    slices: new Map(slices.map((slice) => [`${slice.shard}/${slice.window}/${slice.stream}`, slice])),
    disputes: Map.groupBy(disputes, ({ shard, window }) => `${shard}/${window}`),
  }
  const places = allLocations(definition, slices)
  const others = new Set(slices.map(({ window }) => window).filter((window) => !isDated(window)))
  const windows = [...windowsIn(definition, { from, to }), ...others].toSorted(byTime(times))
  return windows.flatMap((window) =>
    places
      .filter((shard) => standing(shard, window, times) !== 'inactive')
      .map((shard) => toRow(definition, { shard, window, now, times }, known))
      .filter(({ cells }) => ![...cells.values()].every((cell) => SILENT.includes(cell))),
  )
}

/** Days of a range, as the ledger knows them. */
interface Known {
  readonly slices: ReadonlyMap<string, Standing>
  readonly disputes: ReadonlyMap<string, readonly Dispute[]>
}

/** Expected, and nothing was ever seen of it. */
function isLacking(cell: Cell, { slices }: Known, key: string): boolean {
  return cell === 'expected' && !slices.has(key)
}

/** Streams that a table of these rows shows: an optional one only where some row has it. */
export function shownStreams(definition: PipelineDefinition, rows: readonly MatrixRow[]): readonly string[] {
  return streamsOf(definition).filter(
    (stream) => !isOptional(definition, stream) || rows.some(({ cells }) => cells.has(stream)),
  )
}

/** One location and window of the matrix. */
interface MatrixDay {
  readonly shard: ShardConfig
  readonly window: BusinessDate
  readonly now: Instant
  readonly times: WindowTimes
}

function toRow(definition: PipelineDefinition, { shard, window, now, times }: MatrixDay, known: Known): MatrixRow {
  const { dueAt, goneAt } = plannerOf(definition).readiness(shard, window, times)
  const isExpected = definition.hasSource && isDelivered(shard)
  const isCopied = definition.config.kind === 'table'
  const expected = new Set(readContracts(definition, shard).map(({ stream }) => stream))
  const waived = standing(shard, window, times) === 'closed'
  const cells = new Map<string, Cell>(
    streamsOf(definition).flatMap((stream): readonly (readonly [string, Cell])[] => {
      const state = known.slices.get(`${shard.id}/${window}/${stream}`)?.state
      if (isOptional(definition, stream)) return state && !ABSENT.includes(state) ? [[stream, state]] : []
      if (state) return [[stream, state]]
      if (!expected.has(stream)) return [[stream, 'off']]
      if (!isExpected) return [[stream, 'no_source']]
      if (waived) return [[stream, 'waived']]
      return [[stream, now < dueAt ? 'not_due' : 'expected']]
    }),
  )
  return {
    shard: shard.id,
    name: shard.name,
    window,
    cells,
    verdict: judgeDay({
      shard: shard.id,
      window,
      slices: [...cells.keys()].flatMap((stream) => known.slices.get(`${shard.id}/${window}/${stream}`) ?? []),
      lacking: [...cells]
        .filter(([stream, cell]) => isLacking(cell, known, `${shard.id}/${window}/${stream}`))
        .map(([stream]) => stream),
      disputes: known.disputes.get(`${shard.id}/${window}`) ?? [],
      words: wordsOf(definition),
    }),
    expiry: isExpected && !isCopied ? goneAt : null,
  }
}

/** Those of this pipeline, those that were imported, and those that only slices name. */
function allLocations(definition: PipelineDefinition, slices: readonly Standing[]): readonly ShardConfig[] {
  if (definition.config.kind === 'table') {
    const ids = [...new Set(slices.map(({ shard }) => shard))].sort()
    return ids.map((id) => discoveredShard(id, { schedule: { timeZone: 'UTC' } }))
  }
  if (isDiscovered(definition)) return withKnownShards(definition, slices).shards
  const seen = new Set(slices.map(({ shard }) => shard))
  const known = definition.shards.filter((shard) => isDelivered(shard) || seen.has(shard.id))
  const ids = new Set(known.map(({ id }) => id))
  const others = [...seen].filter((id) => !ids.has(id)).sort()
  // No source delivers them, so their zone decides nothing here.
  return [...known, ...others.map((id) => toGuest({ id, timeZone: 'UTC', closeoutHour: 4 }))]
}
