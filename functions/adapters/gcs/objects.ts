import { createWriteStream } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import type { File, FileMetadata } from '@google-cloud/storage'
import { DaybreakError } from '../../errors.ts'
import { checkName, folderOf } from '../../lib/object-name.ts'
import type { Clock, Log, ObjectStore, StoredObject } from '../../pipeline/ports.ts'
import { call } from './attempts.ts'
import { openStorage, type StorageSettings } from './client.ts'
import { openContent } from './content.ts'
import { describe } from './describe.ts'
import { download } from './download.ts'
import { listPages } from './list.ts'
import { type Buckets, bucketFor, placesFor } from './names.ts'
import { UPLOAD_LIMITS, type UploadSettings, upload } from './upload.ts'

/** Buckets, clock and sizes of object storage. */
export interface GcsObjectsOptions extends StorageSettings, Partial<UploadSettings> {
  readonly buckets: Buckets
  readonly clock: Clock
  readonly log: Log
  readonly random: () => number
}

/** Objects in Cloud Storage. Needs to create, get and list there, and never deletes or overwrites. */
export function openGcsObjects({ buckets, project, endpoint, ...given }: GcsObjectsOptions): ObjectStore {
  const settings = { ...UPLOAD_LIMITS, ...given }
  const storage = openStorage({ project, endpoint })
  const fileOf = (name: string) => storage.bucket(bucketFor(checkName(name), buckets)).file(name)
  return {
    // Nothing writes over an object of a bucket: creating one asks that its name is free.
    can: { mend: false },
    async put(name, content) {
      const file = fileOf(name)
      const opened = await openContent(content, settings.singleRequestBytes)
      return { created: await upload({ file, content: opened }, settings) }
    },
    async get(name) {
      const file = fileOf(name)
      return await call(async (attempt) => await collect(download(file, attempt)), reading(file), settings)
    },
    async fetch(name, path) {
      const file = fileOf(name)
      await expectWritable(name, path)
      const fetching = call(
        (attempt) => pipeline(download(file, attempt), createWriteStream(path)),
        reading(file),
        settings,
      )
      await fetching.catch(async (error: unknown) => {
        await rm(path, { force: true })
        throw error
      })
    },
    async size(name) {
      const file = fileOf(name)
      const purpose = { what: `look at the object ${name}`, bucket: file.bucket.name }
      return (await call(() => describe(file), purpose, settings))?.bytes ?? null
    },
    async *list(prefix) {
      folderOf(prefix)
      // In the order of the names: `parts/` and `raw/` each stand in one place among those of the control bucket.
      const names = placesFor(prefix, buckets).map(({ bucket, from, isOurs }) =>
        listed(listPages(storage.bucket(bucket), { prefix: from }, settings), isOurs),
      )
      yield* merged(names)
    },
    uri: (name) => `gs://${bucketFor(checkName(name), buckets)}/${name}`,
  }
}

function reading(file: File): { what: string; bucket: string } {
  return { what: `read the object ${file.name}`, bucket: file.bucket.name }
}

async function* listed(
  pages: ReturnType<typeof listPages>,
  isOurs: (name: string) => boolean,
): AsyncGenerator<StoredObject> {
  for await (const { files } of pages) {
    for (const { name, metadata } of files) if (isOurs(name)) yield toStored(name, metadata)
  }
}

function toStored(name: string, { size, timeCreated }: FileMetadata): StoredObject {
  return { name, bytes: Number(size), createdAt: Date.parse(timeCreated ?? '') || 0 }
}

/** Several listings, each in order, as one in order. */
async function* merged(listings: readonly AsyncGenerator<StoredObject>[]): AsyncGenerator<StoredObject> {
  const heads = await Promise.all(listings.map(async (listing) => ({ listing, head: await listing.next() })))
  for (;;) {
    const open = heads.filter(({ head }) => !head.done)
    const first = open.toSorted((a, b) => (nameOf(a.head) < nameOf(b.head) ? -1 : 1))[0]
    if (!first || first.head.done) return
    yield first.head.value
    first.head = await first.listing.next()
  }
}

function nameOf(head: IteratorResult<StoredObject>): string {
  return head.done ? '' : head.value.name
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  return Buffer.concat(await Array.fromAsync(pieces))
}

/** A path that cannot be written to stays so, however often the object is read. */
async function expectWritable(name: string, path: string): Promise<void> {
  try {
    await (await open(path, 'w')).close()
  } catch (cause) {
    throw new DaybreakError('STORAGE_FAILED', `cannot fetch ${name}: ${String(cause)}`, { cause })
  }
}
