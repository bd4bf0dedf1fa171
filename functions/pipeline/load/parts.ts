import type { Manifest, ManifestEntry } from '../entities.ts'
import { isMendable, type ObjectStore } from '../ports.ts'

/** Entries whose part is gone, or has other bytes than those that were staged, where a store's objects can be written over. */
export async function damagedParts({ entries }: Manifest, objects: ObjectStore): Promise<readonly ManifestEntry[]> {
  if (!isMendable(objects)) return []
  const names = new Set(await objects.damaged(entries.map(({ part }) => part)))
  return entries.filter(({ part }) => names.has(part.object))
}

/** Entries whose part is not there in its full length. */
export async function missingParts({ entries }: Manifest, { size }: ObjectStore): Promise<readonly ManifestEntry[]> {
  const sizes = await Promise.all(entries.map(async ({ part }) => (await size(part.object)) === part.bytes))
  return entries.filter((_, at) => !sizes[at])
}
