import { createHash } from 'node:crypto'
import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { constantsOf, rejectConstantsOf } from '../../contract/carried.ts'
import { type Contract, fileOf } from '../../contract/contract.ts'
import { countRows } from '../../engine/parquet/footer.ts'
import { hashFile } from '../../lib/hash-file.ts'
import { unpack } from '../../lib/unpack.ts'
import type { CheckResult, Counts, Delivery, PartObject, Shard, SliceKey, Totals } from '../entities.ts'
import { barePart, madeNames, type PartVersion } from '../names.ts'
import type { Drift, ObjectStore, Ports, TransformRequest, TransformResult } from '../ports.ts'
import { WORDS } from '../words.ts'

/** Result of one raw object under one contract version. `local` paths are set while the parts are on this disk. */
export interface Transformed {
  readonly version: PartVersion
  readonly part: PartObject & { readonly local: string | null }
  readonly rejects: PartObject & { readonly local: string | null }
  /** Absent where the pipeline makes none. */
  readonly profiles?: PartObject & { readonly local: string | null }
  readonly counts: Counts
  readonly hidden?: number
  readonly totals: Totals
  readonly encoding: 'utf-8' | 'windows-1252'
  readonly constants?: Readonly<Record<string, readonly string[]>> | undefined
  readonly drift: Drift
  readonly checks: readonly CheckResult[]
}

/** Raw object that is to become a part. */
interface TransformTask {
  readonly key: SliceKey
  readonly contract: Contract
  readonly shard: Shard
  readonly version: PartVersion
  readonly sourceFile: string
  readonly raw: { readonly path: string; readonly sha256: string; readonly bytes: number }
  readonly privacyKey: Uint8Array
  /** True for profiles as well. */
  readonly profiles: boolean
  readonly scratch: string
  readonly signal?: AbortSignal | undefined
}

// More than any real export, and little enough for a disk that is memory.
const MOST_UNPACKED = 1_073_741_824

type UnpackTask = Pick<TransformTask, 'raw' | 'contract' | 'key' | 'scratch'>

/** The file itself, unpacked if need be. Its hash stays that of the bytes that arrived: the archive keeps those. */
export async function plainFile({ raw, contract, key, scratch }: UnpackTask): Promise<TransformTask['raw']> {
  const into = join(scratch, `${key.stream}.unpacked`)
  const path = await unpack({ path: raw.path, wanted: fileOf(contract), maxBytes: MOST_UNPACKED, into })
  return path === raw.path ? raw : { ...raw, path, bytes: (await stat(path)).size }
}

/**
 * Turns landed bytes into a part and its rejects. A part is a pure function of its version, so one that object storage
 * has already is not made again: a repeated message, a correction taken back (A, B, A) and a restart cost one read.
 */
export async function transform(
  task: TransformTask,
  ports: Pick<Ports, 'objects' | 'transformer'>,
): Promise<Transformed> {
  const known = await readRecord(task.key, task.version, ports.objects)
  if (known === null || !(await areStored([known.part, known.rejects], ports.objects)))
    return await transformAnew(task, ports)
  if (!task.profiles) return known
  const profiles = await storedProfiles(task.key, task.version, ports.objects)
  // A part of an earlier release has none: it is made once more, and only its profiles are new.
  return profiles === null ? await transformAnew(task, ports) : { ...known, profiles: { ...profiles, local: null } }
}

/**
 * The part of a transform request that a slice decides: the columns its rows carry, and where its rows were written. Files
 * without restaurants have no such place, except for columns that are read in the zone of the pipeline.
 */
export function sliceRequest(
  contract: Contract,
  { shard, window }: Pick<SliceKey, 'shard' | 'window'>,
  { timeZone, closeoutHour }: Pick<Shard, 'timeZone' | 'closeoutHour'>,
): Pick<TransformRequest, 'constants' | 'rejectConstants' | 'place'> {
  return {
    constants: constantsOf(contract, { shard, window }),
    rejectConstants: rejectConstantsOf(contract, { shard, window }),
    place: closeoutHour !== null || isZoned(contract) ? { timeZone, closeoutHour, date: window } : undefined,
  }
}

function isZoned({ derived }: Pick<Contract, 'derived'>): boolean {
  return derived.some(({ parse }) => parse === 'utc')
}

/** The same without asking object storage for what was made before: its parts are gone or damaged. */
export async function transformAnew(task: TransformTask, ports: Pick<Ports, 'transformer'>): Promise<LocalTransform> {
  const outDir = join(task.scratch, `${task.key.stream}.out`)
  await mkdir(outDir)
  const raw = await plainFile(task)
  const result = await ports.transformer.transform({
    contract: task.contract,
    ...sliceRequest(task.contract, task.key, task.shard),
    sourceFile: task.sourceFile,
    raw,
    outDir,
    privacyKey: task.privacyKey,
    profiles: task.profiles,
    ...(task.signal && { signal: task.signal }),
  })
  const { part, rejects, profiles, ...facts } = result
  const names = madeNames(task.key, task.version)
  return {
    ...facts,
    version: task.version,
    part: await toLocalPart(names.part, part),
    rejects: await toLocalPart(names.rejects, rejects),
    ...(profiles && { profiles: await toLocalPart(names.profiles, profiles) }),
  }
}

