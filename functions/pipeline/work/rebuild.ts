import { join } from 'node:path'
import type { KeptChange } from '../decision-record.ts'
import type { PipelineDefinition } from '../definition.ts'
import type {
  ImportedLocation,
  KeptFile,
  ManifestEntry,
  PartObject,
  RawObject,
  Run,
  Slice,
  SliceKey,
} from '../entities.ts'
import { parseIncidentKey } from '../incident-cause.ts'
import { newPartition } from '../load/look.ts'
import { isAdded, REJECTS } from '../manifest.ts'
import type { Change, Ports } from '../ports.ts'
import { readerOf } from '../read/readers.ts'
import { findRaw } from '../steps/bring-part.ts'
import { newSlice } from '../steps/decide.ts'
import { readRecord, storedProfiles } from '../steps/transform.ts'
import { isTables, type TableDefinition } from '../tables/tools.ts'
import { importedRecords } from './imported-record.ts'
import {
  decidedDays,
  type FoundPartition,
  type FoundRaw,
  foundPartitions,
  newestRaws,
  type Unreadable,
} from './rebuild-facts.ts'
import { rebuildTables } from './rebuild-tables.ts'
import { finishRun } from './record.ts'
import { LEASE, newMessage } from './run.ts'

/** Rows that a rebuild added to the ledger, and the objects that it could not read. */
export interface Rebuilt {
  readonly slices: number
  readonly partitions: number
  readonly skipped: readonly Unreadable[]
  readonly runId: string
}

const BATCH = 200

/**
 * Adds to the ledger what it lacks: slices with their checks, deliveries and incidents from the records of decisions, what
 * those do not know from manifests, part records and raw objects, partitions from manifests, files that no contract reads
 * and imported locations. Then asks for every partition to be loaded, which proves it against the warehouse.
 *
 * Rows that the ledger has stay as they are, so a rebuild that was interrupted is started again, and one of a ledger that
 * lacks nothing changes nothing. Runs, audit and who acknowledged an incident are history and do not come back.
 */
export async function rebuildLedger(definition: PipelineDefinition, ports: Ports): Promise<Rebuilt> {
  if (isTables(definition)) return await rebuildOfTables(definition, ports)
  const skipped: Unreadable[] = []
  const skip = (unreadable: Unreadable) => {
    skipped.push(unreadable)
    const message = `Skipped ${JSON.stringify(unreadable.object)}: it ${unreadable.problem}`
    ports.log({ severity: 'WARNING', code: 'OBJECT_CONFLICT', message, pipeline: definition.name })
  }
  await addImported(definition, await importedRecords(definition.name, ports, skip), ports)
  let slices = 0
  for await (const { shard, window, changes } of decidedDays(definition, ports, skip)) {
    slices += await addDay({ pipeline: definition.name, shard, window }, changes, ports)
  }
  const partitions = await foundPartitions(definition, ports, skip)
  slices += await addSlices(await published(definition, partitions, ports), ports)
  const raws = await newestRaws(definition, ports)
  slices += await addSlices(landed(raws.slices, ports), ports)
  await addKept(definition, raws.others, ports)
  const { added, runId } = await addPartitions(definition, partitions, ports)
  return { slices, partitions: added, skipped, runId }
}

/** Windows of tables, in a run that has nothing more to do. */
async function rebuildOfTables(definition: TableDefinition, ports: Ports): Promise<Rebuilt> {
  const { windows, loaded } = await rebuildTables(definition, ports)
  const run = newRun(definition.name, { id: ports.newId(), now: ports.clock.now() })
  await ports.ledger.apply([{ change: 'run', run }])
  await finishRun(run.id, ports)
  return { slices: windows, partitions: loaded, skipped: [], runId: run.id }
}

