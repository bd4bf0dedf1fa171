import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { type Asked, type Line, readLine } from './ask.ts'
import { type Call, CLASSES } from './calls.ts'
import * as change from './change.ts'
import { createFaults, type Fault, type Faults, type Operation } from './faults.ts'
import { getMedia, getResource, listObjects } from './read.ts'
import { errorReply, Refusal, type Reply } from './reply.ts'
import { type Bucket, makeObject, type Permission, type StoredObject } from './state.ts'
import { continueSession, insert, startSession } from './upload.ts'
import { bucketOf, createWorld, type World, type WorldOptions } from './world.ts'

export interface StorageServerOptions extends WorldOptions {
  /** Buckets that are there from the start; location `US` unless it is given. */
  readonly buckets?: readonly (string | { readonly name: string; readonly location: string })[]
}

/** A bucket as a test sees it, past the API: nothing here is counted, refused or made to fail. */
export interface TestBucket {
  put(name: string, content: string | Uint8Array, facts?: { at?: number; contentEncoding?: string }): StoredObject
  get(name: string): StoredObject | undefined
  /** By name. */
  names(): readonly string[]
  delete(name: string): void
  /** Grants these permissions and no others; null grants all. */
  grant(permissions: readonly Permission[] | null): void
  notify(topic: string): void
}

export interface StorageServer {
  /** `http://127.0.0.1:PORT`: the endpoint for clients. */
  readonly url: string
  /** All calls so far, the oldest first. */
  readonly calls: readonly Call[]
  forgetCalls(): void
  readonly faults: Faults
  /** @throws when there is no such bucket. */
  bucket(name: string): TestBucket
  createBucket(name: string, location?: string): TestBucket
  deleteBucket(name: string): void
  close(): Promise<void>
}

const HANDLERS: Readonly<Record<Operation, (world: World, asked: Asked) => Reply>> = {
  'objects.insert': insert,
  'objects.insert.start': startSession,
  'objects.insert.chunk': continueSession,
  'objects.insert.query': continueSession,
  'objects.get': getResource,
  'objects.get.media': getMedia,
  'objects.list': listObjects,
  'objects.patch': change.patchObject,
  'objects.delete': change.deleteObject,
  'objects.rewrite': change.copyObject,
  'objects.copy': change.copyObject,
  'buckets.get': change.getBucket,
  'buckets.list': change.listBuckets,
  'buckets.insert': change.insertBucket,
  'buckets.testIamPermissions': change.testIamPermissions,
  'notifications.insert': change.insertNotification,
  'notifications.list': change.listNotifications,
  'notifications.delete': change.deleteNotification,
}

const NO_BUCKET: Bucket = { name: '', location: '', objects: new Map(), notifications: [], granted: null }

