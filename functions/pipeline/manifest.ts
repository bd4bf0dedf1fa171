import { createHash } from 'node:crypto'
import { z } from 'zod'
import { DaybreakError } from '../errors.ts'
import { sumTotals } from '../lib/decimal.ts'
import type { BusinessDate, Manifest, ManifestEntry, PartObject, Slice } from './entities.ts'
import { barePart, PROFILES } from './names.ts'
import type { Ports } from './ports.ts'
import { WORDS } from './words.ts'

const Part = z.strictObject({ object: z.string(), rows: z.int(), bytes: z.int(), sha256: z.string().exactOptional() })
const State = z.enum(WORDS.slices.state)

// 128 bits; a label of BigQuery holds 63 characters.
const HASH_DIGITS = 32

const ManifestFile = z.strictObject({
  version: z.literal(1),
  pipeline: z.string(),
  stream: z.string(),
  date: z.string(),
  number: z.int().min(1),
  entries: z.array(
    z.strictObject({
      location: z.string(),
      stream: z.string(),
      part: Part,
      rawSha256: z.string(),
      totals: z.record(z.string(), z.string()),
    }),
  ),
  absent: z.array(z.strictObject({ location: z.string(), stream: z.string(), state: State })),
  rows: z.int(),
  totals: z.record(z.string(), z.string()),
})

/** The stream under which the rejects of all streams are loaded. */
export const REJECTS = 'rejects'

/** Streams that no contract describes: each holds something about the files of all others. */
export const ADDED_STREAMS = [REJECTS, PROFILES] as const

/** True for a stream that no contract describes. */
export function isAdded(stream: string): boolean {
  return stream === REJECTS || stream === PROFILES
}

/** Names one partition. */
export interface PartitionKey {
  readonly pipeline: string
  readonly stream: string
  readonly window: BusinessDate
}

/** Name of a manifest: numbered from 1 within its partition. */
export function manifestName({ pipeline, stream, window }: PartitionKey, number: number): string {
  return `manifests/${pipeline}/${stream}/${window}/${number}.json`
}

/** Pure: what the partition should hold, from the slices of its date. Slices may be of other streams; they are left out. */
export function buildManifest(key: PartitionKey, slices: readonly Slice[], number: number): Manifest {
  const own = slices.filter(
    ({ stream, window }) => window === key.window && (isAdded(key.stream) || stream === key.stream),
  )
  const entries = own.flatMap((slice) => toEntry(key, slice)).toSorted(byPlace)
  const listed = new Set(entries.map(({ shard, stream }) => `${shard}/${stream}`))
  const absent = own
    .filter(({ shard, stream }) => !listed.has(`${shard}/${stream}`))
    .filter(({ rejects }) => key.stream !== REJECTS || rejects === null)
    .map(({ shard, stream, state }) => ({ shard, stream, state }))
    .toSorted(byPlace)
  return {
    version: 1,
    pipeline: key.pipeline,
    stream: key.stream,
    window: key.window,
    number,
    entries,
    absent,
    rows: entries.reduce((sum, { part }) => sum + part.rows, 0),
    totals: sumTotals(entries.map(({ totals }) => totals)),
  }
}

/** True when loading the manifest of these slices instead of this one would change nothing. Absences are told, not loaded. */
export function listsSlices(manifest: Manifest, slices: readonly Slice[]): boolean {
  const { entries } = buildManifest(manifest, slices, manifest.number)
  return JSON.stringify(entries) === JSON.stringify(manifest.entries)
}

/** Hash of what a load of the manifest puts into the table. Goes into the id of its job. */
export function contentHash({ entries }: Pick<Manifest, 'entries'>): string {
  const parts = entries.map(({ shard, stream, rawSha256, part }) => [shard, stream, rawSha256, barePart(part)])
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, HASH_DIGITS)
}

/** The bytes of a manifest; equal manifests have equal bytes. The file says `location` and `date` for shard and window. */
export function manifestBytes(manifest: Manifest): Uint8Array {
  const { version, pipeline, stream, window, number, rows, totals } = manifest
  const entries = manifest.entries.map(({ shard, ...entry }) => ({ location: shard, ...entry }))
  const absent = manifest.absent.map(({ shard, ...entry }) => ({ location: shard, ...entry }))
  const file = { version, pipeline, stream, date: window, number, entries, absent, rows, totals }
  return Buffer.from(`${JSON.stringify(file, null, 1)}\n`)
}

/** A manifest by its number. @throws {DaybreakError} OBJECT_MISSING; OBJECT_CONFLICT when it is none. */
export async function readManifest(
  key: PartitionKey,
  number: number,
  { objects }: Pick<Ports, 'objects'>,
): Promise<Manifest> {
  return parseManifest(await objects.get(manifestName(key, number)))
}

/** A manifest by its number; null when it is gone or damaged. The next number then lists the same. */
export async function findManifest(
  key: PartitionKey,
  number: number,
  ports: Pick<Ports, 'objects'>,
): Promise<Manifest | null> {
  try {
    return await readManifest(key, number, ports)
  } catch (error) {
    const isUnreadable = error instanceof DaybreakError && UNREADABLE.includes(error.code)
    if (isUnreadable) return null
    throw error
  }
}

const UNREADABLE: readonly DaybreakError['code'][] = ['OBJECT_MISSING', 'OBJECT_CONFLICT']

/** @throws {DaybreakError} OBJECT_CONFLICT when the bytes are no manifest. */
export function parseManifest(bytes: Uint8Array): Manifest {
  const parsed = ManifestFile.safeParse(parseJson(Buffer.from(bytes).toString('utf8')))
  if (parsed.success) return fromFile(parsed.data)
  throw new DaybreakError(
    'OBJECT_CONFLICT',
    `an object under manifests/ is no manifest: ${z.prettifyError(parsed.error)}`,
  )
}

function fromFile({ date, entries, absent, ...rest }: z.infer<typeof ManifestFile>): Manifest {
  return {
    ...rest,
    window: date,
    entries: entries.map(({ location, ...entry }) => ({ shard: location, ...entry })),
    absent: absent.map(({ location, ...entry }) => ({ shard: location, ...entry })),
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function toEntry({ stream: target }: PartitionKey, slice: Slice): readonly ManifestEntry[] {
  const { shard, stream, delivery, rejects } = slice
  if (target === REJECTS) {
    return rejects === null || rejects.rows === 0
      ? []
      : [{ shard, stream, part: barePart(rejects), rawSha256: rawOf(rejects, slice), totals: {} }]
  }
  if (delivery === null) return []
  if (target === PROFILES) {
    const { profiles, raw } = delivery
    return profiles ? [{ shard, stream, part: barePart(profiles), rawSha256: raw.sha256, totals: {} }] : []
  }
  const totals = sumTotals([delivery.totals])
  return [{ shard, stream, part: barePart(delivery.part), rawSha256: delivery.raw.sha256, totals }]
}

/** The raw object that rejects were found in: not always the newest one, which may not have been looked into yet. */
function rawOf({ object }: PartObject, { raw }: Slice): string {
  return /([0-9a-f]{64})-[^/]*$/.exec(object)?.[1] ?? raw?.sha256 ?? ''
}

function byPlace(a: { shard: string; stream: string }, b: { shard: string; stream: string }): number {
  const [left, right] = [`${a.shard}/${a.stream}`, `${b.shard}/${b.stream}`]
  return left < right ? -1 : left > right ? 1 : 0
}
