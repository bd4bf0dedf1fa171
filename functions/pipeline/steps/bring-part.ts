import { join } from 'node:path'
import { fileOf } from '../../contract/contract.ts'
import { isPattern } from '../../contract/file-name.ts'
import { DaybreakError } from '../../errors.ts'
import { hashFile } from '../../lib/hash-file.ts'
import { type PipelineDefinition, shardOf, versionFor } from '../definition.ts'
import type { Delivery, ManifestEntry, RawObject, Slice, SliceKey } from '../entities.ts'
import { rawName, sourceName } from '../names.ts'
import { isMendable, type ObjectStore, type Ports } from '../ports.ts'
import { readerOf } from '../read/readers.ts'
import { shardNamed, wordsOf } from '../slice-words.ts'
import { deliveryOf, type LocalTransform, stage, transformAnew } from './transform.ts'

/**
 * Brings the part of a delivery to a local path. One that is gone or damaged is made again from its raw file first.
 * @throws {DaybreakError} OBJECT_MISSING, OBJECT_DAMAGED when the raw file is gone or damaged as well; LEDGER_CONFLICT when
 * the contract changed since and the slice names another part now.
 */
export async function bringPart(
  { part, raw, totals }: Delivery,
  { key, definition, path }: { readonly key: SliceKey; readonly definition: PipelineDefinition; readonly path: string },
  ports: RemakePorts,
): Promise<void> {
  const { shard, stream, window } = key
  if (await fetchWhole(part, path, ports)) return
  const entry = { shard, stream, part, rawSha256: raw.sha256, totals }
  const outcome = await remakeParts(definition, [entry], { window, ports })
  if (outcome === 'moved') throw new DaybreakError('LEDGER_CONFLICT', `${part.object} has a successor`)
  await ports.objects.fetch(part.object, path)
}

/** False when the object is gone, or is not what was staged. */
async function fetchWhole(
  { object, sha256 }: { readonly object: string; readonly sha256?: string },
  path: string,
  { objects }: Pick<RemakePorts, 'objects'>,
): Promise<boolean> {
  try {
    await objects.fetch(object, path)
  } catch (error) {
    if (error instanceof DaybreakError && error.code === 'OBJECT_MISSING') return false
    throw error
  }
  return sha256 === undefined || (await hashFile(path)) === sha256
}

/** Inputs to making a part again. */
export type RemakePorts = Pick<Ports, 'ledger' | 'objects' | 'transformer' | 'withScratch' | 'clock' | 'log'>

/**
 * Makes parts again whose objects are gone or damaged: deleted by a lifecycle rule, written over on a disk. A part is a pure
 * function of its raw file, so it comes back under its name; under a contract that changed since, it gets another, and the
 * slice names that one.
 * @throws {DaybreakError} OBJECT_MISSING, OBJECT_DAMAGED when the raw file is gone or damaged, CONFIG_MISSING.
 */
export async function remakeParts(
  definition: PipelineDefinition,
  damaged: readonly ManifestEntry[],
  { window, ports }: { readonly window: string; readonly ports: RemakePorts },
): Promise<'same' | 'moved'> {
  const outcomes = []
  for (const entry of damaged) {
    const key = { pipeline: definition.name, stream: entry.stream, shard: entry.shard, window }
    outcomes.push(await ports.withScratch((scratch) => remakeOne(definition, { key, entry, scratch }, ports)))
  }
  return outcomes.includes('moved') ? 'moved' : 'same'
}

interface Lost {
  readonly key: SliceKey
  readonly entry: ManifestEntry
  readonly scratch: string
}

async function remakeOne(
  definition: PipelineDefinition,
  { key, entry, scratch }: Lost,
  ports: RemakePorts,
): Promise<'same' | 'moved'> {
  const slice = await ports.ledger.slice(key)
  const made = await makeAgain(definition, { key, entry, scratch }, ports)
  const { part, rejects, profiles } = made.transformed
  const isSame = [part, rejects, profiles].some((one) => one?.object === entry.part.object)
  ports.log({
    severity: 'WARNING',
    code: 'OBJECT_DAMAGED',
    message: `Made ${entry.part.object} again from its raw file: it was gone, or not as it was staged`,
    ...key,
  })
  if (isSame) await putBack(made.transformed, ports.objects)
  else if (slice !== null) await move(slice, made, ports)
  return isSame ? 'same' : 'moved'
}

