import { Storage } from '@google-cloud/storage'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type StorageServer, startStorageServer } from '../emulators/storage/server.ts'
import { ROLES } from '../emulators/storage/state.ts'
import type { Notification } from '../emulators/storage/world.ts'

// The local Cloud Storage, as Google's own client sees it: what other tests rely on.

let server: StorageServer
let storage: Storage
let notifications: Notification[]
beforeEach(async () => {
  notifications = []
  server = await startStorageServer({
    buckets: ['acme', { name: 'acme-eu', location: 'EU' }],
    pageSize: 4,
    onFinalize: (notification) => notifications.push(notification),
  })
  storage = new Storage({ projectId: 'acme-test', apiEndpoint: server.url, retryOptions: { autoRetry: false } })
})
afterEach(() => server.close())

const file = (name: string, options = {}) => storage.bucket('acme').file(name, options)
const status = (work: Promise<unknown>) =>
  work.then(
    () => 200,
    (error: { code: number }) => error.code,
  )

it.each([false, true])('takes uploads as the client sends them by default, resumable: %s', async (resumable) => {
  for (const content of [Buffer.alloc(0), Buffer.from('--boundary\r\n\r\n--boundary--'), Buffer.alloc(700_001, 'é')]) {
    await file('a').save(content, { resumable, contentType: 'text/csv', metadata: { metadata: { slice: '7' } } })
    const [metadata] = await file('a').getMetadata()
    expect(metadata).toMatchObject({ size: String(content.length), contentType: 'text/csv', metadata: { slice: '7' } })
    // With the client's own check of the sum of what arrives.
    expect((await file('a').download())[0].equals(content)).toBe(true)
  }
})

it('gives every write a generation of its own, and every change of metadata a metageneration', async () => {
  const generations: number[] = []
  for (let n = 0; n < 3; n++) {
    await file('a').save(`${n}`)
    generations.push(Number((await file('a').getMetadata())[0].generation))
  }
  expect(new Set(generations).size).toBe(3)
  expect(generations).toEqual(generations.toSorted((a, b) => a - b))
  await file('a').setMetadata({ metadata: { seen: 'yes' } })
  expect((await file('a').getMetadata())[0]).toMatchObject({ metageneration: '2', generation: String(generations[2]) })
  expect(await status(file('a', { generation: generations[0]! }).download())).toBe(404)
  expect((await file('a', { generation: generations[2]! }).download())[0].toString()).toBe('2')
})

describe('preconditions', () => {
  it.each([false, true])('let a name be taken once, resumable: %s', async (resumable) => {
    const save = (text: string, ifGenerationMatch: number) =>
      status(file('a').save(text, { resumable, preconditionOpts: { ifGenerationMatch } }))
    expect(await save('one', 0)).toBe(200)
    expect(await save('two', 0)).toBe(412)
    const generation = Number((await file('a').getMetadata())[0].generation)
    expect(await save('three', generation)).toBe(200)
    expect(await save('four', generation)).toBe(412)
    expect((await file('a').download())[0].toString()).toBe('three')
  })

  it('hold at the end of a resumable upload as well as at its start', async () => {
    const writable = file('a').createWriteStream({ resumable: true, preconditionOpts: { ifGenerationMatch: 0 } })
    writable.write(Buffer.alloc(300_000))
    await new Promise((resolve) => writable.once('uri', resolve))
    server.bucket('acme').put('a', 'another was faster')
    const failure = new Promise<{ code: number }>((resolve) => writable.once('error', resolve))
    writable.end()
    expect((await failure).code).toBe(412)
    expect(server.bucket('acme').get('a')?.content.toString()).toBe('another was faster')
  })

  it('answer 304 to a read of what the caller has, and guard deletion', async () => {
    await file('a').save('one')
    const generation = Number((await file('a').getMetadata())[0].generation)
    const address = `${server.url}/storage/v1/b/acme/o/a?ifGenerationNotMatch=${generation}`
    expect((await fetch(address)).status).toBe(304)
    expect(await status(file('a').delete({ ifGenerationMatch: generation + 1 }))).toBe(412)
    expect(await status(file('a').delete({ ifGenerationMatch: generation }))).toBe(200)
    expect(await status(file('a').delete())).toBe(404)
  })
})

it('refuses content that is not what its sender says, and makes nothing of it', async () => {
  for (const sums of [{ crc32c: 'AAAAAA==' }, { md5Hash: 'AAAAAAAAAAAAAAAAAAAAAA==' }])
    for (const resumable of [false, true])
      expect(await status(file('a').save('x', { resumable, validation: false, metadata: sums }))).toBe(400)
  expect(server.bucket('acme').names()).toEqual([])
})

it('lists in the order of bytes, page by page, with prefixes as folders', async () => {
  for (const name of ['b', 'a/2/x', 'a/1', 'ä', 'a/2/y', 'a/3/z', '\u{1f95f}', '\uff5e']) await file(name).save(name)
  const names = async (query: object) => (await storage.bucket('acme').getFiles(query))[0].map(({ name }) => name)
  expect(await names({})).toEqual(['a/1', 'a/2/x', 'a/2/y', 'a/3/z', 'b', 'ä', '\uff5e', '\u{1f95f}'])
  expect(server.calls.filter(({ operation }) => operation === 'objects.list')).toHaveLength(2)
  const [files, , answer] = await storage.bucket('acme').getFiles({ prefix: 'a/', delimiter: '/', autoPaginate: false })
  expect(files.map(({ name }) => name)).toEqual(['a/1'])
  expect(answer).toMatchObject({ prefixes: ['a/2/', 'a/3/'] })
})

