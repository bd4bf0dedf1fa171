import type { Asked } from './ask.ts'
import { flipped } from './faults.ts'
import { notHere, Refusal, type Reply } from './reply.ts'
import { etagOf, expectConditions, expectGranted, resourceOf, type StoredObject } from './state.ts'
import type { World } from './world.ts'

/** The live generation, or the one that is asked for. @throws {Refusal} 403, 404. */
export function findObject({ bucket, name, query }: Pick<Asked, 'bucket' | 'name' | 'query'>): StoredObject {
  const object = bucket.objects.get(name)
  const wanted = query.get('generation')
  if (object && (wanted === null || wanted === String(object.generation))) return object
  throw new Refusal(404, 'notFound', `No such object: ${bucket.name}/${name}${wanted === null ? '' : `#${wanted}`}`)
}

export function getResource(_: World, asked: Asked): Reply {
  expectGranted(asked.bucket, 'storage.objects.get')
  const object = findObject(asked)
  expectConditions(asked.query, object, true)
  return { status: 200, headers: { etag: etagOf(object) }, json: resourceOf(object) }
}

export function getMedia(_: World, asked: Asked): Reply {
  expectGranted(asked.bucket, 'storage.objects.get')
  const object = findObject(asked)
  expectConditions(asked.query, object, true)
  const content = flipped(object.content, asked.fault)
  const headers = {
    'content-type': object.contentType,
    'x-goog-generation': String(object.generation),
    'x-goog-metageneration': String(object.metageneration),
    'x-goog-hash': `crc32c=${object.crc32c},md5=${object.md5Hash}`,
    'x-goog-stored-content-encoding': object.contentEncoding ?? 'identity',
    'x-goog-stored-content-length': String(object.content.length),
    ...(object.contentEncoding && { 'content-encoding': object.contentEncoding }),
    'last-modified': new Date(object.updated).toUTCString(),
    etag: etagOf(object),
  }
  const range = asked.headers.range
  if (range === undefined) return { status: 200, headers, content }
  const { start, end } = readRange(range, content.length)
  const part = content.subarray(start, end + 1)
  return {
    status: 206,
    headers: { ...headers, 'content-range': `bytes ${start}-${end}/${content.length}` },
    content: part,
  }
}

function readRange(header: string, length: number): { start: number; end: number } {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header) ?? []
  if (first === '' && last === '') throw notHere(`the range ${header}`)
  const start = first === '' ? Math.max(0, length - Number(last)) : Number(first)
  const end = first === '' || last === '' ? length - 1 : Math.min(Number(last), length - 1)
  if (start < length && start <= end) return { start, end }
  throw new Refusal(416, 'requestedRangeNotSatisfiable', 'The requested range cannot be satisfied.')
}

/** A page of objects and, with a delimiter, of the prefixes that end with it, in the order of their bytes. */
export function listObjects({ options }: World, { bucket, query }: Asked): Reply {
  expectGranted(bucket, 'storage.objects.list')
  const prefix = query.get('prefix') ?? ''
  const delimiter = query.get('delimiter') ?? ''
  const limit = Math.min(Number(query.get('maxResults') ?? 1_000), options.pageSize ?? 1_000)
  const after = Buffer.from(query.get('pageToken') ?? '', 'base64').toString()
  const entries = new Map<string, StoredObject | null>()
  for (const object of bucket.objects.values()) {
    if (!object.name.startsWith(prefix)) continue
    const cut = delimiter === '' ? -1 : object.name.indexOf(delimiter, prefix.length)
    const key = cut < 0 ? object.name : object.name.slice(0, cut + delimiter.length)
    entries.set(key, cut < 0 ? object : null)
  }
  const rest = [...entries].filter(([key]) => after === '' || inByteOrder(key, after) > 0)
  const page = rest.toSorted(([a], [b]) => inByteOrder(a, b)).slice(0, limit)
  const last = page.at(-1)?.[0] ?? ''
  const items = page.flatMap(([, object]) => (object ? [resourceOf(object)] : []))
  const prefixes = page.flatMap(([key, object]) => (object ? [] : [key]))
  return {
    status: 200,
    json: {
      kind: 'storage#objects',
      ...(rest.length > page.length && { nextPageToken: Buffer.from(last).toString('base64') }),
      ...(prefixes.length > 0 && { prefixes }),
      ...(items.length > 0 && { items }),
    },
  }
}

function inByteOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