/** Adds the decisions about slices that the ledger does not have, in one transaction. Returns how many slices. */
async function addDay(
  { pipeline, shard, window }: Omit<SliceKey, 'stream'>,
  changes: readonly KeptChange[],
  { ledger }: Ports,
): Promise<number> {
  const known = await ledger.slices({ pipeline, shards: [shard], windows: [window] })
  const streams = new Set(known.map(({ stream }) => stream))
  const decided = changes.flatMap((change) => (change.change === 'slice' ? [change.slice] : []))
  const lacking = decided.filter(({ stream }) => !streams.has(stream))
  if (lacking.length === 0) return 0
  const isLacking = (change: KeptChange) =>
    change.change === 'checks'
      ? !streams.has(change.key.stream)
      : change.change === 'delivery'
        ? !streams.has(change.delivery.stream)
        : change.change === 'incident_opened'
  const rest = changes.filter(isLacking).map(toChange)
  await ledger.apply([...lacking.map((slice): Change => ({ change: 'slice', slice: toUnloaded(slice) })), ...rest])
  return lacking.length
}

/** Decisions keep the key of an incident alone; its place follows from it. */
function toChange(change: KeptChange): Change {
  return change.change === 'incident_opened' ? { ...change, ...parseIncidentKey(change.key) } : change
}

/** A slice that the table is to be compared with once more. */
function toUnloaded(slice: Slice): Slice {
  return slice.state === 'loaded' ? { ...slice, state: 'staged', version: 0 } : { ...slice, version: 0 }
}

/** Slices of the newest manifests, for days that were staged before decisions were kept. */
async function published(
  definition: PipelineDefinition,
  partitions: readonly FoundPartition[],
  ports: Ports,
): Promise<readonly Slice[]> {
  const manifests = partitions.flatMap(({ manifest }) => (manifest ? [manifest] : []))
  const rejects = new Map(
    manifests
      .filter(({ stream }) => stream === REJECTS)
      .flatMap(({ window, entries }) => entries.map((entry) => [idOf({ ...entry, window }), entry.part] as const)),
  )
  const slices: Slice[] = []
  for (const { stream, window, entries } of manifests.filter((manifest) => !isAdded(manifest.stream))) {
    for (const entry of entries) {
      const key: SliceKey = { pipeline: definition.name, stream, shard: entry.shard, window }
      const slice = await fromEntry(key, entry, { definition, rejects }, ports)
      if (slice) slices.push(slice)
    }
  }
  return slices
}

async function fromEntry(
  key: SliceKey,
  { part }: ManifestEntry,
  { definition, rejects }: { definition: PipelineDefinition; rejects: ReadonlyMap<string, PartObject> },
  ports: Ports,
): Promise<Slice | null> {
  const [, sha256, contract, engine] = /([0-9a-f]{64})-([^-/]+)-([^/]+)\.parquet$/.exec(part.object) ?? []
  const file = definition.contracts.get(key.stream)?.file
  if (!sha256 || !contract || !engine || !file) return null
  const version = { sha256, contract, engine }
  const made = await readRecord(key, version, ports.objects)
  if (made === null) return null
  const profiles = await storedProfiles(key, version, ports.objects)
  const object = await findRaw(key, { file, sha256 }, ports.objects)
  const raw: RawObject = { object, sha256, bytes: (await ports.objects.size(object)) ?? 0 }
  const now = ports.clock.now()
  const bare = ({ local, ...found }: PartObject & { readonly local: string | null }): PartObject => found
  const delivery = {
    raw,
    contract,
    engine,
    part: bare(made.part),
    rejects: bare(made.rejects),
    ...(profiles && { profiles }),
    counts: made.counts,
    totals: made.totals,
    stagedAt: now,
  }
  return {
    ...newSlice(key),
    state: 'staged',
    raw,
    delivery,
    rejects: rejects.get(idOf(key)) ?? delivery.rejects,
    firstSeenAt: now,
    updatedAt: now,
  }
}

/** Slices whose file was archived and never became a part; the next run makes what it can. */
function landed(raws: readonly FoundRaw[], { clock }: Ports): readonly Slice[] {
  const now = clock.now()
  return raws.map(({ key, raw }) => ({ ...newSlice(key), state: 'landed', raw, firstSeenAt: now, updatedAt: now }))
}

