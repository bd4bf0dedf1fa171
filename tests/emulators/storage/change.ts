import { z } from 'zod'
import type { Asked } from './ask.ts'
import { findObject } from './read.ts'
import { notHere, Refusal, type Reply } from './reply.ts'
import { bucketResource, expectConditions, expectGranted, expectObjectName, resourceOf } from './state.ts'
import { bucketOf, finish, type World } from './world.ts'

export function deleteObject(_: World, asked: Asked): Reply {
  expectGranted(asked.bucket, 'storage.objects.delete')
  expectConditions(asked.query, findObject(asked))
  asked.bucket.objects.delete(asked.name)
  return { status: 204 }
}

const Patch = z.strictObject({
  contentType: z.string().optional(),
  metadata: z.record(z.string(), z.string()).optional(),
})

export function patchObject({ now }: World, asked: Asked): Reply {
  expectGranted(asked.bucket, 'storage.objects.update')
  const object = findObject(asked)
  expectConditions(asked.query, object)
  const patch = Patch.safeParse(JSON.parse(asked.body.toString()))
  if (!patch.success) throw notHere(`a patch with these fields: ${z.prettifyError(patch.error)}`)
  const { contentType = object.contentType, metadata } = patch.data
  const patched = {
    ...object,
    contentType,
    metadata: { ...object.metadata, ...metadata },
    metageneration: object.metageneration + 1,
    updated: now(),
  }
  asked.bucket.objects.set(asked.name, patched)
  return { status: 200, json: resourceOf(patched) }
}

/** `copyTo` and `rewriteTo`, always in one call. */
export function copyObject(world: World, asked: Asked): Reply {
  if (!asked.target) throw new Refusal(400, 'invalid', 'No target')
  expectGranted(asked.bucket, 'storage.objects.get')
  const source = findObject({
    ...asked,
    query: new URLSearchParams(only(asked.query, 'sourceGeneration', 'generation')),
  })
  const upload = {
    bucket: bucketOf(world, asked.target.bucket),
    name: expectObjectName(asked.target.name),
    query: asked.query,
  }
  const object = finish(world, upload, { content: source.content, facts: source })
  if (asked.operation === 'objects.copy') return { status: 200, json: resourceOf(object) }
  const size = String(object.content.length)
  return {
    status: 200,
    json: {
      kind: 'storage#rewriteResponse',
      totalBytesRewritten: size,
      objectSize: size,
      done: true,
      resource: resourceOf(object),
    },
  }
}

function only(query: URLSearchParams, name: string, as: string): Record<string, string> {
  const value = query.get(name)
  return value === null ? {} : { [as]: value }
}

export function getBucket(_: World, { bucket }: Asked): Reply {
  expectGranted(bucket, 'storage.buckets.get')
  return { status: 200, json: bucketResource(bucket) }
}

export function listBuckets({ buckets }: World): Reply {
  return { status: 200, json: { kind: 'storage#buckets', items: [...buckets.values()].map(bucketResource) } }
}

const NewBucket = z.strictObject({ name: z.string(), location: z.string().default('US') })

export function insertBucket({ buckets }: World, { body }: Asked): Reply {
  const made = NewBucket.safeParse(JSON.parse(body.toString()))
  if (!made.success) throw notHere(`a bucket with these fields: ${z.prettifyError(made.error)}`)
  const { name, location } = made.data
  if (buckets.has(name)) throw new Refusal(409, 'conflict', 'The requested bucket name is not available.')
  const bucket = { name, location: location.toUpperCase(), objects: new Map(), notifications: [], granted: null }
  buckets.set(name, bucket)
  return { status: 200, json: bucketResource(bucket) }
}

export function testIamPermissions(_: World, { bucket, query }: Asked): Reply {
  const permissions = query.getAll('permissions').filter((one) => bucket.granted === null || bucket.granted.has(one))
  return {
    status: 200,
    json: { kind: 'storage#testIamPermissionsResponse', ...(permissions.length > 0 && { permissions }) },
  }
}

const NewNotification = z.strictObject({
  topic: z.string(),
  payload_format: z.literal('JSON_API_V1'),
  event_types: z.array(z.string()).default([]),
})

export function insertNotification(_: World, { bucket, body }: Asked): Reply {
  const made = NewNotification.safeParse(JSON.parse(body.toString()))
  if (!made.success) throw notHere(`a notification with these fields: ${z.prettifyError(made.error)}`)
  const { topic, event_types: eventTypes } = made.data
  const config = { id: String(bucket.notifications.length + 1), topic, eventTypes }
  bucket.notifications.push(config)
  return { status: 200, json: notificationResource(config) }
}

export function listNotifications(_: World, { bucket }: Asked): Reply {
  return { status: 200, json: { kind: 'storage#notifications', items: bucket.notifications.map(notificationResource) } }
}

export function deleteNotification(_: World, { bucket, name }: Asked): Reply {
  const at = bucket.notifications.findIndex(({ id }) => id === name)
  if (at < 0) throw new Refusal(404, 'notFound', `No such notification: ${name}`)
  bucket.notifications.splice(at, 1)
  return { status: 204 }
}

function notificationResource({ id, topic, eventTypes }: { id: string; topic: string; eventTypes: readonly string[] }) {
  return { kind: 'storage#notification', id, topic, event_types: eventTypes, payload_format: 'JSON_API_V1' }
}
