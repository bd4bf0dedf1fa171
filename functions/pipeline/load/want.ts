import { DaybreakError } from '../../errors.ts'
import type { Manifest, Partition, Slice } from '../entities.ts'
import {
  buildManifest,
  manifestBytes,
  manifestName,
  type PartitionKey,
  parseManifest,
  REJECTS,
  sameContent,
} from '../manifest.ts'
import { compareAndSet } from './partition.ts'
import type { LoadPorts, LoadTask, Seen, Wanted } from './task.ts'

/** Reads the slices of a partition whose row was just read, and the manifest it wants. */
export async function look(partition: Partition, task: LoadTask, ports: LoadPorts): Promise<Seen> {
  const slices = await readSlices(task, ports)
  return { partition, slices, manifest: await readWanted(partition, ports) }
}

/**
 * Sees to it that the wanted manifest lists what the slices say. Null when another worker was faster, and it is to be
 * looked at again; else the row as it is now.
 */
export async function want(seen: Seen, task: LoadTask, ports: LoadPorts): Promise<Wanted | null> {
  const { partition, slices, manifest } = seen
  if (manifest !== null && isManifestOf(manifest, slices, task)) return { partition, manifest }
  const next = buildManifest(task, slices, partition.wanted + 1)
  const isMine = await put(next, ports)
  // Whoever took the number may have died before it was wanted. Then it is wanted here, so that the next one is free.
  const moved = await compareAndSet({ ...partition, wanted: next.number }, ports)
  return isMine && moved !== null ? { partition: moved, manifest: next } : null
}

/** True when the manifest lists what the slices say. */
export function isManifestOf(manifest: Manifest, slices: readonly Slice[], key: PartitionKey): boolean {
  return sameContent(buildManifest(key, slices, manifest.number), manifest)
}

/** The slices whose parts or rejects the partition holds. */
export async function readSlices(
  { pipeline, stream, window }: PartitionKey,
  { ledger }: Pick<LoadPorts, 'ledger'>,
): Promise<readonly Slice[]> {
  return await ledger.slices({ pipeline, windows: [window], ...(stream !== REJECTS && { streams: [stream] }) })
}

/** A manifest by its number. @throws {DaybreakError} OBJECT_MISSING, OBJECT_CONFLICT when it is none. */
export async function readManifest(
  key: PartitionKey,
  number: number,
  { objects }: Pick<LoadPorts, 'objects'>,
): Promise<Manifest> {
  return parseManifest(await objects.get(manifestName(key, number)))
}

async function readWanted(partition: Partition, ports: LoadPorts): Promise<Manifest | null> {
  if (partition.wanted === 0) return null
  try {
    return await readManifest(partition, partition.wanted, ports)
  } catch (error) {
    if (isUnreadable(error)) return null
    throw error
  }
}

/** True when a manifest is gone or damaged. The next number then lists the same. */
export function isUnreadable(error: unknown): boolean {
  return hasCode(error, 'OBJECT_MISSING') || hasCode(error, 'OBJECT_CONFLICT')
}

async function put(manifest: Manifest, { objects }: LoadPorts): Promise<boolean> {
  try {
    await objects.put(manifestName(manifest, manifest.number), manifestBytes(manifest))
    return true
  } catch (error) {
    if (hasCode(error, 'OBJECT_CONFLICT')) return false
    throw error
  }
}

function hasCode(error: unknown, code: DaybreakError['code']): boolean {
  return error instanceof DaybreakError && error.code === code
}
