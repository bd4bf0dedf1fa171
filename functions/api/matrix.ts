import { setImmediate } from 'node:timers/promises'
import { DATES_ONLY, type WindowTimes } from '../lib/window-time.ts'
import { isOptional, type PipelineDefinition, readContracts, shardOf, streamsOf } from '../pipeline/definition.ts'
import type { BusinessDate, Instant } from '../pipeline/entities.ts'
import { type Matrix, CELLS as STORED } from '../pipeline/people/reads.ts'
import { plannerOf } from '../pipeline/plan/planners.ts'
import { isDelivered, type ShardConfig, standing, toGuest } from '../pipeline/shard.ts'
import { CELLS, VERDICTS } from './contract/status.ts'

/** A window of the matrix, per shard. Instants are null where nothing is open. */
export interface MatrixColumn {
  readonly window: BusinessDate
  readonly cells: string
  readonly verdicts: string
  readonly dueAt: readonly (Instant | null)[]
  readonly lateAt: readonly (Instant | null)[]
  readonly goneAt: readonly (Instant | null)[]
}

/** Rows and columns of the matrix. */
export interface WholeMatrix {
  readonly streams: readonly string[]
  readonly shards: readonly ShardConfig[]
  readonly columns: readonly MatrixColumn[]
}

interface Asked {
  readonly windows: readonly BusinessDate[]
  /** Shards to show; absent for all. */
  readonly shards?: readonly string[]
  readonly now: Instant
  /** Instants of windows that are no dates. */
  readonly times?: WindowTimes
}

const MANY = 100

const LETTERS: Readonly<Record<string, string>> = {
  [STORED.loaded]: CELLS.loaded,
  '~': CELLS.withRejects,
  [STORED.missing]: CELLS.missing,
  [STORED.held]: CELLS.held,
  [STORED.quarantined]: CELLS.quarantined,
  [STORED.expected]: CELLS.expected,
  [STORED.seen]: CELLS.arriving,
  [STORED.landed]: CELLS.arriving,
  [STORED.staged]: CELLS.arriving,
  [STORED.waived]: CELLS.waived,
}
/** Of a stream that may be absent, these say nothing. */
const ABSENT: readonly string[] = [CELLS.missing, CELLS.expected, CELLS.waived]
const OPEN: readonly string[] = [CELLS.missing, CELLS.held, CELLS.quarantined, CELLS.expected, CELLS.arriving]

/**
 * States that the ledger knows, together with those that are expected and not known of yet. The event loop has a turn after each window of
 * many shards.
 */
export async function wholeMatrix(definition: PipelineDefinition, stored: Matrix, asked: Asked): Promise<WholeMatrix> {
  const streams = streamsOf(definition)
  const shards = shownShards(definition, stored, asked)
  const places = new Map(stored.shards.map((shard, at) => [shard, at]))
  const { times = DATES_ONLY } = asked
  const byWindow = new Map(stored.windows.map((window) => [window.window, window]))
  const columns: MatrixColumn[] = []
  for (const window of asked.windows) {
    const known = byWindow.get(window)
    const cells = shards.map((shard) => {
      const at = places.get(shard.id)
      const own = at === undefined ? '' : (known?.cells.slice(at * streams.length, (at + 1) * streams.length) ?? '')
      const disputed = at !== undefined && known?.verdicts[at] === 'd'
      return toCell(definition, { shard, window, letters: own, disputed, streams, now: asked.now, times })
    })
    columns.push({
      window,
      cells: cells.map(({ letters }) => letters).join(''),
      verdicts: cells.map(({ verdict }) => verdict).join(''),
      dueAt: cells.map(({ dueAt }) => dueAt),
      lateAt: cells.map(({ lateAt }) => lateAt),
      goneAt: cells.map(({ goneAt }) => goneAt),
    })
    if (shards.length > MANY) await setImmediate()
  }
  return { streams, shards, columns }
}

interface Place {
  readonly shard: ShardConfig
  readonly window: BusinessDate
  /** Of the ledger; empty where it has no slice. */
  readonly letters: string
  readonly disputed: boolean
  readonly streams: readonly string[]
  readonly now: Instant
  readonly times: WindowTimes
}

function toCell(definition: PipelineDefinition, place: Place) {
  const { shard, window, streams, disputed, times } = place
  const expectation = expectationOf(definition, place)
  const letters = streams
    .map((stream, at) => {
      const letter = LETTERS[place.letters[at] ?? ''] ?? expectation(stream)
      return isOptional(definition, stream) && ABSENT.includes(letter) ? CELLS.none : letter
    })
    .join('')
  const isOpen = [...letters].some((letter) => OPEN.includes(letter))
  const isEmpty = letters.trim() === ''
  const verdict = disputed
    ? VERDICTS.disputed
    : isEmpty
      ? VERDICTS.none
      : isOpen
        ? VERDICTS.incomplete
        : VERDICTS.complete
  const isAwaited = definition.hasSource && isDelivered(shard) && standing(shard, window, times) === 'open'
  if (!isAwaited || !(isOpen || isEmpty)) return { letters, verdict, dueAt: null, lateAt: null, goneAt: null }
  const { dueAt, lateAt, goneAt } = plannerOf(definition).readiness(shard, window, times)
  // The rows of a table stay at their source.
  const isKept = definition.config.kind === 'table'
  return { letters, verdict, dueAt, lateAt, goneAt: isOpen && !isKept ? goneAt : null }
}

/** Letter of a stream without a slice. */
function expectationOf(
  definition: PipelineDefinition,
  { shard, window, letters, now, times }: Place,
): (stream: string) => string {
  const stands = standing(shard, window, times)
  if (!definition.hasSource || !isDelivered(shard) || stands === 'inactive') return () => CELLS.none
  const expected = new Set(readContracts(definition, shard).map(({ stream }) => stream))
  if (stands === 'closed') return (stream) => (expected.has(stream) ? CELLS.waived : CELLS.none)
  // Where the ledger has a slice the day was looked at, so it is due.
  const isDue = letters.trim() !== '' || plannerOf(definition).readiness(shard, window, times).dueAt <= now
  return (stream) => (isDue && expected.has(stream) ? CELLS.expected : CELLS.none)
}

function shownShards(
  definition: PipelineDefinition,
  stored: Matrix,
  { shards, windows, times = DATES_ONLY }: Asked,
): readonly ShardConfig[] {
  const seen = new Set(stored.shards)
  const known = new Set(definition.shards.map(({ id }) => id))
  const active = definition.shards.filter(
    (shard) =>
      seen.has(shard.id) ||
      (isDelivered(shard) && windows.some((window) => standing(shard, window, times) !== 'inactive')),
  )
  const guests = [...seen].filter((id) => !known.has(id)).map((id) => toOther(definition, id))
  const all = [...active, ...guests]
  return shards === undefined ? all : all.filter(({ id }) => shards.includes(id))
}

/** A shard that the configuration does not list. */
function toOther(definition: PipelineDefinition, id: string): ShardConfig {
  const copied = definition.config.kind === 'table' ? shardOf(definition, id) : undefined
  return copied ?? toGuest({ id, timeZone: 'UTC', closeoutHour: 4 })
}
