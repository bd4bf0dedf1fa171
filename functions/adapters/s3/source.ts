import { DaybreakError } from '../../errors.ts'
import { expectListed, expectSize, fileChanged } from '../../lib/listed-file.ts'
import {
  byName,
  type FolderListing,
  LeftOut,
  MAX_ENTRIES,
  MAX_FILES,
  MAX_FOLDERS,
  tellListing,
  toFileListing,
} from '../../lib/listing.ts'
import { isPlainName } from '../../lib/plain-name.ts'
import type { SourceFile } from '../../pipeline/entities.ts'
import type { Log, SourceConnector } from '../../pipeline/ports.ts'
import { openS3, type S3Client, type S3Object, type S3Settings } from './client.ts'

/** Bucket, folder, limits and log of a source. */
interface S3SourceOptions extends S3Settings {
  /** Absolute. */
  readonly root: string
  readonly maxFileBytes: number
  /** Entries of a folder that a listing of files reads. Default: 10,000. */
  readonly maxEntries?: number
  readonly log: Log
}

/** Files in a bucket that speaks S3. What ends with `/` in the keys of its objects are the folders. Needs to get and list. */
export function openS3Source(options: S3SourceOptions): SourceConnector {
  const { bucket, root, maxFileBytes, maxEntries = MAX_FILES, log } = options
  const name = `s3://${bucket}${root.replace(/\/$/, '')}`
  const client = openS3(options)
  return {
    name,
    async connect(signal) {
      if (signal?.aborted) throw new DaybreakError('CANCELLED', `cancelled before ${name} was opened`)
      const seen = new Map<string, S3Object>()
      const listed = async (folder: string, most: number, named: readonly string[] = []) => {
        const listing = await listFolder(client, {
          folder,
          most,
          named,
          isRoot: keyOf(folder) === keyOf(root),
          signal,
        }).catch(toListing(folder))
        for (const message of tellListing(listing, folder)) log({ severity: 'WARNING', message })
        for (const { path, object } of listing?.entries ?? []) seen.set(path, object)
        return listing
      }
      return {
        async listFolders(folder) {
          const listing = await listed(folder, MAX_ENTRIES)
          const folders = listing?.others.map((entry) => entry.name) ?? null
          if (listing !== null && (!listing.isWhole || (folders?.length ?? 0) > MAX_FOLDERS))
            throw new DaybreakError(
              'SOURCE_LISTING_FAILED',
              `cannot list ${folder}: it has more than ${MAX_FOLDERS} folders`,
            )
          return folders
        },
        async listFiles(folder, named = []) {
          const listing = await listed(folder, maxEntries, named)
          return (
            listing && toFileListing({ ...listing, entries: listing.entries.map(({ object: _, ...file }) => file) })
          )
        },
        read: (file, readSignal) =>
          readFile(client, file, { listed: seen.get(file.path), maxFileBytes, signal: readSignal }),
        close: async () => undefined,
      }
    },
  }
}

function keyOf(path: string): string {
  return path
    .split('/')
    .filter((step) => step !== '' && step !== '.')
    .join('/')
}

interface Listed extends SourceFile {
  readonly object: S3Object
}

interface Asked {
  readonly folder: string
  readonly most: number
  readonly named: readonly string[]
  readonly isRoot: boolean
  readonly signal: AbortSignal | undefined
}

async function listFolder(
  client: S3Client,
  { folder, most, named, isRoot, signal }: Asked,
): Promise<FolderListing<Listed> | null> {
  const key = keyOf(folder)
  const prefix = key === '' ? '' : `${key}/`
  const entries = new Map<string, Listed>()
  const folders: string[] = []
  const leftOut = new LeftOut()
  let [counted, token, isWhole] = [0, null as string | null, true]
  const take = (object: S3Object) => {
    const name = object.key.slice(prefix.length)
    const path = `${folder.replace(/\/$/, '')}/${name}`
    entries.set(name, { path, name, bytes: object.bytes, modifiedAt: object.modifiedAt, object })
  }
  do {
    const page = await client.list(prefix, token, signal)
    for (const object of page.objects) {
      const name = object.key.slice(prefix.length)
      if (++counted > most) isWhole = false
      else if (isPlainName(name)) take(object)
      else if (name !== '') leftOut.add(name)
    }
    for (const found of page.prefixes) {
      const name = found.slice(prefix.length, -1)
      if (++counted > most) isWhole = false
      else if (isPlainName(name)) folders.push(name)
      else leftOut.add(name)
    }
    token = page.next
  } while (token !== null && isWhole)
  if (counted === 0 && !isRoot) {
    if ((await client.head(key, signal)) === null) return null
    throw new DaybreakError('SOURCE_LISTING_FAILED', `cannot list ${folder}: it is a file`)
  }
  for (const name of isWhole ? [] : named) {
    const object = entries.has(name) ? null : await client.head(`${prefix}${name}`, signal)
    if (object !== null) take(object)
  }
  const others = folders.toSorted().map((name) => ({ name, kind: 'folder' as const }))
  return { entries: [...entries.values()].toSorted(byName), others, leftOut, isWhole }
}

function toListing(folder: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof DaybreakError) || error.code !== 'STORAGE_FAILED') throw error
    throw new DaybreakError('SOURCE_LISTING_FAILED', `cannot list ${folder}: ${error.message}`, { cause: error })
  }
}

interface Reading {
  readonly listed: S3Object | undefined
  readonly maxFileBytes: number
  readonly signal: AbortSignal | undefined
}

async function* readFile(
  client: S3Client,
  file: SourceFile,
  { listed, maxFileBytes, signal }: Reading,
): AsyncGenerator<Uint8Array> {
  expectSize(file.path, file.bytes, maxFileBytes)
  const key = keyOf(file.path)
  const object = listed ?? (await client.head(key, signal))
  if (object === null) throw fileChanged(file, 'it is gone')
  expectListed(file, { bytes: object.bytes, modifiedAt: object.modifiedAt, isFile: true }, 'when it was opened')
  const answer = await client.get(key, object.etag, signal)
  if (answer?.body == null) throw fileChanged(file, 'it is gone, or was replaced')
  let bytes = 0
  for await (const chunk of answer.body) {
    bytes += chunk.length
    if (bytes > file.bytes) throw fileChanged(file, 'it goes on behind its end')
    yield chunk
  }
  if (bytes < file.bytes) throw fileChanged(file, `it ended at byte ${bytes}`)
}
