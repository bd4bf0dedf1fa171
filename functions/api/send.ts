import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Request, Response } from '@google-cloud/functions-framework'
import { type DaybreakError, type ErrorCode, toDaybreakError } from '../errors.ts'
import { toProblem } from '../http/problem.ts'
import { runbookOf } from '../lib/runbook.ts'
import type { StoredAnswer } from '../pipeline/people/records.ts'
import type { Answered, Bytes } from './call.ts'
import type { Route } from './contract/route.ts'
import type { ApiKey } from './contract/routes.ts'
import type { Problem } from './contract/values.ts'
import { InvalidRequest } from './validate.ts'

/** Request, route and response of an answer. */
export interface Sending {
  readonly request: Request
  readonly response: Response
  readonly route: Route
  readonly key: ApiKey
}

// Below it compressing takes longer than sending.
const SMALL = 1_400
const compress = promisify(gzip)

/** Answers with what a handler gave. A resource that the caller has already is not sent again. */
export async function sendAnswer(sending: Sending, answered: Answered<ApiKey>): Promise<void> {
  if ('chunks' in answered) return await sendBytes(sending, answered)
  await sendStored(sending, toStored(sending.route, answered))
}

/** Pure: the answer as it is kept for a request that is sent again. */
export function toStored({ status = 200 }: Route, answered: Exclude<Answered<ApiKey>, Bytes>): StoredAnswer {
  const { location } = answered
  const headers = location === undefined ? {} : { Location: location }
  return { status, headers, body: status === 204 ? '' : JSON.stringify(answered.body) }
}

/** An answer with what is made of its text, once for all who get it. */
export interface PreparedAnswer {
  readonly stored: StoredAnswer
  /** The ETag. */
  tag(): string
  zipped(): Promise<Buffer>
}

/** Makes tag and compressed text when they are first asked for. */
export function prepareAnswer(stored: StoredAnswer): PreparedAnswer {
  let tag: string | null = null
  let zipped: Promise<Buffer> | null = null
  return {
    stored,
    tag: () => (tag ??= `"${createHash('sha256').update(stored.body).digest('base64url').slice(0, 22)}"`),
    zipped: () => (zipped ??= compress(stored.body)),
  }
}

/** Answers with the text of an answer. */
export async function sendStored(sending: Sending, stored: StoredAnswer): Promise<void> {
  await sendPrepared(sending, prepareAnswer(stored))
}

/** Answers with the text of an answer that others may get as well. */
export async function sendPrepared({ request, response }: Sending, prepared: PreparedAnswer): Promise<void> {
  const { status, headers, body } = prepared.stored
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  response.setHeader('Cache-Control', isRead ? 'private, no-cache' : 'no-store')
  response.setHeader('Vary', 'Accept, Accept-Encoding, Cookie')
  if (isRead && status === 200) {
    const tag = prepared.tag()
    response.setHeader('ETag', tag)
    if (request.header('if-none-match') === tag) return void response.status(304).end()
  }
  response.status(status)
  if (body === '') return void response.end()
  response.setHeader('Content-Type', 'application/json; charset=utf-8')
  if (body.length < SMALL || !/\bgzip\b/.test(request.header('accept-encoding') ?? '')) return void response.end(body)
  response.setHeader('Content-Encoding', 'gzip')
  response.end(await prepared.zipped())
}

async function sendBytes({ response }: Sending, { type, chunks, fileName }: Bytes): Promise<void> {
  response.setHeader('Content-Type', type)
  response.setHeader('Cache-Control', 'no-store')
  if (fileName !== undefined)
    response.setHeader('Content-Disposition', `attachment; filename="${fileName.replaceAll(/[^\w.-]/g, '_')}"`)
  const iterator = chunks[Symbol.asyncIterator]()
  // The first chunk is awaited, so that a question that fails at once is answered with its problem.
  const first = await iterator.next()
  if (first.done) return void response.end()
  const all = async function* () {
    try {
      yield first.value
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value
    } finally {
      // A caller who leaves ends the query behind the answer.
      await iterator.return?.()
    }
  }
  await pipeline(Readable.from(all()), response).catch(() => response.destroy())
}

/** Answers with a problem document, unless an answer has begun: that one is broken off. */
export function sendRefusal(response: Response, thrown: unknown, requestId: string, status?: number): void {
  if (response.headersSent) return void response.destroy()
  const error = toDaybreakError(thrown)
  const problem = problemOf(error, requestId, status)
  const wait = error.details['retryAfter']
  if (problem.status === 401) response.setHeader('WWW-Authenticate', 'Bearer')
  if (problem.status === 429 || problem.status === 503) response.setHeader('Retry-After', String(wait ?? 10))
  response.removeHeader('Set-Cookie')
  response.setHeader('Cache-Control', 'no-store')
  response.setHeader('Content-Type', 'application/problem+json')
  response.status(problem.status).end(JSON.stringify(problem))
}

function problemOf(error: DaybreakError, requestId: string, status?: number): Problem {
  return {
    ...toProblem(error, status),
    instance: requestId,
    runbook: runbookOf(error.code as ErrorCode),
    ...(error instanceof InvalidRequest && { errors: [...error.faults] }),
  }
}
