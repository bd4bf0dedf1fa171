import { afterAll, beforeAll, describe } from 'vitest'
import { type StorageServer, startStorageServer } from '../emulators/storage/server.ts'
import { testFolder } from '../support/folder.ts'
import { createTestObjects } from '../support/gcs.ts'
import { testObjects } from './objects.ts'

describe('objects in Cloud Storage', () => {
  let server: StorageServer
  beforeAll(async () => {
    server = await startStorageServer({ pageSize: 3 })
  })
  afterAll(() => server.close())

  let tests = 0
  testObjects(async () => {
    const of = (kind: string) => `${kind}-${tests}`
    tests++
    const buckets = { raw: of('raw'), parts: of('parts'), control: of('control') }
    for (const name of Object.values(buckets))
      server.createBucket(name).grant(['storage.objects.create', 'storage.objects.get', 'storage.objects.list'])
    const create = () =>
      createTestObjects(server, { buckets, singleRequestBytes: 1_000_000, pieceBytes: 262_144 }).objects
    return { objects: create(), other: create(), folder: await testFolder() }
  })
})
