import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type StorageServer, startStorageServer } from '../emulators/storage/server.ts'
import { testFolder } from '../support/folder.ts'
import { BUCKETS, createTestObjects } from '../support/gcs.ts'
import { testObjects } from './objects.ts'

describe('objects in Cloud Storage', () => {
  let server: StorageServer
  beforeAll(async () => {
    server = await startStorageServer({ pageSize: 3 })
  })
  afterAll(() => server.close())

  let split: StorageServer
  beforeEach(async () => {
    split = await startStorageServer({ pageSize: 1, buckets: Object.values(BUCKETS) })
  })
  afterEach(() => split.close())
  const open = (options = {}) => createTestObjects(split, options)

  let tests = 0
  testObjects(async () => {
    const of = (kind: string) => `${kind}-${tests}`
    tests++
    const buckets = { raw: of('raw'), parts: of('parts'), control: of('control') }
    for (const name of Object.values(buckets))
      server.createBucket(name).grant(['storage.objects.create', 'storage.objects.get', 'storage.objects.list'])
    const create = () =>
      createTestObjects(server, { buckets, singleRequestBytes: 1_000_000, pieceBytes: 262_144 }).objects
    return { objects: create(), other: create(), folder: await testFolder(), damage: null }
  })

  it('are found in the bucket of their kind', async () => {
    const { objects } = open()
    for (const name of ['raw/a', 'parts/toast/a', 'manifests/1.json']) await objects.put(name, Buffer.from(name))
    expect(objects.uri('raw/a')).toBe(`gs://${BUCKETS.raw}/raw/a`)
    expect(objects.uri('parts/toast/rejects/a')).toBe(`gs://${BUCKETS.parts}/parts/toast/rejects/a`)
    expect(objects.uri('manifests/1.json')).toBe(`gs://${BUCKETS.control}/manifests/1.json`)
    for (const bucket of Object.values(BUCKETS)) expect(split.bucket(bucket).names()).toHaveLength(1)
  })

  it('are listed once, in one order, whether the buckets are three or one, and without what is not theirs', async () => {
    const all = ['manifests/1', 'parts/a', 'parts/b', 'raw/a', 'rawer', 'zebra']
    for (const buckets of [BUCKETS, { raw: 'one', parts: 'one', control: 'one' }]) {
      const { objects } = open({ buckets })
      split.createBucket('one')
      for (const bucket of Object.values(BUCKETS)) split.createBucket(bucket)
      for (const name of all.toReversed()) await objects.put(name, Buffer.from(name))
      if (buckets === BUCKETS) {
        split.bucket(BUCKETS.control).put('raw/stray', 'x')
        split.bucket(BUCKETS.raw).put('manifests/stray', 'x')
      }
      const names = async (prefix: string) => (await Array.fromAsync(objects.list(prefix))).map(({ name }) => name)
      expect(await names('')).toEqual(all)
      expect(await names('ra')).toEqual(['raw/a', 'rawer'])
      expect(await names('raw')).toEqual(['raw/a', 'rawer'])
      expect(await names('raw/')).toEqual(['raw/a'])
      expect(await names('parts/b')).toEqual(['parts/b'])
    }
  })
})
