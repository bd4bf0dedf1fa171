import { z } from 'zod'
import { ShardId } from '../config/scalars.ts'
import { DaybreakError } from '../errors.ts'
import { type Push, parsePush } from '../http/push.ts'
import { fromFolderName } from '../lib/business-date.ts'
import type { BusinessDate } from '../pipeline/entities.ts'
import { readPath } from '../pipeline/read/path-pattern.ts'
import type { Inbox } from './context.ts'

/** A day of a location that something has arrived for. */
export interface Arrival {
  /** Null: of all pipelines that the location takes part in. */
  readonly pipeline: string | null
  readonly location: string
  readonly date: BusinessDate
}

interface StoredObject {
  readonly bucket: string
  readonly name: string
}

const FINALIZED = 'google.cloud.storage.object.v1.finalized'
const StoredObject = z.object({ bucket: z.string(), name: z.string() })
const StructuredEvent = z.object({ specversion: z.string(), type: z.string(), data: z.unknown() })
const NamedDay = z.strictObject({
  pipeline: z.string().min(1).max(100).optional(),
  location: ShardId,
  date: z.iso.date(),
})
// The words of pipelines that are no restaurants'.
const NamedWindow = z
  .strictObject({ pipeline: NamedDay.shape.pipeline, shard: ShardId, window: z.iso.date() })
  .transform(({ pipeline, shard: location, window: date }) => ({
    ...(pipeline !== undefined && { pipeline }),
    location,
    date,
  }))

/**
 * Reads the file or day that arrived, from any sender: a notification of Cloud Storage, a CloudEvent of Eventarc with its attributes in headers or
 * in the body, or a message that names location and date. Null for an event about another bucket or folder.
 * @throws {DaybreakError} MESSAGE_INVALID.
 */
export function readArrival(
  { headers, body }: { readonly headers: Readonly<Record<string, unknown>>; readonly body: unknown },
  inboxes: readonly Inbox[],
): Arrival | null {
  if (typeof headers['ce-type'] === 'string')
    return headers['ce-type'] === FINALIZED ? inInbox(objectOf(body), inboxes) : null
  const event = StructuredEvent.safeParse(body)
  if (event.success) return event.data.type === FINALIZED ? inInbox(objectOf(event.data.data), inboxes) : null
  return fromPush(parsePush(body), inboxes)
}

function fromPush({ id, attributes, data }: Push, inboxes: readonly Inbox[]): Arrival | null {
  const { eventType, bucketId, objectId } = attributes
  if (eventType !== undefined) {
    if (eventType !== 'OBJECT_FINALIZE' || bucketId === undefined || objectId === undefined) return null
    return inInbox({ bucket: bucketId, name: objectId }, inboxes)
  }
  const named = z.union([NamedDay, NamedWindow]).safeParse(data)
  if (!named.success)
    throw new DaybreakError('MESSAGE_INVALID', `message ${id} names no arrival: ${z.prettifyError(named.error)}`)
  const { pipeline = null, location, date } = named.data
  return { pipeline, location, date }
}

function objectOf(data: unknown): StoredObject {
  const parsed = StoredObject.safeParse(data)
  if (parsed.success) return parsed.data
  throw new DaybreakError('MESSAGE_INVALID', 'the event of Cloud Storage names no bucket and object')
}

/** The day that an object belongs to, by its folders; null for other objects of the bucket. */
function inInbox({ bucket, name }: StoredObject, inboxes: readonly Inbox[]): Arrival | null {
  for (const inbox of inboxes.filter((one) => one.bucket === bucket)) {
    const root = inbox.root.endsWith('/') ? inbox.root : `${inbox.root}/`
    if (!`/${name}`.startsWith(root)) continue
    const path = `/${name}`.slice(root.length)
    const place = inbox.layout && readPath(path, inbox.layout)
    if (place) return { pipeline: inbox.pipeline, location: place.shard, date: place.window }
    if (inbox.layout) continue
    const [location = '', folder = '', file = '', ...more] = path.split('/')
    const date = fromFolderName(folder)
    if (/^\d{1,20}$/.test(location) && date !== null && file !== '' && more.length === 0)
      return { pipeline: inbox.pipeline, location, date }
  }
  return null
}