/** A Cloud Storage on loopback, which Google's own client talks to unchanged. */
export async function startStorageServer(options: StorageServerOptions = {}): Promise<StorageServer> {
  const world = createWorld(options)
  const faults = createFaults()
  const calls: Call[] = []
  const server = createServer((request, response) => {
    // A connection that breaks is what many tests are about; the caller sees it.
    request.on('error', () => undefined)
    response.on('error', () => undefined)
    void serve({ world, faults, calls, base: url() }, request, response)
  })
  const url = () => {
    const address = server.address()
    return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const createBucket = (name: string, location = 'US') => {
    const bucket: Bucket = { name, location, objects: new Map(), notifications: [], granted: null }
    world.buckets.set(name, bucket)
    return testBucket(world, bucket)
  }
  for (const bucket of options.buckets ?? [])
    typeof bucket === 'string' ? createBucket(bucket) : createBucket(bucket.name, bucket.location)
  return {
    url: url(),
    calls,
    forgetCalls: () => void calls.splice(0),
    faults,
    bucket: (name) => testBucket(world, bucketOf(world, name)),
    createBucket,
    deleteBucket: (name) => void world.buckets.delete(name),
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

function testBucket(world: World, bucket: Bucket): TestBucket {
  return {
    put(name, content, { at = world.now(), contentEncoding } = {}) {
      const generation = world.nextGeneration()
      const made = makeObject(
        { bucket: bucket.name, name, content: Buffer.from(content), generation, at },
        { contentEncoding },
      )
      bucket.objects.set(name, made)
      return made
    },
    get: (name) => bucket.objects.get(name),
    names: () => [...bucket.objects.keys()].toSorted(),
    delete: (name) => void bucket.objects.delete(name),
    grant(permissions) {
      bucket.granted = permissions === null ? null : new Set(permissions)
    },
    notify: (topic) =>
      void bucket.notifications.push({ id: String(bucket.notifications.length + 1), topic, eventTypes: [] }),
  }
}

interface Serving {
  readonly world: World
  readonly faults: Faults
  readonly calls: Call[]
  readonly base: string
}

async function serve(serving: Serving, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { world, faults, calls, base } = serving
  const url = new URL(request.url ?? '/', base)
  const { headers, method = 'GET' } = request
  const read = attempt(() => readLine(method, url, headers))
  if (read instanceof Refusal) return send(response, errorReply(read), undefined)
  const line = { ...read, name: read.name || nameOfSession(world, url) }
  const fault = faults.take(line)
  const { body, whole } = await readBody(request, fault)
  const asked = { ...line, query: url.searchParams, headers, body, whole, fault, base }
  const reply = await answer(world, asked)
  calls.push({
    operation: line.operation,
    class: CLASSES[line.operation],
    bucket: line.bucket,
    name: line.name,
    query: Object.fromEntries(url.searchParams),
    status: reply?.status ?? 0,
    bytesIn: body.length,
    bytesOut: reply?.content?.length ?? 0,
  })
  if (reply) await send(response, reply, fault)
  else if (fault?.kind !== 'stall') response.destroy()
}

/** A piece of a resumable upload says only which session it belongs to. */
function nameOfSession({ sessions }: World, url: URL): string {
  return sessions.get(url.searchParams.get('upload_id') ?? '')?.name ?? ''
}

/** The answer; null for none at all. */
async function answer(world: World, line: Omit<Asked, 'bucket'> & Line): Promise<Reply | null> {
  const { fault, operation } = line
  if (fault?.kind === 'stall' || fault?.kind === 'reset') return null
  if (fault?.kind === 'hold') await fault.wait()
  if (fault?.kind === 'status') {
    const { status, reason = 'backendError', message = `The local server answers ${status}, as it was told` } = fault
    return errorReply(new Refusal(status, reason, message))
  }
  if (fault?.kind === 'session_lost') {
    world.sessions.delete(line.query.get('upload_id') ?? '')
    return errorReply(new Refusal(fault.status, 'notFound', 'The upload session is gone'))
  }
  const reply = attempt(() => {
    const bucket =
      operation === 'buckets.list' || operation === 'buckets.insert' ? NO_BUCKET : bucketOf(world, line.bucket)
    if (fault?.kind === 'vanish') bucket.objects.delete(line.name)
    return HANDLERS[operation](world, { ...line, bucket })
  })
  if (fault?.kind === 'lost') return null
  return reply instanceof Refusal ? errorReply(reply) : reply
}

function attempt<Result>(work: () => Result): Result | Refusal {
  try {
    return work()
  } catch (error) {
    if (error instanceof Refusal) return error
    return new Refusal(500, 'internalError', `The local server failed: ${error instanceof Error ? error.stack : error}`)
  }
}

async function readBody(request: IncomingMessage, fault: Fault | undefined): Promise<{ body: Buffer; whole: boolean }> {
  const pieces: Buffer[] = []
  const limit = fault?.kind === 'reset' ? (fault.afterBytes ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY
  let bytes = 0
  try {
    for await (const piece of request) {
      pieces.push(piece)
      bytes += piece.length
      if (bytes >= limit) break
    }
  } catch {
    return { body: Buffer.concat(pieces), whole: false }
  }
  return { body: Buffer.concat(pieces), whole: request.complete }
}

async function send(response: ServerResponse, reply: Reply, fault: Fault | undefined): Promise<void> {
  const { status, headers = {}, json } = reply
  const content = reply.content ?? (json === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(json)))
  const type = json === undefined ? {} : { 'content-type': 'application/json; charset=UTF-8' }
  response.writeHead(status, { ...type, ...headers, ...(status !== 204 && { 'content-length': content.length }) })
  if (fault?.kind === 'cut') {
    response.write(content.subarray(0, fault.afterBytes), () => response.socket?.destroy())
    return
  }
  if (fault?.kind === 'drip') return await drip(response, content, fault)
  if (fault?.kind !== 'trickle') return void response.end(content)
  response.write(content.subarray(0, fault.afterBytes))
  await fault.until
  response.end(content.subarray(fault.afterBytes))
}

async function drip(response: ServerResponse, content: Uint8Array, { bytes, every }: Extract<Fault, { kind: 'drip' }>) {
  for (let at = 0; at < content.length && !response.destroyed; at += bytes) {
    response.write(content.subarray(at, at + bytes))
    await wait(every)
  }
  response.end()
}
