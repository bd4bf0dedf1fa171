import { createHash } from 'node:crypto'
import { DaybreakError } from '../../errors.ts'
import type { Level, Total } from '../../sql/value.ts'
import { totalsOf } from '../../sql/value.ts'
import type { Strategy } from '../../sql/write.ts'
import type { Table, TableName, Within, WrittenColumn } from '../destination.ts'
import type { Instant, WindowRecord } from '../entities.ts'
import type { ObjectStore } from '../ports.ts'
import type { CursorRange, SourceColumn, SourceTable } from './ports.ts'

/** All that a window was planned with: its work needs neither the configuration nor the catalog of the source again. */
export interface WindowPlan {
  readonly version: 1
  readonly pipeline: string
  readonly stream: string
  /** Number among the windows of the stream, from 1. */
  readonly number: number
  readonly window: string
  readonly at: Instant
  /** Hash of table, key, mode, cursor and condition: windows of another generation are not continued. */
  readonly generation: string
  readonly mode: WindowRecord['mode']
  readonly strategy: Strategy
  readonly level: Level
  readonly from: SourceTable
  readonly where: string | null
  readonly range: CursorRange | null
  readonly columns: readonly WrittenColumn[]
  /** Of the source, in the order of `columns`. */
  readonly sourceColumns: readonly SourceColumn[]
  readonly key: readonly string[]
  /** Column whose largest value stays where a key is there twice; null where the source holds each key once. */
  readonly distinctBy: string | null
  /** True where source and destination are of one kind. */
  readonly asText: boolean
  /** Set where such a text begins with the letter of its own type. */
  readonly isMarked?: true
  readonly into: TableName
  readonly create: { readonly table: boolean; readonly columns: boolean }
  /** Column of a snapshot's instant; null for none. */
  readonly stamp: string | null
  /** Whole number that shards are ranges of; null for one shard. */
  readonly shardBy: string | null
  readonly shards: number
  readonly workers: number
  /** Hash of the rows that the next window would read again; absent where it is not known. */
  readonly tail?: string
  /** Of the source when the window was planned; absent where it says none. */
  readonly fingerprint?: string
  /** Hash of the scripts that rows go through before they are parsed; absent where there are none. */
  readonly rowHooks?: string
  /** Absent where there are no statements. */
  readonly within?: Within
}

/** Name of the plan of a window by its number: the first that is put under it is the window. */
function numberName({ pipeline, stream, number }: Pick<WindowPlan, 'pipeline' | 'stream' | 'number'>): string {
  return `windows/${pipeline}/${stream}/${String(number).padStart(9, '0')}.json`
}

function windowName({ pipeline, stream, window }: Pick<WindowPlan, 'pipeline' | 'stream' | 'window'>): string {
  return `windows/${pipeline}/${stream}/${window}.json`
}

/**
 * Claims the number of a window for a plan, and gives the plan that has it: another worker may have been faster, or the one before
 * may have died here. So a stream has one chain of windows, however many workers plan them.
 */
export async function claimWindow(plan: WindowPlan, objects: ObjectStore): Promise<WindowPlan> {
  const claimed = await objects.put(numberName(plan), bytesOf(plan)).then(
    () => plan,
    async (error: unknown) => {
      if (!(error instanceof DaybreakError) || error.code !== 'OBJECT_CONFLICT') throw error
      return parsePlan(await objects.get(numberName(plan)))
    },
  )
  await objects.put(windowName(claimed), bytesOf(claimed))
  return claimed
}

/** The plan of a window. @throws {DaybreakError} OBJECT_MISSING, OBJECT_CONFLICT. */
export async function readWindowPlan(
  place: Pick<WindowPlan, 'pipeline' | 'stream' | 'window'>,
  objects: Pick<ObjectStore, 'get'>,
): Promise<WindowPlan> {
  return parsePlan(await objects.get(windowName(place)))
}

/** Number of the newest window of a stream that was claimed; 0 before the first. */
export async function newestNumber(
  { pipeline, stream }: Pick<WindowPlan, 'pipeline' | 'stream'>,
  known: number,
  objects: Pick<ObjectStore, 'size'>,
): Promise<number> {
  let number = known
  while ((await objects.size(numberName({ pipeline, stream, number: number + 1 }))) !== null) number++
  return number
}

/** The plan that has a number. */
export async function readNumbered(
  place: Pick<WindowPlan, 'pipeline' | 'stream' | 'number'>,
  objects: Pick<ObjectStore, 'get'>,
): Promise<WindowPlan> {
  return parsePlan(await objects.get(numberName(place)))
}

function bytesOf(plan: WindowPlan): Uint8Array {
  return Buffer.from(`${JSON.stringify(plan, null, 1)}\n`)
}

function parsePlan(bytes: Uint8Array): WindowPlan {
  const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
  if (isPlan(value)) return value
  throw new DaybreakError('OBJECT_CONFLICT', 'an object under windows/ is no plan of a window')
}

function isPlan(value: unknown): value is WindowPlan {
  return typeof value === 'object' && value !== null && 'version' in value && value.version === 1 && 'columns' in value
}

/** Everything that decides the rows of a part, other than the raw bytes and the engine, as one short hash. */
export function partVersion({ columns, key, distinctBy, asText, rowHooks }: WindowPlan): string {
  const shapes = columns.map(({ name, type, precision, scale, isRequired, refuses = [], conversion }) => [
    ...[name, type, precision, scale, isRequired],
    ...refuses,
    ...(conversion ? [conversion] : []),
  ])
  return hash([shapes, key, distinctBy, asText, ...(rowHooks === undefined ? [] : [rowHooks])])
}

/** A short hash of a value. */
export function hash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16)
}

/** The sums that source and destination are compared by. */
export function planTotals({ columns, level }: Pick<WindowPlan, 'columns' | 'level'>): readonly Total[] {
  return totalsOf(columns, level)
}

/** The table of a window, as its destination writes it. */
export function targetOf(plan: WindowPlan): Table {
  const { pipeline, stream, number, strategy, key, columns, asText, create, stamp, at, into, within } = plan
  const totals = planTotals(plan)
  return {
    ...into,
    description: '',
    columns: [],
    clusterBy: [],
    totals: totals.map(({ name }) => name),
    rawColumn: null,
    shardColumn: null,
    partitionColumn: null,
    writing: {
      ...{ pipeline, stream, number, strategy, key, columns, asText, totals, create },
      stamp: stamp === null ? null : { column: stamp, at },
      ...(within && { within }),
    },
  }
}
