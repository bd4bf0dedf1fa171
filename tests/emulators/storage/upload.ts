import { z } from 'zod'
import type { Asked } from './ask.ts'
import { flipped } from './faults.ts'
import { notHere, Refusal, type Reply } from './reply.ts'
import { expectObjectName, type ObjectFacts, resourceOf } from './state.ts'
import { expectUploadAllowed, finish, openSession, type Session, type World } from './world.ts'

const QUANTUM = 262_144

// Strict, so that a field of the resource which this server would forget is refused instead.
const Resource = z.strictObject({
  name: z.string().optional(),
  contentType: z.string().optional(),
  contentEncoding: z.string().optional(),
  metadata: z.record(z.string(), z.string()).optional(),
  crc32c: z.string().optional(),
  md5Hash: z.string().optional(),
})

/** `uploadType=media` and `multipart`: the object in one request. */
export function insert(world: World, asked: Asked): Reply {
  const type = asked.query.get('uploadType')
  if (type === 'multipart') {
    const { resource, content } = readMultipart(asked)
    return done(world, { ...asked, name: expectObjectName(asked.name || resource.name) }, { content, facts: resource })
  }
  if (type !== 'media') throw notHere(`uploadType=${type}`)
  const facts = { contentType: asked.headers['content-type'], ...sentSums(asked) }
  return done(world, { ...asked, name: expectObjectName(asked.name) }, { content: asked.body, facts })
}

function done(world: World, asked: Asked, { content, facts }: { content: Buffer; facts: ObjectFacts }): Reply {
  const object = finish(world, asked, { content: flipped(content, asked.fault), facts })
  return { status: 200, json: resourceOf(object) }
}

/** `uploadType=resumable`: opens a session, whose address is where the content goes. */
export function startSession(world: World, asked: Asked): Reply {
  const resource = readResource(asked.body)
  const name = expectObjectName(asked.name || resource.name)
  const contentType = resource.contentType ?? headerOf(asked, 'x-upload-content-type')
  const upload = { bucket: asked.bucket, name, query: asked.query }
  expectUploadAllowed(world, upload)
  const id = openSession(world, { ...upload, facts: { ...resource, contentType, ...sentSums(asked) } })
  const address = `${asked.base}/upload/storage/v1/b/${asked.bucket.name}/o?uploadType=resumable&upload_id=${id}`
  return { status: 200, headers: { location: address } }
}

/** A PUT to a session: content, or the question how much has arrived. */
export function continueSession(world: World, asked: Asked): Reply {
  const id = asked.query.get('upload_id') ?? ''
  const session = world.sessions.get(id)
  if (!session) throw new Refusal(404, 'notFound', `There is no upload session ${id}`)
  if (session.finished) return { status: 200, json: resourceOf(session.finished) }
  const range = readRange(headerOf(asked, 'content-range'))
  const isLast = range.start === null ? session.bytes === range.total : take(session, range, asked)
  if (!isLast || !asked.whole) return incomplete(session)
  // After any error the session cannot be finished any more.
  world.sessions.delete(id)
  const facts = { ...session.facts, ...sentSums(asked) }
  session.finished = finish(world, session, { content: Buffer.concat(session.received), facts })
  world.sessions.set(id, session)
  return { status: 200, json: resourceOf(session.finished) }
}

interface Range {
  /** First byte of the piece; null for a question. */
  readonly start: number | null
  /** Size of the whole; null while the sender does not say. */
  readonly total: number | null
  /** True for a piece that goes to the end of the object, wherever that is. */
  readonly open: boolean
}

/** Keeps what is new of a piece; of one that broke off, what fills whole quanta, as Google does. True after the last. */
function take(session: Session, { start, total, open }: Range, asked: Asked): boolean {
  const from = start ?? 0
  if (from > session.bytes)
    throw new Refusal(400, 'invalid', `The piece starts at ${from}, but only ${session.bytes} bytes have arrived`)
  const fresh = flipped(asked.body, asked.fault).subarray(session.bytes - from)
  const isLast = total === null ? open : session.bytes + fresh.length >= total
  if (asked.whole && !isLast && fresh.length % QUANTUM !== 0)
    throw new Refusal(
      400,
      'invalid',
      `A piece that is not the last has ${fresh.length} bytes: no multiple of ${QUANTUM}`,
    )
  const kept = asked.whole ? fresh : fresh.subarray(0, fresh.length - ((session.bytes + fresh.length) % QUANTUM))
  session.received.push(kept)
  session.bytes += kept.length
  return isLast
}

function incomplete({ bytes }: Session): Reply {
  return { status: 308, headers: bytes > 0 ? { range: `bytes=0-${bytes - 1}` } : {} }
}

/** `bytes 0-99/100`, `bytes 0-99/*`, `bytes 0-*\/100`, `bytes 0-*\/*` for a piece; `bytes *\/*` for the question. */
function readRange(header: string | undefined): Range {
  const [, start, end, total] = /^bytes (?:\*|(\d+)-(\d+|-1|\*))\/(\d+|\*)$/.exec(header ?? '') ?? []
  if (total === undefined) throw new Refusal(400, 'invalid', `Invalid Content-Range: ${header}`)
  return {
    start: start === undefined ? null : Number(start),
    total: total === '*' ? null : Number(total),
    open: end === '*',
  }
}

function readMultipart({ body, headers }: Asked): { resource: z.infer<typeof Resource>; content: Buffer } {
  const [, boundary] = /^multipart\/related;.*boundary="?([^";]+)"?/.exec(headers['content-type'] ?? '') ?? []
  if (boundary === undefined) throw new Refusal(400, 'badContent', 'Not a multipart/related body')
  const opening = body.indexOf(`--${boundary}\r\n`)
  const middle = body.indexOf(`\r\n--${boundary}\r\n`)
  const closing = body.lastIndexOf(`\r\n--${boundary}--`)
  if (opening !== 0 || middle < 0 || closing < middle) throw new Refusal(400, 'badContent', 'Malformed multipart body')
  const content = partOf(body.subarray(middle, closing))
  const resource = readResource(partOf(body.subarray(opening, middle)).body)
  return { resource: { contentType: content.type, ...resource }, content: content.body }
}

function partOf(part: Buffer): { type: string | undefined; body: Buffer } {
  const end = part.indexOf('\r\n\r\n')
  if (end < 0) throw new Refusal(400, 'badContent', 'Malformed multipart body')
  const [, type] = /^content-type: *(.+?)\r?$/im.exec(part.subarray(0, end).toString()) ?? []
  return { type, body: part.subarray(end + 4) }
}

function readResource(body: Buffer): z.infer<typeof Resource> {
  if (body.length === 0) return {}
  const parsed = Resource.safeParse(JSON.parse(body.toString()))
  if (parsed.success) return parsed.data
  throw notHere(`an object with these fields: ${z.prettifyError(parsed.error)}`)
}

/** `X-Goog-Hash: crc32c=...,md5=...` */
function sentSums(asked: Asked): Pick<ObjectFacts, 'crc32c' | 'md5Hash'> {
  const header = headerOf(asked, 'x-goog-hash') ?? ''
  const [, crc] = /crc32c=([^,]+)/.exec(header) ?? []
  const [, md5] = /md5=([^,]+)/.exec(header) ?? []
  return { ...(crc && { crc32c: crc }), ...(md5 && { md5Hash: md5 }) }
}

function headerOf({ headers }: Asked, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}
