import { pipeline } from 'node:stream/promises'
import { DaybreakError } from '../../errors.ts'
import type { Clock, Log } from '../../pipeline/ports.ts'
import type { FileSink } from '../../pipeline/tables/ports.ts'
import { call } from './attempts.ts'
import { openStorage, type StorageSettings } from './client.ts'
import { openContent } from './content.ts'
import { download } from './download.ts'
import { listPages } from './list.ts'
import { UPLOAD_LIMITS, upload } from './upload.ts'

/** Bucket and folder that files are put into. */
interface GcsSinkOptions extends StorageSettings {
  readonly bucket: string
  /** Absolute. */
  readonly root: string
  readonly clock: Clock
  readonly log: Log
  /** From 0 to 1. */
  readonly random: () => number
}

/** Puts files into a bucket of Cloud Storage. An object is there as a whole, or not at all. Needs to create, delete, get and list. */
export function openGcsSink(options: GcsSinkOptions): FileSink {
  const { clock, log, random } = options
  const settings = { ...UPLOAD_LIMITS, clock, log, random }
  const bucket = openStorage(options).bucket(options.bucket)
  const folder = options.root.split('/').filter((step) => step !== '')
  const keyOf = (path: string) => [...folder, path].join('/')
  const purposeOf = (what: string, path: string) => ({ what: `${what} the file ${path}`, bucket: bucket.name })
  return {
    name: `gs://${options.bucket}`,
    async put(path, from) {
      const content = await openContent({ path: from }, settings.singleRequestBytes)
      await call(
        async ({ moved, signal }) => {
          const isSingle = content.bytes <= settings.singleRequestBytes
          const writable = bucket.file(keyOf(path)).createWriteStream({
            resumable: !isSingle,
            ...(!isSingle && { chunkSize: settings.pieceBytes }),
            // The store compares the sum, and refuses other bytes; the client would delete what is there.
            metadata: { contentType: 'application/octet-stream', crc32c: content.crc32c },
            validation: false,
          })
          writable.on('progress', moved)
          await pipeline(content.read(), writable, { signal })
        },
        purposeOf('write', path),
        settings,
      )
    },
    async create(path, text) {
      const content = await openContent(Buffer.from(text), settings.singleRequestBytes)
      return await upload({ file: bucket.file(keyOf(path)), content }, settings).catch((error: unknown) => {
        if (error instanceof DaybreakError && error.code === 'OBJECT_CONFLICT') return false
        throw error
      })
    },
    async get(path) {
      const file = bucket.file(keyOf(path))
      const reading = call(
        async (attempt) => Buffer.concat(await Array.fromAsync(download(file, attempt))).toString('utf8'),
        purposeOf('read', path),
        settings,
      )
      return await reading.catch((error: unknown) => {
        if (error instanceof DaybreakError && error.code === 'OBJECT_MISSING') return null
        throw error
      })
    },
    async list(path) {
      const prefix = `${keyOf(path)}/`
      const names: string[] = []
      for await (const { files } of listPages(bucket, { prefix, delimiter: '/' }, settings))
        names.push(...files.map(({ name }) => name.slice(prefix.length)))
      return names.filter((name) => name !== '').toSorted()
    },
  }
}
