import { DaybreakError } from '../../errors.ts'
import { hashFile } from '../../lib/hash-file.ts'
import type { PipelineDefinition } from '../definition.ts'
import type { Delivery, SliceKey } from '../entities.ts'
import { type RemakePorts, remakeParts } from './remake.ts'

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
