import { createHash } from 'node:crypto'
import { crc32cInBase64 } from '../crc32c.ts'
import { Refusal } from './reply.ts'

/** One generation of an object, which is never changed but for its metadata. */
export interface StoredObject {
  readonly bucket: string
  readonly name: string
  readonly generation: number
  readonly metageneration: number
  readonly content: Buffer
  readonly contentType: string
  readonly contentEncoding?: string
  readonly metadata: Readonly<Record<string, string>>
  readonly crc32c: string
  readonly md5Hash: string
  /** Epoch milliseconds. */
  readonly timeCreated: number
  readonly updated: number
}

export interface NotificationConfig {
  readonly id: string
  readonly topic: string
  readonly eventTypes: readonly string[]
}

/** A bucket: the live generation of each object, and what the caller may do there. */
export interface Bucket {
  readonly name: string
  readonly location: string
  readonly objects: Map<string, StoredObject>
  readonly notifications: NotificationConfig[]
  /** Permissions that are granted, such as `storage.objects.create`; null grants all. */
  granted: ReadonlySet<string> | null
}

export type Permission =
  | 'storage.objects.create'
  | 'storage.objects.get'
  | 'storage.objects.list'
  | 'storage.objects.update'
  | 'storage.objects.delete'
  | 'storage.buckets.get'

/** Permissions of the predefined roles. */
export const ROLES = {
  objectCreator: ['storage.objects.create'],
  objectViewer: ['storage.objects.get', 'storage.objects.list'],
  objectUser: [
    'storage.objects.create',
    'storage.objects.get',
    'storage.objects.list',
    'storage.objects.update',
    'storage.objects.delete',
  ],
} as const satisfies Record<string, readonly Permission[]>

/** Members that an upload gives the object it makes. */
export interface ObjectFacts {
  readonly contentType?: string | undefined
  readonly contentEncoding?: string | undefined
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /** Content as the sender declares it; other content is refused. */
  readonly crc32c?: string | undefined
  readonly md5Hash?: string | undefined
}

/** Content with its name, checked against what the sender said of it. @throws {Refusal} 400 when it is not that. */
export function makeObject(
  {
    bucket,
    name,
    content,
    generation,
    at,
  }: Pick<StoredObject, 'bucket' | 'name' | 'content' | 'generation'> & { at: number },
  facts: ObjectFacts = {},
): StoredObject {
  const sums = { crc32c: crc32cInBase64(content), md5Hash: createHash('md5').update(content).digest('base64') }
  refuseOther('CRC32C', facts.crc32c, sums.crc32c)
  refuseOther('MD5 hash', facts.md5Hash, sums.md5Hash)
  return {
    bucket,
    name,
    content,
    generation,
    metageneration: 1,
    contentType: facts.contentType ?? 'application/octet-stream',
    ...(facts.contentEncoding && { contentEncoding: facts.contentEncoding }),
    metadata: facts.metadata ?? {},
    ...sums,
    timeCreated: at,
    updated: at,
  }
}

function refuseOther(what: string, provided: string | undefined, calculated: string): void {
  if (provided === undefined || provided === calculated) return
  throw new Refusal(400, 'invalid', `Provided ${what} "${provided}" doesn't match calculated ${what} "${calculated}".`)
}

/** The resource of the JSON API; numbers of 64 bits are text there. */
export function resourceOf(object: StoredObject): Record<string, unknown> {
  const { bucket, name, generation, metageneration, content, contentType, contentEncoding, metadata } = object
  return {
    kind: 'storage#object',
    id: `${bucket}/${name}/${generation}`,
    name,
    bucket,
    generation: String(generation),
    metageneration: String(metageneration),
    contentType,
    ...(contentEncoding && { contentEncoding }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
    storageClass: 'STANDARD',
    size: String(content.length),
    crc32c: object.crc32c,
    md5Hash: object.md5Hash,
    etag: etagOf(object),
    timeCreated: new Date(object.timeCreated).toISOString(),
    updated: new Date(object.updated).toISOString(),
  }
}

/** Changes with the generation and with the metadata. */
export function etagOf({ generation, metageneration }: StoredObject): string {
  return Buffer.from(`${generation}/${metageneration}`).toString('base64')
}

/** The bucket's own resource. */
export function bucketResource({ name, location }: Bucket): Record<string, unknown> {
  const locationType = location.length === 2 ? 'multi-region' : 'region'
  return {
    kind: 'storage#bucket',
    id: name,
    name,
    location,
    locationType,
    storageClass: 'STANDARD',
    metageneration: '1',
  }
}

/** @throws {Refusal} 403 unless it is granted. */
export function expectGranted(bucket: Bucket, permission: Permission): void {
  if (bucket.granted === null || bucket.granted.has(permission)) return
  throw new Refusal(
    403,
    'forbidden',
    `worker@local.iam.gserviceaccount.com does not have ${permission} access to the Google Cloud Storage ${permission.includes('.objects.') ? 'object' : 'bucket'}. Permission '${permission}' denied on resource (or it may not exist).`,
  )
}

/** @throws {Refusal} 412, or 304 for a read that wants only other generations, when a condition of the query does not hold. */
export function expectConditions(query: URLSearchParams, object: StoredObject | undefined, reading = false): void {
  const generation = object?.generation ?? 0
  const failed = (status: number) =>
    new Refusal(status, 'conditionNotMet', 'At least one of the pre-conditions you specified did not hold.')
  const holds = (name: string, actual: number, wanted: boolean, status = 412) => {
    const value = query.get(name)
    if (value !== null && (Number(value) === actual) !== wanted) throw failed(status)
  }
  holds('ifGenerationMatch', generation, true)
  holds('ifGenerationNotMatch', generation, false, reading ? 304 : 412)
  holds('ifMetagenerationMatch', object?.metageneration ?? 0, true)
  holds('ifMetagenerationNotMatch', object?.metageneration ?? 0, false, reading ? 304 : 412)
}

/** @throws {Refusal} 400 for a name that Cloud Storage does not take. */
export function expectObjectName(name: string | null | undefined): string {
  if (!name) throw new Refusal(400, 'required', 'Required parameter: name')
  const bad = Buffer.byteLength(name) > 1024 || /[\r\n]/.test(name) || name === '.' || name === '..'
  if (bad) throw new Refusal(400, 'invalid', `Disallowed object name: ${JSON.stringify(name.slice(0, 60))}`)
  return name
}
