import { join } from 'node:path'
import { fileOf } from '../../contract/contract.ts'
import { DaybreakError, toDaybreakError } from '../../errors.ts'
import { lastingDiskError } from '../../lib/disk-failure.ts'
import type { RawObject } from '../entities.ts'
import { sourceName } from '../names.ts'
import type { Ports } from '../ports.ts'
import { readerOf } from '../read/readers.ts'
import type { Day } from './day.ts'
import { isBrokenConnection, type Landed, land } from './extract.ts'
import type { Item, PreparedItem, WorkedItem } from './item.ts'
import { transform } from './transform.ts'

/**
 * Lands what is to be fetched, one file after the other over one connection, while earlier files are already transformed.
 * A failure stays with its item. Only a broken connection ends the fetching, and never the work on what is landed.
 */
export async function landAndTransform(
  items: readonly Item[],
  day: Day,
  ports: Ports,
): Promise<readonly PreparedItem[]> {
  const working: Promise<PreparedItem>[] = []
  let broken: DaybreakError | null = null
  for (const item of items) {
    const started = ports.clock.now()
    const landed: Landed | DaybreakError | null = broken ?? (await toLanded(item, day, ports).catch(toFailure))
    if (landed instanceof DaybreakError && endsConnection(landed)) broken = landed
    working.push(
      make(item, landed, day, ports).then((made) => ({ ...made, milliseconds: ports.clock.now() - started })),
    )
  }
  return await Promise.all(working)
}

async function toLanded(
  { key, decision, slice }: Item,
  { session, scratch, signal }: Day,
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
  { definition, shard, run, scratch, signal }: Day,
  ports: Ports,
): Promise<WorkedItem> {
  const file = item.decision.action === 'fetch' ? item.decision.file : null
  if (landed instanceof DaybreakError) return { ...item, result: 'failed', file, raw: null, failure: landed }
  if (landed === null) return { ...item, result: 'untouched' }
  const { raw, path } = landed
  if (file !== null && !run.scope.force && isLoadedAlready(item, raw)) return { ...item, result: 'unchanged', file }
  const { key, contract } = item
  const sourceFile = readerOf(definition).placeOf(key, sourceName(fileOf(contract), raw.object))
  const made = await transform(
    {
      ...{ key, contract, shard, sourceFile, scratch, signal },
      version: { sha256: raw.sha256, ...item.version },
      raw: { path, sha256: raw.sha256, bytes: raw.bytes },
      privacyKey: definition.privacyKey,
      profiles: definition.config.profiles,
    },
    ports,
  ).catch(toFailure)
  if (made instanceof DaybreakError) return { ...item, result: 'failed', file, raw, failure: made }
  return { ...item, result: 'made', file, raw, made }
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
