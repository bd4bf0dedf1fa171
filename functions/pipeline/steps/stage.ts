import { decisionBytes, decisionName, decisionOf } from '../decision-record.ts'
import type { SliceKey } from '../entities.ts'
import { recordName } from '../names.ts'
import type { Change, ObjectStore, Ports } from '../ports.ts'
import type { Day } from './day.ts'
import { isMade, type PreparedItem } from './item.ts'
import { recordBytes, type Transformed } from './transform.ts'

/**
 * Puts the parts of a day and its decision into object storage, before the ledger has them: a lost ledger is rebuilt from
 * these objects.
 */
export async function stageDay(
  { items, changes }: { readonly items: readonly PreparedItem[]; readonly changes: readonly Change[] },
  { definition, shard, window }: Day,
  { objects, clock }: Pick<Ports, 'objects' | 'clock'>,
): Promise<void> {
  for (const { key, made } of items.filter(isMade)) await stage(key, made, objects)
  const at = Math.max(0, ...items.map(({ lookedAt }) => lookedAt ?? clock.now()))
  const decision = decisionOf(changes, { before: items.map(({ slice }) => slice), at })
  if (decision === null) return
  const place = { pipeline: definition.name, shard: shard.id, window }
  await objects.put(decisionName(place, decision), decisionBytes(decision))
}

/**
 * Puts a part, its rejects and profiles if there are any, and then their record into object storage. Safe to repeat: names are made of what the content
 * is made of, so a second attempt finds its own objects.
 */
export async function stage(key: SliceKey, made: Transformed, objects: ObjectStore): Promise<void> {
  const { part, rejects, profiles } = made
  if (part.local === null || rejects.local === null) return
  await Promise.all([
    objects.put(part.object, { path: part.local }),
    // Most files have no rejects, and a manifest lists no empty ones.
    ...(rejects.rows > 0 ? [objects.put(rejects.object, { path: rejects.local })] : []),
    ...(profiles?.local ? [objects.put(profiles.object, { path: profiles.local })] : []),
  ])
  // Last: a record without its parts would be taken for a complete transform.
  await objects.put(recordName(key, made.version), recordBytes(made))
}
