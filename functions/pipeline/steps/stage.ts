import type { SliceKey } from '../entities.ts'
import { recordName } from '../names.ts'
import type { ObjectStore } from '../ports.ts'
import { recordBytes, type Transformed } from './transform.ts'

/**
 * Puts a part, its rejects if there are any, and then their record into object storage. Safe to repeat: names are made of what the content
 * is made of, so a second attempt finds its own objects.
 */
export async function stage(key: SliceKey, made: Transformed, objects: ObjectStore): Promise<void> {
  const { part, rejects } = made
  if (part.local === null || rejects.local === null) return
  await Promise.all([
    objects.put(part.object, { path: part.local }),
    // Most files have none, and a manifest lists none of those.
    ...(rejects.rows > 0 ? [objects.put(rejects.object, { path: rejects.local })] : []),
  ])
  // Last: a record without its parts would be taken for a complete transform.
  await objects.put(recordName(key, made.version), recordBytes(made))
}
