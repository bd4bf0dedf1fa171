import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GcsSourceOptions, openGcsSource } from '../../functions/adapters/gcs/source.ts'
import type { LogEntry } from '../../functions/pipeline/ports.ts'
import { type StorageServer, startStorageServer } from '../emulators/storage/server.ts'
import { pausingClock } from '../support/gcs.ts'
import { collect } from '../support/sftp.ts'
import { testSource } from './source.ts'

const AT = Date.UTC(2026, 0, 2, 9, 30)

describe('bucket source', () => {
  let server: StorageServer
  beforeAll(async () => {
    server = await startStorageServer({ pageSize: 100 })
  })
  afterAll(() => server.close())

  let buckets = 0
  const open = (settings: Partial<GcsSourceOptions> = {}) => {
    const name = `inbox-${++buckets}`
    const bucket = server.createBucket(name)
    bucket.grant(['storage.objects.get', 'storage.objects.list'])
    const logs: LogEntry[] = []
    const connector = openGcsSource({
      project: 'acme-test',
      endpoint: server.url,
      bucket: name,
      root: '/',
      maxFileBytes: 10_000_000,
      clock: pausingClock().clock,
      log: (entry) => logs.push(entry),
      random: () => 0.5,
      ...settings,
    })
    return { name, bucket, connector, logs }
  }

  testSource(async (settings) => {
    const { bucket, connector } = open(settings)
    const key = (path: string) => path.slice(1)
    return {
      connector,
      // The root of a bucket is the beginning of names, which needs no object.
      rootedAt: null,
      at: (path) => path,
      put: async (path, content, modifiedAt) => void bucket.put(key(path), content, { at: modifiedAt }),
      // As the console makes one.
      makeFolder: async (path) => void bucket.put(`${key(path)}/`, ''),
      // A bucket has no links.
      link: async () => undefined,
      kinds: null,
      remove: async (path) => bucket.delete(key(path)),
      close: async () => server.deleteBucket(bucket.get('')?.bucket ?? ''),
    }
  })

  it('reads the generation that was listed, or none, although size and time are the same', async () => {
    const { bucket, connector } = open()
    bucket.put('7/a.csv', 'id\n1', { at: AT })
    const source = await connector.connect()
    const [file] = (await source.listFiles('/7'))!.files
    bucket.put('7/a.csv', 'id\n2', { at: AT })

    // Not one byte of the other comes before the failure.
    const first = source.read(file!)[Symbol.asyncIterator]().next()
    await expect(first).rejects.toMatchObject({ code: 'FILE_CHANGED' })
    expect((await collect((await connector.connect()).read(file!))).toString()).toBe('id\n2')
  })

  it('refuses a file that is replaced by one of the same size and time while it is read', async () => {
    const { name, bucket, connector } = open()
    bucket.put('7/a.csv', Buffer.alloc(1_000_000, 1), { at: AT })
    const source = await connector.connect()
    const [file] = (await source.listFiles('/7'))!.files
    const { promise: until, resolve } = Promise.withResolvers<void>()
    server.faults.on({ operation: 'objects.get.media', bucket: name }, { kind: 'trickle', afterBytes: 1_000, until })
    const reading = collect(source.read(file!))
    setTimeout(() => {
      bucket.put('7/a.csv', Buffer.alloc(1_000_000, 2), { at: AT })
      resolve()
    }, 30)

    await expect(reading).rejects.toMatchObject({ code: 'FILE_CHANGED' })
  })

  it.each([429, 500, 503])(
    'a listing that fails with %i for good is a failure, never an absence (fault 16)',
    async (status) => {
      const { name, bucket, connector } = open()
      bucket.put('7/a.csv', 'id', { at: AT })
      const source = await connector.connect()
      server.faults.on({ operation: 'objects.list', bucket: name, times: 1 }, { kind: 'status', status })
      expect((await source.listFiles('/7'))!.files).toHaveLength(1)
      server.faults.on({ operation: 'objects.list', bucket: name, times: 99 }, { kind: 'status', status })
      await expect(source.listFiles('/7')).rejects.toMatchObject({ code: 'SOURCE_LISTING_FAILED' })
      await expect(source.listFolders('/')).rejects.toMatchObject({ code: 'SOURCE_LISTING_FAILED' })
    },
  )

  it('a listing whose second page fails is a failure as a whole', async () => {
    const { name, bucket, connector } = open()
    for (let n = 0; n < 150; n++) bucket.put(`7/${n}.csv`, 'id', { at: AT })
    const source = await connector.connect()
    server.faults.on({ operation: 'objects.list', bucket: name, call: 2, times: 99 }, { kind: 'status', status: 503 })
    await expect(source.listFiles('/7')).rejects.toMatchObject({ code: 'SOURCE_LISTING_FAILED' })
  })

  it('says so once when a permission is missing, or the bucket (fault 38)', async () => {
    const { name, bucket, connector } = open()
    bucket.put('7/a.csv', 'id', { at: AT })
    const source = await connector.connect()
    const [file] = (await source.listFiles('/7'))!.files
    bucket.grant([])
    server.forgetCalls()
    const denied = { code: 'STORAGE_DENIED', retryable: false }
    await expect(source.listFiles('/7')).rejects.toMatchObject(denied)
    await expect(collect(source.read(file!))).rejects.toMatchObject({ code: 'SOURCE_READ_FAILED' })
    expect(server.calls).toHaveLength(2)
    server.deleteBucket(name)
    await expect(source.listFiles('/7')).rejects.toMatchObject({ code: 'CONFIG_MISSING' })
  })

  it('tells broken, damaged and silent reads from changed files', async () => {
    const { name, bucket, connector } = open({ inactivityTimeout: 600 })
    bucket.put('7/a.csv', Buffer.alloc(500_000, 1), { at: AT })
    const source = await connector.connect()
    const [file] = (await source.listFiles('/7'))!.files
    const faults = [{ kind: 'cut', afterBytes: 9_000 }, { kind: 'flip' }, { kind: 'stall' }, { kind: 'reset' }] as const
    for (const fault of faults) {
      server.faults.on({ operation: 'objects.get.media', bucket: name }, fault)
      await expect(collect(source.read(file!))).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' })
    }
    expect(await collect(source.read(file!))).toHaveLength(500_000)
  })

  it('gives up one object whose bytes arrive too slowly, and reads the next', async () => {
    const { name, bucket, connector } = open({ inactivityTimeout: 600 })
    for (const file of ['a.csv', 'b.csv']) bucket.put(`7/${file}`, Buffer.alloc(5_000, 1), { at: AT })
    const source = await connector.connect()
    const [a, b] = (await source.listFiles('/7'))!.files
    server.faults.on({ operation: 'objects.get.media', bucket: name }, { kind: 'drip', bytes: 1, every: 100 })
    await expect(collect(source.read(a!))).rejects.toMatchObject({
      code: 'SOURCE_READ_FAILED',
      message: expect.stringContaining('too slowly'),
    })
    expect(await collect(source.read(b!))).toHaveLength(5_000)
  })

  it('does not hand out bytes that are stored compressed, whose size says nothing', async () => {
    const { bucket, connector } = open()
    bucket.put('7/a.csv', 'compressed', { at: AT, contentEncoding: 'gzip' })
    const source = await connector.connect()
    const [file] = (await source.listFiles('/7'))!.files
    await expect(collect(source.read(file!))).rejects.toMatchObject({ message: expect.stringContaining('compressed') })
  })

  it('lists and reads nothing outside of its root, or by a name that is none (fault 17)', async () => {
    const { bucket, connector, logs } = open({ root: '/inbox' })
    for (const name of [
      'inbox/7/a.csv',
      'inboxes/7/a.csv',
      'secret/b.csv',
      'inbox/../secret/c.csv',
      'inbox/7//d.csv',
      'inbox/7/\u0001',
    ])
      bucket.put(name, 'id', { at: AT })
    const source = await connector.connect()
    expect(await source.listFolders('/inbox')).toEqual(['7'])
    expect((await source.listFiles('/inbox/7'))!.files.map(({ path }) => path)).toEqual(['/inbox/7/a.csv'])
    expect(logs.map(({ severity }) => severity)).toEqual(['WARNING', 'WARNING'])
    for (const path of ['/', '/secret', '/inboxes/7', '/inbox/../secret', 'inbox/7', '/inbox/..']) {
      await expect(source.listFiles(path)).rejects.toMatchObject({ code: 'SOURCE_LISTING_FAILED' })
      const file = { path: `${path}/b.csv`, name: 'b.csv', bytes: 2, modifiedAt: AT }
      await expect(collect(source.read(file))).rejects.toMatchObject({ code: 'SOURCE_READ_FAILED' })
    }
  })

  it.each([
    [403, 'SOURCE_READ_FAILED'],
    [404, 'FILE_CHANGED'],
  ])('takes %i of one object for a verdict about that object', async (status, code) => {
    const { name, bucket, connector } = open()
    for (const file of ['a.csv', 'b.csv']) bucket.put(`7/${file}`, 'id', { at: AT })
    const source = await connector.connect()
    const [a, b] = (await source.listFiles('/7'))!.files
    server.faults.on({ operation: 'objects.get.media', bucket: name }, { kind: 'status', status })
    await expect(collect(source.read(a!))).rejects.toMatchObject({ code })
    expect(await collect(source.read(b!))).toHaveLength(2)
  })

  it('has an inbox before its first object', async () => {
    const source = await open({ root: '/inbox' }).connector.connect()
    expect(await source.listFolders('/inbox')).toEqual([])
    expect(await source.listFiles('/inbox/7')).toBeNull()
  })
})
