import type { IncomingHttpHeaders } from 'node:http'
import type { Fault, Operation } from './faults.ts'
import { notHere } from './reply.ts'
import type { Bucket } from './state.ts'

/** A request, understood. */
export interface Asked {
  readonly operation: Operation
  readonly bucket: Bucket
  /** The object's name; of a notification its id; empty where there is none. */
  readonly name: string
  readonly target?: { readonly bucket: string; readonly name: string }
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** False when the connection broke before the body ended. */
  readonly whole: boolean
  readonly fault: Fault | undefined
  /** Address of this server. */
  readonly base: string
}

/** The first line of a request. */
export interface Line {
  readonly operation: Operation
  readonly bucket: string
  readonly name: string
  readonly target?: { readonly bucket: string; readonly name: string }
}

const CONDITIONS = ['ifGenerationMatch', 'ifGenerationNotMatch', 'ifMetagenerationMatch', 'ifMetagenerationNotMatch']
const ALWAYS = ['alt', 'prettyPrint', 'project', 'projection']
const PARAMETERS: Readonly<Record<Operation, readonly string[]>> = {
  'objects.insert': [...CONDITIONS, 'name', 'uploadType'],
  'objects.insert.start': [...CONDITIONS, 'name', 'uploadType'],
  'objects.insert.chunk': ['upload_id', 'uploadType'],
  'objects.insert.query': ['upload_id', 'uploadType'],
  'objects.get': [...CONDITIONS, 'generation'],
  'objects.get.media': [...CONDITIONS, 'generation'],
  'objects.list': ['prefix', 'delimiter', 'maxResults', 'pageToken'],
  'objects.patch': [...CONDITIONS, 'generation'],
  'objects.delete': [...CONDITIONS, 'generation'],
  'objects.rewrite': [...CONDITIONS, 'sourceGeneration'],
  'objects.copy': [...CONDITIONS, 'sourceGeneration'],
  'buckets.get': [],
  'buckets.list': [],
  'buckets.insert': [],
  'buckets.testIamPermissions': ['permissions'],
  'notifications.insert': [],
  'notifications.list': [],
  'notifications.delete': [],
}

/** Which operation a method, a path and its query mean. @throws {Refusal} 501 for all others. */
export function readLine(method: string, url: URL, headers: IncomingHttpHeaders): Line {
  const line = url.pathname.startsWith('/upload/') ? readUpload(method, url, headers) : readOther(method, url)
  if (!line) throw notHere(`${method} ${url.pathname}`)
  const known = new Set([...ALWAYS, ...PARAMETERS[line.operation]])
  const strange = [...url.searchParams.keys()].filter((name) => !known.has(name))
  if (strange.length > 0) throw notHere(`the parameter ${strange.join(', ')} of ${line.operation}`)
  return line
}

function readUpload(method: string, { pathname, searchParams }: URL, headers: IncomingHttpHeaders): Line | null {
  const [, bucket] = /^\/upload\/storage\/v1\/b\/([^/]+)\/o$/.exec(pathname) ?? []
  if (bucket === undefined) return null
  const line = { bucket: decodeURIComponent(bucket), name: searchParams.get('name') ?? '' }
  if (method === 'PUT') {
    const asks = /^bytes \*\//.test(headers['content-range'] ?? '')
    return { ...line, operation: asks ? 'objects.insert.query' : 'objects.insert.chunk' }
  }
  if (method !== 'POST') return null
  const resumable = searchParams.get('uploadType') === 'resumable'
  return { ...line, operation: resumable ? 'objects.insert.start' : 'objects.insert' }
}

function readOther(method: string, { pathname, searchParams }: URL): Line | null {
  // `/download/storage/v1` is the same for media, as some clients write it.
  const path = /^(?:\/download)?\/storage\/v1\/b(?:\/(.*))?$/.exec(pathname)
  if (!path) return null
  const [bucket = '', kind, name, action, , target, , targetName] = (path[1] ?? '').split('/').map(decodeURIComponent)
  const operation = operationOf({ method, bucket, kind, name, action, media: searchParams.get('alt') === 'media' })
  if (!operation) return null
  const line = { operation, bucket, name: name ?? '' }
  return target === undefined || targetName === undefined
    ? line
    : { ...line, target: { bucket: target, name: targetName } }
}

interface Path {
  readonly method: string
  readonly bucket: string
  readonly kind: string | undefined
  readonly name: string | undefined
  readonly action: string | undefined
  readonly media: boolean
}

function operationOf({ method, bucket, kind, name, action, media }: Path): Operation | null {
  const of = (table: Record<string, Operation>) => table[method] ?? null
  if (bucket === '') return of({ GET: 'buckets.list', POST: 'buckets.insert' })
  if (kind === undefined) return of({ GET: 'buckets.get' })
  if (kind === 'iam') return name === 'testPermissions' ? of({ GET: 'buckets.testIamPermissions' }) : null
  if (kind === 'notificationConfigs')
    return name === undefined
      ? of({ GET: 'notifications.list', POST: 'notifications.insert' })
      : of({ DELETE: 'notifications.delete' })
  if (kind !== 'o') return null
  if (name === undefined) return of({ GET: 'objects.list' })
  if (action === 'copyTo') return of({ POST: 'objects.copy' })
  if (action === 'rewriteTo') return of({ POST: 'objects.rewrite' })
  if (action !== undefined) return null
  return of({ GET: media ? 'objects.get.media' : 'objects.get', PATCH: 'objects.patch', DELETE: 'objects.delete' })
}
