import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openGcsSink } from '../../functions/adapters/gcs/sink.ts'
import { type StorageServer, startStorageServer } from '../emulators/storage/server.ts'
import { pausingClock } from '../support/gcs.ts'

let server: StorageServer
let folder: string

beforeAll(async () => {
  server = await startStorageServer({ pageSize: 2 })
  server.createBucket('out')
  folder = await mkdtemp(join(tmpdir(), 'daybreak-gcs-'))
})

afterAll(async () => {
  await server?.close()
  await rm(folder, { recursive: true, force: true })
})

function sinkOf(bucket = 'out') {
  const place = { project: 'acme-test', endpoint: server.url, bucket, root: '/tables/' }
  return openGcsSink({ ...place, clock: pausingClock().clock, log: () => undefined, random: () => 0.5 })
}

it('puts a file over another as a whole, also a large one', async () => {
  const sink = sinkOf()
  const file = join(folder, 'file')
  for (const content of ['one', 'two', 'x'.repeat(9 * 1024 * 1024)]) {
    await writeFile(file, content)
    await sink.put('deep/t.csv', file)
    expect(await sink.get('deep/t.csv')).toBe(content)
  }
})

it('makes a file only if there is none, and lists those of a folder alone', async () => {
  const sink = sinkOf()
  expect(await sink.create('loads/1.json', '1')).toBe(true)
  expect(await sink.create('loads/1.json', '2')).toBe(false)
  expect(await sink.get('loads/1.json')).toBe('1')
  for (const name of ['2.json', '3.json', 'deep/4.json']) await sink.create(`loads/${name}`, name)
  expect(await sink.list('loads')).toEqual(['1.json', '2.json', '3.json'])
  expect(await sink.list('none')).toEqual([])
  expect(await sink.get('loads/5.json')).toBeNull()
})

it('says that the bucket is not there', async () => {
  await expect(sinkOf('lost').create('a', '1')).rejects.toMatchObject({ code: 'CONFIG_MISSING' })
})