/** Files of days that no contract reads. The next look at the source says when they were changed. */
async function addKept(definition: PipelineDefinition, raws: readonly FoundRaw[], { ledger }: Ports): Promise<void> {
  for (let start = 0; start < raws.length; start += BATCH) {
    const batch = raws.slice(start, start + BATCH)
    const windows = [...new Set(batch.map(({ key }) => key.window))]
    const idOfFile = (shard: string, window: string, name: string) => `${shard}/${window}/${name}`
    const known = await ledger.keptFiles({ pipeline: definition.name, windows })
    const have = new Set(known.map(({ shard, window, source }) => idOfFile(shard, window, source.name)))
    const lacking = batch.filter(({ key, file }) => !have.has(idOfFile(key.shard, key.window, file)))
    await ledger.apply(lacking.map((found): Change => ({ change: 'kept_file', file: toKept(found, definition) })))
  }
}

function toKept(
  { key: { pipeline, shard, window }, file: name, raw, createdAt: at }: FoundRaw,
  definition: PipelineDefinition,
): KeptFile {
  const path = join(definition.root, readerOf(definition).placeOf({ shard, window }, name))
  const source = { path, name, bytes: raw.bytes, modifiedAt: at }
  return { pipeline, shard, window, source, raw, sighting: null, reason: null, at }
}

/** Zones and closeout hours that imports gave. */
async function addImported(
  { name }: PipelineDefinition,
  shards: readonly ImportedLocation[],
  { ledger }: Ports,
): Promise<void> {
  const known = (await ledger.importedLocations()).filter(({ pipeline }) => pipeline === name)
  const lacking = shards.filter(({ id }) => !known.some((one) => one.id === id))
  await ledger.apply(lacking.map((shard): Change => ({ change: 'location_imported', location: shard })))
}

/** Adds the slices that the ledger does not have, a batch per transaction. Returns how many. */
async function addSlices(slices: readonly Slice[], { ledger }: Ports): Promise<number> {
  let added = 0
  for (let start = 0; start < slices.length; start += BATCH) {
    const batch = slices.slice(start, start + BATCH)
    const known = await Promise.all(batch.map((slice) => ledger.slice(slice)))
    const lacking = batch.filter((_, index) => known[index] === null)
    await ledger.apply(lacking.map((slice): Change => ({ change: 'slice', slice })))
    added += lacking.length
  }
  return added
}

/** Adds partitions that the ledger does not have, and asks for all of them to be loaded by a run of its own. */
async function addPartitions(
  { name: pipeline }: PipelineDefinition,
  partitions: readonly FoundPartition[],
  ports: Ports,
): Promise<{ readonly added: number; readonly runId: string }> {
  const { ledger, queue, clock } = ports
  const now = clock.now()
  const run = newRun(pipeline, { id: ports.newId(), now })
  // One for each partition, so none has to wait.
  const messages = partitions.map(({ stream, window }) => ({
    ...newMessage({ kind: 'load', pipeline, stream, window }, run.id, ports),
    sentAt: now,
  }))
  const known = await Promise.all(partitions.map(({ stream, window }) => ledger.partition(pipeline, stream, window)))
  const rows = partitions
    .filter((_, index) => known[index] === null)
    .map(({ stream, window, number }) => ({ ...newPartition({ pipeline, stream, window }, now), wanted: number }))
  const changes: Change[] = [
    { change: 'run', run },
    ...rows.map((partition): Change => ({ change: 'partition', partition })),
    ...messages.map((message): Change => ({ change: 'message', message })),
  ]
  for (let start = 0; start < changes.length; start += BATCH) await ledger.apply(changes.slice(start, start + BATCH))
  await queue.publish(messages)
  return { added: rows.length, runId: run.id }
}

function newRun(pipeline: string, { id, now }: { readonly id: string; readonly now: number }): Run {
  return {
    id,
    pipeline,
    trigger: 'cli',
    state: 'running',
    scope: { fromArchive: true },
    reason: null,
    counts: { slices: 0, rows: 0, rejected: 0, unchanged: 0 },
    backfillId: null,
    createdAt: now,
    startedAt: now,
    finishedAt: null,
    leaseUntil: now + LEASE,
    owner: null,
    version: 0,
  }
}

function idOf({ stream, shard, window }: Pick<SliceKey, 'stream' | 'shard' | 'window'>): string {
  return `${stream}/${shard}/${window}`
}
