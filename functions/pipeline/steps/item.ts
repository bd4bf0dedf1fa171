import { join } from 'node:path'
import { type Contract, fileOf } from '../../contract/contract.ts'
import { DaybreakError, toDaybreakError } from '../../errors.ts'
import { lastingDiskError } from '../../lib/disk-failure.ts'
import type { PipelineDefinition } from '../definition.ts'
import type {
  CheckResult,
  DeliveryRecord,
  Instant,
  Override,
  RawObject,
  Reason,
  Run,
  RunSlice,
  Slice,
  SliceKey,
  SourceFile,
} from '../entities.ts'
import type { Ports } from '../ports.ts'
import { readerOf } from '../read/readers.ts'
import { type ShardConfig, toLocation } from '../shard.ts'
import type { Decision } from './decide.ts'
import { isBrokenConnection, type Landed, land, type SourceSession } from './extract.ts'
import { sourceName } from './find-raw.ts'
import { type Transformed, transform } from './transform.ts'

/** One slice in the hands of `ingest`: what is known, and what was decided. */
export interface Item {
  readonly key: SliceKey
  readonly contract: Contract
  readonly slice: Slice
  /** What was made of the slice's newest raw object before. */
  readonly record: DeliveryRecord | null
  /** All raw objects that ever were this slice, oldest first. */
  readonly past: readonly DeliveryRecord[]
  readonly decision: Decision
  readonly version: { readonly contract: string; readonly engine: string }
  readonly lookedAt: Instant
}

/** An item after the work, with the milliseconds it took. */
export type PreparedItem = (Untouched | Unchanged | Made | Failed) & { readonly milliseconds: number }

/** An item that became a part. */
export type MadeItem = Extract<PreparedItem, { result: 'made' }>

/** An item that could not be landed or transformed. */
export type FailedItem = Extract<PreparedItem, { result: 'failed' }>

/** Nothing was to be read. */
interface Untouched extends Item {
  readonly result: 'untouched'
}

/** The file was read, and the table shows its bytes already. */
interface Unchanged extends Item {
  readonly result: 'unchanged'
  readonly file: SourceFile
}

/** The raw object was transformed. */
interface Made extends Item {
  readonly result: 'made'
  /** The file that was fetched; null when the raw object was in the archive. */
  readonly file: SourceFile | null
  readonly raw: RawObject
  readonly made: Transformed
}

/** Reading, landing or transforming failed. */
interface Failed extends Item {
  readonly result: 'failed'
  /** The file that was to be fetched; null when the raw object was in the archive. */
  readonly file: SourceFile | null
  /** Null when the failure came before the bytes were landed. */
  readonly raw: RawObject | null
  readonly failure: DaybreakError
}

/** True for an item that became a part. */
export function isMade(item: PreparedItem): item is MadeItem {
  return item.result === 'made'
}

/** The part that was made of an item; null when none was. */
export function madeOf(item: PreparedItem): Transformed | null {
  return item.result === 'made' ? item.made : null
}

/** The location, run and connection that items are prepared with. */
interface PrepareContext {
  readonly definition: PipelineDefinition
  readonly shard: ShardConfig
  readonly run: Pick<Run, 'scope'>
  readonly session: SourceSession
  readonly scratch: string
  readonly signal?: AbortSignal | undefined
}

/**
 * Lands what is to be fetched, one file after the other over one connection, while earlier files are already transformed.
 * A failure stays with its item. Only a broken connection ends the fetching, and never the work on what is landed.
 */
export async function prepare(
  items: readonly Item[],
  context: PrepareContext,
  ports: Ports,
): Promise<readonly PreparedItem[]> {
  const working: Promise<PreparedItem>[] = []
  let broken: DaybreakError | null = null
  for (const item of items) {
    const started = ports.clock.now()
    const landed: Landed | DaybreakError | null = broken ?? (await toLanded(item, context, ports).catch(toFailure))
    if (landed instanceof DaybreakError && endsConnection(landed)) broken = landed
    working.push(
      make(item, landed, context, ports).then((made) => ({ ...made, milliseconds: ports.clock.now() - started })),
    )
  }
  return await Promise.all(working)
}

async function toLanded(
  { key, decision, slice }: Item,
  { session, scratch, signal }: PrepareContext,
  ports: Ports,
): Promise<Landed | null> {
  const path = join(scratch, `${key.stream}.raw`)
  if (decision.action === 'fetch') {
    const { file } = decision
    return await land({ key, file, path, known: slice.raw, signal }, session, ports.objects)
  }
  if (decision.action !== 'redo' || slice.raw === null) return null
  await ports.objects.fetch(slice.raw.object, path)
  return { raw: slice.raw, path }
}

async function make(
  item: Item,
  landed: Landed | DaybreakError | null,
  { definition, shard, run, scratch, signal }: PrepareContext,
  ports: Ports,
): Promise<Untouched | Unchanged | Made | Failed> {
  const file = item.decision.action === 'fetch' ? item.decision.file : null
  if (landed instanceof DaybreakError) return { ...item, result: 'failed', file, raw: null, failure: landed }
  if (landed === null) return { ...item, result: 'untouched' }
  const { raw, path } = landed
  if (file !== null && !run.scope.force && isLoadedAlready(item, raw)) return { ...item, result: 'unchanged', file }
  try {
    const made = await transform(
      {
        key: item.key,
        contract: item.contract,
        shard: toLocation(shard),
        version: { sha256: raw.sha256, ...item.version },
        sourceFile: readerOf(definition).placeOf(item.key, sourceName(fileOf(item.contract), raw.object)),
        raw: { path, sha256: raw.sha256, bytes: raw.bytes },
        privacyKey: definition.privacyKey,
        scratch,
        signal,
      },
      ports,
    )
    return { ...item, result: 'made', file, raw, made }
  } catch (error) {
    return { ...item, result: 'failed', file, raw, failure: toFailure(error) }
  }
}

/** The table shows these bytes, made as they would be made now: what was read once more was only to be compared. */
function isLoadedAlready({ slice: { state, delivery }, version }: Item, { sha256 }: RawObject): boolean {
  if (state !== 'loaded' || delivery === null) return false
  const { raw, contract, engine } = delivery
  return raw.sha256 === sha256 && contract === version.contract && engine === version.engine
}

/** A disk without room for scratch files is no defect. */
function toFailure(error: unknown): DaybreakError {
  if (error instanceof DaybreakError) return error
  return lastingDiskError(error, 'write a scratch file') ?? toDaybreakError(error)
}

function endsConnection(error: DaybreakError): boolean {
  return isBrokenConnection(error) || error.code === 'CANCELLED'
}

/** One slice, settled: its next row, and what that means. */
export interface SettledItem {
  readonly item: PreparedItem
  readonly slice: Slice
  readonly outcome: RunSlice['outcome']
  readonly reason: Reason | null
  readonly deliveries: readonly DeliveryRecord[]
  /** All results of its checks; null when nothing was checked anew. */
  readonly checks: readonly CheckResult[] | null
  /** Why it is published although something held it back. */
  readonly override?: Override
}