it('reads ranges', async () => {
  await file('a').save('0123456789')
  const read = async (range: object) => (await file('a').download(range))[0].toString()
  expect(await read({ start: 2, end: 4 })).toBe('234')
  expect(await read({ start: 7 })).toBe('789')
  expect(await read({ end: -3 })).toBe('789')
  expect(await status(file('a').download({ start: 10 }))).toBe(416)
})

it('copies within and between buckets', async () => {
  await file('a').save('one', { contentType: 'text/csv' })
  await file('a').copy(file('b'))
  await file('a').copy(storage.bucket('acme-eu').file('c'))
  expect(server.bucket('acme').get('b')).toMatchObject({ contentType: 'text/csv' })
  expect(server.bucket('acme-eu').get('c')?.content.toString()).toBe('one')
})

it('grants what it is told to: a creator may neither overwrite nor delete nor read', async () => {
  const bucket = server.bucket('acme')
  bucket.grant(ROLES.objectCreator)
  expect(await status(file('a').save('one'))).toBe(200)
  expect(await status(file('a').save('two'))).toBe(403)
  expect(await status(file('a').delete())).toBe(403)
  expect(await status(file('a').download())).toBe(403)
  expect(await status(storage.bucket('acme').getFiles())).toBe(403)
  const [granted] = await storage
    .bucket('acme')
    .iam.testPermissions(['storage.objects.create', 'storage.objects.delete'])
  expect(granted).toEqual({ 'storage.objects.create': true, 'storage.objects.delete': false })
  bucket.grant(null)
  expect(await status(file('a').save('two'))).toBe(200)
})

it('tells of a finished object to the topics that were asked for, once', async () => {
  await storage.bucket('acme').createNotification('projects/acme-test/topics/arrivals', {
    eventTypes: ['OBJECT_FINALIZE'],
    payloadFormat: 'JSON_API_V1',
  })
  await file('7/20260101/Orders.csv').save('id', { resumable: true })
  await file('7/20260101/Orders.csv').setMetadata({ metadata: { seen: 'yes' } })
  expect(notifications).toHaveLength(1)
  const [{ topic, attributes, data } = { topic: '', attributes: {}, data: Buffer.alloc(0) }] = notifications
  expect(topic).toBe('//pubsub.googleapis.com/projects/acme-test/topics/arrivals')
  expect(attributes).toMatchObject({
    eventType: 'OBJECT_FINALIZE',
    payloadFormat: 'JSON_API_V1',
    bucketId: 'acme',
    objectId: '7/20260101/Orders.csv',
  })
  expect(JSON.parse(data.toString())).toMatchObject({
    kind: 'storage#object',
    name: '7/20260101/Orders.csv',
    size: '2',
  })
  expect(await storage.bucket('acme').getNotifications()).toHaveLength(2)
})

it('says where a bucket is, and which there are', async () => {
  expect((await storage.bucket('acme-eu').getMetadata())[0]).toMatchObject({ location: 'EU' })
  await storage.createBucket('acme-west', { location: 'us-west1' })
  expect((await storage.getBuckets())[0].map(({ name }) => name)).toEqual(['acme', 'acme-eu', 'acme-west'])
  expect(await status(storage.createBucket('acme-west'))).toBe(409)
  expect(await status(storage.bucket('nowhere').file('a').save('x'))).toBe(404)
})

it('counts what Google bills', async () => {
  await file('a').save('12345', { resumable: false })
  await file('b').save(Buffer.alloc(600_000), { resumable: true, chunkSize: 262_144 })
  await file('a').download()
  await storage.bucket('acme').getFiles()
  await file('a').delete()
  expect(server.calls.map(({ operation, class: billed, bytesOut }) => `${operation} ${billed} ${bytesOut}`)).toEqual([
    'objects.insert A 0',
    'objects.insert.start A 0',
    'objects.insert.chunk free 0',
    'objects.insert.chunk free 0',
    'objects.insert.chunk free 0',
    'objects.get.media B 5',
    'objects.list A 0',
    'objects.delete free 0',
  ])
})

it('refuses loudly what it does not do', async () => {
  const loud = { code: 501, message: expect.stringContaining('DOES NOT DO THIS') }
  await file('a').save('one')
  await expect(storage.bucket('acme').combine(['a', 'a'], 'b')).rejects.toMatchObject(loud)
  await expect(storage.bucket('acme').getFiles({ versions: true })).rejects.toMatchObject(loud)
  await expect(storage.bucket('acme').setMetadata({ labels: { a: 'b' } })).rejects.toMatchObject(loud)
  await expect(file('a').save('x', { metadata: { cacheControl: 'no-store' } })).rejects.toMatchObject({ code: 501 })
  await expect(storage.bucket('acme').getFiles({ startOffset: 'b' })).rejects.toMatchObject(loud)
})
