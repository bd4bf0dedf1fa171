import { join } from 'node:path'
import type { LocationConfig } from '../../config/config.ts'
import type { Contract } from '../../contract/contract.ts'
import { DaybreakError, toDaybreakError } from '../../errors.ts'
import { toFolderName } from '../../lib/business-date.ts'
import { lastingDiskError } from '../../lib/disk-failure.ts'
import { type PipelineDefinition, toLocation } from '../definition.ts'
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

/** The same after the work: landed, transformed, or failed with a reason. */
export interface PreparedItem extends Item {
  /** The file that was read; null when none was. */
  readonly file: SourceFile | null
  readonly raw: RawObject | null
  readonly made: Transformed | null
  readonly failure: DaybreakError | null
  readonly milliseconds: number
}

export interface PrepareContext {
  readonly definition: PipelineDefinition
  readonly shard: LocationConfig
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
): Promise<Omit<PreparedItem, 'milliseconds'>> {
  const file = item.decision.action === 'fetch' ? item.decision.file : null
  const bare = { ...item, file, raw: null, made: null, failure: null }
  if (landed instanceof DaybreakError) return { ...bare, failure: landed }
  if (landed === null) return bare
  const { raw, path } = landed
  if (file !== null && !run.scope.force && isLoadedAlready(item, raw)) return bare
  try {
    const made = await transform(
      {
        key: item.key,
        contract: item.contract,
        shard: toLocation(shard),
        version: { sha256: raw.sha256, ...item.version },
        sourceFile: `${item.key.shard}/${toFolderName(item.key.window)}/${sourceName(item.contract.file, raw.object)}`,
        raw: { path, sha256: raw.sha256, bytes: raw.bytes },
        privacyKey: definition.privacyKey,
        scratch,
        signal,
      },
      ports,
    )
    return { ...bare, raw, made }
  } catch (error) {
    return { ...bare, raw, failure: toFailure(error) }
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
