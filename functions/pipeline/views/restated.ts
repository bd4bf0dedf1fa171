import { subtractDecimals } from '../../lib/decimal.ts'
import type { Instant, LoadRecord, Manifest, ManifestEntry, Totals } from '../entities.ts'
import { readManifest } from '../manifest.ts'
import type { Ports } from '../ports.ts'

/** A slice of which its table holds other rows now than at an instant. */
export interface Restated {
  readonly stream: string
  readonly shard: string
  readonly window: string
  readonly change: 'corrected' | 'late' | 'withdrawn'
  /** Null for a slice that came later. */
  readonly before: ManifestEntry | null
  /** Null for a slice that was taken out. */
  readonly now: ManifestEntry | null
}

/** Differences between the tables of an instant and those of now. */
interface RestatedSince {
  readonly restated: readonly Restated[]
  /** Partitions whose history of loads begins after the instant: what they held then is not on record. */
  readonly unknown: readonly LoadRecord[]
}

/**
 * Compares the manifests that tables equalled at an instant with those of now, by window, stream, shard. A slice without rows then
 * counts where its business date was over: what was reported lacked it.
 * @throws {DaybreakError} OBJECT_MISSING, OBJECT_CONFLICT for a manifest that is gone or damaged.
 */
export async function restatedSince(
  pipeline: string,
  since: Instant,
  { ledger, objects }: Pick<Ports, 'ledger' | 'objects'>,
): Promise<RestatedSince> {
  const changed = await ledger.loads({ pipeline, since })
  const windows = [...new Set(changed.map(({ window }) => window))]
  const all = Map.groupBy(await ledger.loads({ pipeline, windows }), partitionOf)
  const restated: Restated[] = []
  const unknown: LoadRecord[] = []
  for (const key of new Set(changed.map(partitionOf))) {
    const loads = all.get(key) ?? []
    const [first] = loads
    const [then, last] = [loads.findLast(({ at }) => at < since), loads.at(-1)]
    if (first === undefined || last === undefined) continue
    if (then === undefined && first.number > 1) unknown.push(first)
    else restated.push(...differencesOf(then ? await read(then, objects) : null, await read(last, objects), since))
  }
  return { restated, unknown }
}

/** Pure: differences of the sums of two versions by column, without those that are zero. */
export function changedTotals({ before, now }: Pick<Restated, 'before' | 'now'>): Totals {
  const [old, own]: Totals[] = [before?.totals ?? {}, now?.totals ?? {}]
  const columns = [...new Set([...Object.keys(old ?? {}), ...Object.keys(own ?? {})])]
  const differences = columns.map((column) => {
    return [column, subtractDecimals(own?.[column] ?? '0', old?.[column] ?? '0')] as const
  })
  return Object.fromEntries(differences.filter(([, difference]) => Number(difference) !== 0))
}

function partitionOf({ stream, window }: LoadRecord): string {
  return JSON.stringify([window, stream])
}

async function read(load: LoadRecord, objects: Ports['objects']): Promise<Manifest> {
  return await readManifest(load, load.number, { objects })
}

function differencesOf(then: Manifest | null, manifest: Manifest, since: Instant): readonly Restated[] {
  const [old, own] = [byShard(then), byShard(manifest)]
  const { stream, window } = manifest
  return [...new Set([...old.keys(), ...own.keys()])].toSorted().flatMap((shard): readonly Restated[] => {
    const [before, now] = [old.get(shard) ?? null, own.get(shard) ?? null]
    if (before?.rawSha256 === now?.rawSha256 || (before === null && !isOver(window, since))) return []
    const change = before === null ? 'late' : now === null ? 'withdrawn' : 'corrected'
    return [{ stream, shard, window, change, before, now }]
  })
}

function byShard(manifest: Manifest | null): ReadonlyMap<string, ManifestEntry> {
  return new Map((manifest?.entries ?? []).map((entry) => [entry.shard, entry]))
}

const DAY = 86_400_000

/** True where the business date had ended everywhere a day before the instant, so that it was reported without the slice. */
function isOver(window: string, since: Instant): boolean {
  return Date.parse(`${window}T00:00:00Z`) + 2 * DAY <= since
}
