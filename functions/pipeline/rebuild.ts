import { newSlice } from './decide.ts'
import type { PipelineDefinition } from './definition.ts'
import { newPartition } from './load-partition.ts'
import { parseManifest } from './manifest.ts'
import type { Manifest, Partition, PartObject, RawObject, Slice, SliceKey } from './model.ts'
import { rawName } from './names.ts'
import type { Change, Ports } from './ports.ts'
import { LEASE, newMessage } from './run.ts'
import { readRecord } from './transform.ts'

/** What a rebuild found in object storage and wrote into the ledger. */
export interface Rebuilt {
  readonly slices: number
  readonly partitions: number
  readonly runId: string
}

const BATCH = 200

/**
 * Makes the slices and partitions of an empty ledger anew from raw objects, part records and manifests, and asks for every
 * partition to be loaded again, which proves them against the warehouse. Runs, incidents and the audit are history and
 * do not come back.
 */
export async function rebuildLedger(definition: PipelineDefinition, ports: Ports): Promise<Rebuilt> {
  const manifests = await newestManifests(definition, ports)
  const rejects = rejectParts(manifests)
  const slices = new Map<string, Slice>()
  for (const manifest of manifests) {
    if (manifest.stream === 'rejects') continue
    for (const entry of manifest.entries) {
      const key: SliceKey = {
        pipeline: definition.name,
        stream: manifest.stream,
        location: entry.location,
        date: manifest.date,
      }
      const slice = await fromEntry(key, entry.part, { definition, rejects }, ports)
      if (slice) slices.set(idOf(key), slice)
    }
  }
  for await (const { key, raw } of rawObjects(definition, ports)) {
    if (!slices.has(idOf(key))) slices.set(idOf(key), landedSlice(key, raw, ports))
  }
  return await write(definition, { slices: [...slices.values()], manifests }, ports)
}

async function newestManifests(definition: PipelineDefinition, { objects }: Ports): Promise<readonly Manifest[]> {
  const newest = new Map<string, { name: string; number: number }>()
  for await (const { name } of objects.list(`manifests/${definition.name}/`)) {
    const [, folder, number] = /^(.*)\/(\d+)\.json$/.exec(name) ?? []
    if (folder && number && Number(number) > (newest.get(folder)?.number ?? 0))
      newest.set(folder, { name, number: Number(number) })
  }
  return await Promise.all([...newest.values()].map(async ({ name }) => parseManifest(await objects.get(name))))
}

/** Reject parts by slice, as the newest manifests of the stream `rejects` list them. */
function rejectParts(manifests: readonly Manifest[]): ReadonlyMap<string, PartObject> {
  return new Map(
    manifests
      .filter(({ stream }) => stream === 'rejects')
      .flatMap(({ pipeline, date, entries }) =>
        entries.map(({ location, stream, part }) => [idOf({ pipeline, stream, location, date }), part] as const),
      ),
  )
}

async function fromEntry(
  key: SliceKey,
  part: PartObject,
  { definition, rejects }: { definition: PipelineDefinition; rejects: ReadonlyMap<string, PartObject> },
  ports: Ports,
): Promise<Slice | null> {
  const [, sha256, contract, engine] = /([0-9a-f]{64})-([^-/]+)-([^/]+)\.parquet$/.exec(part.object) ?? []
  const file = definition.contracts.get(key.stream)?.file
  if (!sha256 || !contract || !engine || !file) return null
  const made = await readRecord(key, { sha256, contract, engine }, ports.objects)
  if (made === null) return null
  const object = rawName(key, file, sha256)
  const raw: RawObject = { object, sha256, bytes: (await ports.objects.size(object)) ?? 0 }
  const now = ports.clock.now()
  const bare = ({ object, rows, bytes }: PartObject): PartObject => ({ object, rows, bytes })
  const delivery = {
    raw,
    contract,
    engine,
    part: bare(made.part),
    rejects: bare(made.rejects),
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

/** Raw objects of known files; of a slice that is in no manifest, the next run makes what it can. */
async function* rawObjects(
  definition: PipelineDefinition,
  { objects }: Ports,
): AsyncIterable<{ key: SliceKey; raw: RawObject }> {
  const streams = new Map([...definition.contracts.values()].map(({ file, stream }) => [file, stream]))
  for await (const { name, bytes } of objects.list(`raw/${definition.name}/`)) {
    const [, , location, date, file, sha256] = name.split('/')
    const stream = streams.get(file ?? '')
    if (!location || !date || !stream || !sha256) continue
    yield { key: { pipeline: definition.name, stream, location, date }, raw: { object: name, sha256, bytes } }
  }
}

function landedSlice(key: SliceKey, raw: RawObject, { clock }: Ports): Slice {
  return { ...newSlice(key), state: 'landed', raw, firstSeenAt: clock.now(), updatedAt: clock.now() }
}

async function write(
  definition: PipelineDefinition,
  { slices, manifests }: { slices: readonly Slice[]; manifests: readonly Manifest[] },
  ports: Ports,
): Promise<Rebuilt> {
  const now = ports.clock.now()
  const runId = ports.newId()
  const run: Change = {
    change: 'run',
    run: {
      id: runId,
      pipeline: definition.name,
      trigger: 'cli',
      state: 'running',
      scope: { fromArchive: true },
      reason: null,
      counts: { slices: 0, rows: 0, rejected: 0, bytes: 0 },
      backfillId: null,
      createdAt: now,
      startedAt: now,
      finishedAt: null,
      leaseUntil: now + LEASE,
      version: 0,
    },
  }
  const partitions = manifests.map(
    (manifest): Change => ({ change: 'partition', partition: toPartition(manifest, now) }),
  )
  const messages = manifests.map(({ stream, date }) =>
    newMessage({ kind: 'load', pipeline: definition.name, stream, date }, runId, ports),
  )
  const changes: Change[] = [
    run,
    ...slices.map((slice): Change => ({ change: 'slice', slice })),
    ...partitions,
    ...messages.map((message): Change => ({ change: 'message', message })),
  ]
  for (let start = 0; start < changes.length; start += BATCH)
    await ports.ledger.apply(changes.slice(start, start + BATCH))
  await ports.queue.publish(messages)
  return { slices: slices.length, partitions: manifests.length, runId }
}

/** A partition that wants its newest manifest and was never loaded, as far as anybody knows. */
function toPartition({ pipeline, stream, date, number }: Manifest, now: number): Partition {
  return { ...newPartition({ pipeline, stream, date }, now), wanted: number }
}

function idOf({ stream, location, date }: SliceKey): string {
  return `${stream}/${location}/${date}`
}
