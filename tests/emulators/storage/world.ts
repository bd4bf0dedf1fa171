import { randomUUID } from 'node:crypto'
import { Refusal } from './reply.ts'
import {
  type Bucket,
  expectConditions,
  expectGranted,
  makeObject,
  type ObjectFacts,
  resourceOf,
  type StoredObject,
} from './state.ts'

/** A message about an object that was finished, as Cloud Storage publishes it. */
export interface Notification {
  /** As the configuration names it: `//pubsub.googleapis.com/projects/P/topics/T`. */
  readonly topic: string
  readonly attributes: Readonly<Record<string, string>>
  /** The object's resource as JSON. */
  readonly data: Buffer
}

export interface Session {
  readonly bucket: Bucket
  readonly name: string
  readonly query: URLSearchParams
  readonly facts: ObjectFacts
  readonly received: Buffer[]
  bytes: number
  finished: StoredObject | null
}

export interface WorldOptions {
  /** Epoch milliseconds. */
  readonly now?: () => number
  /** Objects in one answer of a list, at most. */
  readonly pageSize?: number
  /**
   * What is refused first when an account without `storage.objects.delete` uploads to a taken name with `ifGenerationMatch=0`.
   * Google does not say; a client has to bear both.
   */
  readonly taken?: 'condition_first' | 'permission_first'
  /** Called for each notification that a finished object calls for: the place where Pub/Sub is joined. */
  readonly onFinalize?: (notification: Notification) => void
}

/** Everything the server knows. */
export interface World {
  readonly options: WorldOptions
  readonly buckets: Map<string, Bucket>
  readonly sessions: Map<string, Session>
  readonly now: () => number
  /** Larger than any before it, also when the clock goes back. */
  readonly nextGeneration: () => number
}

export function createWorld(options: WorldOptions): World {
  const { now = Date.now } = options
  let last = 0
  return {
    options,
    buckets: new Map(),
    sessions: new Map(),
    now,
    nextGeneration() {
      last = Math.max(last + 1, now() * 1_000)
      return last
    },
  }
}

/** @throws {Refusal} 404 when there is no such bucket. */
export function bucketOf(world: World, name: string): Bucket {
  const bucket = world.buckets.get(name)
  if (bucket) return bucket
  throw new Refusal(404, 'notFound', 'The specified bucket does not exist.')
}

interface Upload {
  readonly bucket: Bucket
  readonly name: string
  readonly query: URLSearchParams
}

/** Refuses an upload that would be refused anyway. @throws {Refusal} 403, 412. */
export function expectUploadAllowed(world: World, { bucket, name, query }: Upload): void {
  expectGranted(bucket, 'storage.objects.create')
  const existing = bucket.objects.get(name)
  if (world.options.taken === 'permission_first' && existing) expectGranted(bucket, 'storage.objects.delete')
  expectConditions(query, existing)
  if (existing) expectGranted(bucket, 'storage.objects.delete')
}

/** Makes a new generation of an object: all of it at once, or none. @throws {Refusal} 400, 403, 412. */
export function finish(world: World, upload: Upload, made: { content: Buffer; facts: ObjectFacts }): StoredObject {
  const { bucket, name } = upload
  expectUploadAllowed(world, upload)
  const object = makeObject(
    { bucket: bucket.name, name, content: made.content, generation: world.nextGeneration(), at: world.now() },
    made.facts,
  )
  const overwritten = bucket.objects.get(name)
  bucket.objects.set(name, object)
  notify(world, { bucket, object, overwritten })
  return object
}

function notify(
  { options, now }: World,
  { bucket, object, overwritten }: { bucket: Bucket; object: StoredObject; overwritten: StoredObject | undefined },
): void {
  for (const { id, topic, eventTypes } of bucket.notifications) {
    if (eventTypes.length > 0 && !eventTypes.includes('OBJECT_FINALIZE')) continue
    const attributes = {
      notificationConfig: `projects/_/buckets/${bucket.name}/notificationConfigs/${id}`,
      eventType: 'OBJECT_FINALIZE',
      payloadFormat: 'JSON_API_V1',
      bucketId: bucket.name,
      objectId: object.name,
      objectGeneration: String(object.generation),
      eventTime: new Date(now()).toISOString(),
      ...(overwritten && { overwroteGeneration: String(overwritten.generation) }),
    }
    options.onFinalize?.({ topic, attributes, data: Buffer.from(JSON.stringify(resourceOf(object))) })
  }
}

export function openSession(world: World, session: Omit<Session, 'received' | 'bytes' | 'finished'>): string {
  const id = randomUUID()
  world.sessions.set(id, { ...session, received: [], bytes: 0, finished: null })
  return id
}