/** Pure: what a slice says of the result that it publishes. */
export function deliveryOf(
  { version, part, rejects, profiles, counts, totals }: Transformed,
  { raw, stagedAt, override }: Pick<Delivery, 'raw' | 'stagedAt' | 'override'>,
): Delivery {
  return {
    raw,
    contract: version.contract,
    engine: version.engine,
    part: barePart(part),
    rejects: barePart(rejects),
    ...(profiles && { profiles: barePart(profiles) }),
    counts,
    totals,
    stagedAt,
    ...(override && { override }),
  }
}

type LocalPart = PartObject & { readonly sha256: string; readonly local: string }

/** A transform whose parts are on this disk. */
export type LocalTransform = Transformed & {
  readonly part: LocalPart
  readonly rejects: LocalPart
  readonly profiles?: LocalPart
}

/** Profiles in object storage; null when there are none. Their record would change that of the part, so they are read. */
export async function storedProfiles(
  key: SliceKey,
  version: PartVersion,
  objects: Pick<ObjectStore, 'size' | 'get'>,
): Promise<PartObject | null> {
  const object = madeNames(key, version).profiles
  if ((await objects.size(object)) === null) return null
  const bytes = await objects.get(object)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return { object, rows: countRows(Buffer.from(bytes)), bytes: bytes.length, sha256 }
}

async function toLocalPart(object: string, { path, rows, bytes }: TransformResult['part']): Promise<LocalPart> {
  return { object, rows, bytes, sha256: await hashFile(path), local: path }
}

/** Parts can be deleted while their record stays; one without rows is not stored when it is of rejects. */
async function areStored([part, rejects]: readonly [PartObject, PartObject], objects: ObjectStore): Promise<boolean> {
  const isThere = async ({ object, bytes }: PartObject) => (await objects.size(object)) === bytes
  return (await isThere(part)) && (rejects.rows === 0 || (await isThere(rejects)))
}

const Part = z.object({
  object: z.string(),
  rows: z.int(),
  bytes: z.int(),
  sha256: z.string().exactOptional(),
})

/** The record next to a part: all that the ledger needs to know it again. */
const TransformRecord = z.object({
  part: Part,
  rejects: Part,
  counts: z.object({
    lines: z.int(),
    records: z.int(),
    blankLines: z.int(),
    accepted: z.int(),
    rejected: z.int(),
  }),
  hidden: z.int().exactOptional(),
  totals: z.record(z.string(), z.string()),
  encoding: z.enum(['utf-8', 'windows-1252']),
  constants: z.record(z.string(), z.array(z.string())).optional(),
  drift: z.object({
    newColumns: z.array(z.string()),
    missingOptional: z.array(z.string()),
    reordered: z.boolean(),
  }),
  checks: z.array(
    z.object({
      check: z.string(),
      rule: z.string().nullable(),
      state: z.enum(WORDS.checks.state),
      effect: z.enum(WORDS.checks.effect),
      tested: z.int(),
      failed: z.int(),
      message: z.string(),
    }),
  ),
})

/** The record of a transform that was staged, or null. */
export async function readRecord(
  key: SliceKey,
  version: PartVersion,
  objects: ObjectStore,
): Promise<Transformed | null> {
  const name = madeNames(key, version).record
  if ((await objects.size(name)) === null) return null
  const { part, rejects, ...facts } = TransformRecord.parse(
    JSON.parse(Buffer.from(await objects.get(name)).toString('utf8')),
  )
  return { ...facts, version, part: { ...part, local: null }, rejects: { ...rejects, local: null } }
}

/** The bytes of the record: nothing in it depends on when or by whom it was made. */
function recordBytes(made: Transformed): Uint8Array {
  const { part, rejects, counts, hidden, totals, encoding, constants, drift, checks } = made
  const record: z.infer<typeof TransformRecord> = {
    part: barePart(part),
    rejects: barePart(rejects),
    counts,
    ...(hidden !== undefined && { hidden }),
    totals,
    encoding,
    ...(constants && { constants: mutable(constants) }),
    drift: { ...drift, newColumns: [...drift.newColumns], missingOptional: [...drift.missingOptional] },
    checks: [...checks],
  }
  return Buffer.from(`${JSON.stringify(record, null, 1)}\n`)
}

function mutable(constants: NonNullable<Transformed['constants']>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(constants).map(([column, values]) => [column, [...values]]))
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
  await objects.put(madeNames(key, made.version).record, recordBytes(made))
}