interface Made {
  readonly raw: RawObject
  readonly transformed: LocalTransform
}

async function makeAgain(
  definition: PipelineDefinition,
  { key, entry, scratch }: Lost,
  ports: RemakePorts,
): Promise<Made> {
  const contract = definition.contracts.get(key.stream)
  const shard = shardOf(definition, key.shard)
  if (!contract || !shard) {
    const what = contract ? shardNamed(key.shard, wordsOf(definition)) : `a contract for ${key.stream}`
    throw new DaybreakError(
      'OBJECT_DAMAGED',
      `${entry.part.object} is gone or damaged, and without ${what} it cannot be made again`,
    )
  }
  const object = await findRaw(key, { file: fileOf(contract), sha256: entry.rawSha256 }, ports.objects)
  const path = join(scratch, 'raw')
  await ports.objects.fetch(object, path)
  if ((await hashFile(path)) !== entry.rawSha256)
    throw new DaybreakError('OBJECT_DAMAGED', `${object} no longer has the bytes that its name says`)
  const raw = { object, sha256: entry.rawSha256, bytes: (await ports.objects.size(object)) ?? 0 }
  const transformed = await transformAnew(
    {
      key,
      contract,
      shard,
      version: {
        sha256: raw.sha256,
        contract: versionFor(definition, contract, shard),
        engine: ports.transformer.engine,
      },
      sourceFile: readerOf(definition).placeOf(key, sourceName(fileOf(contract), object)),
      raw: { path, sha256: raw.sha256, bytes: raw.bytes },
      privacyKey: definition.privacyKey,
      profiles: definition.config.profiles,
      scratch,
    },
    ports,
  )
  return { raw, transformed }
}

async function putBack({ part, rejects, profiles }: LocalTransform, objects: ObjectStore): Promise<void> {
  for (const { object, rows, local } of [part, rejects, ...(profiles ? [profiles] : [])]) {
    if (object === rejects.object && rows === 0) continue
    if (isMendable(objects)) await objects.replace(object, { path: local })
    else await objects.put(object, { path: local })
  }
}

/** The slice names what was made, as after a redo: the load that follows wants a manifest of it. */
async function move(slice: Slice, { raw, transformed }: Made, ports: RemakePorts): Promise<void> {
  await stage(slice, transformed, ports.objects)
  const now = ports.clock.now()
  const delivery = deliveryOf(transformed, { raw, stagedAt: now })
  await ports.ledger.apply([{ change: 'slice', slice: { ...moved(slice, delivery), updatedAt: now } }])
}

/** The slice with its rejects, and its delivery, made again. Another delivery than that of its raw object stays. */
function moved(slice: Slice, delivery: Delivery): Slice {
  const { rejects } = delivery
  if (!slice.delivery || slice.delivery.raw.sha256 !== delivery.raw.sha256) return { ...slice, rejects }
  if (slice.state === 'loaded') return { ...slice, rejects, delivery, state: 'staged' }
  return { ...slice, rejects, delivery }
}

/**
 * Name of the raw object of a slice with these bytes. A file that was packed, or that a contract names by a pattern, was
 * archived under the name it had.
 */
export async function findRaw(
  key: SliceKey,
  { file, sha256 }: { readonly file: string; readonly sha256: string },
  objects: ObjectStore,
): Promise<string> {
  const plain = rawName(key, file, sha256)
  if (!isPattern(file) && (await objects.size(plain)) !== null) return plain
  for await (const { name } of objects.list(`raw/${key.pipeline}/${key.shard}/${key.window}/`))
    if (name.endsWith(`/${sha256}`)) return name
  return plain
}
