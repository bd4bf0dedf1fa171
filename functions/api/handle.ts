import type { HttpFunction, Request, Response } from '@google-cloud/functions-framework'
import { decide } from '../access/decide.ts'
import { DaybreakError, toDaybreakError } from '../errors.ts'
import { jsonOf } from '../http/body.ts'
import { invalid } from '../http/problem.ts'
import { setSecurityHeaders } from '../http/security.ts'
import type { SignedIn } from '../http/session.ts'
import type { ApiContext } from './context.ts'
import type { Route } from './contract/route.ts'
import type { ApiKey } from './contract/routes.ts'
import { oncePerKey } from './idempotency.ts'
import { invocation } from './invoke.ts'
import { createKeptAnswers, type KeptAnswers } from './kept-answers.ts'
import type { LimitKind } from './limits.ts'
import { type MatchedRoute, matchRoute } from './router.ts'
import { type Sending, sendAnswer, sendPrepared, sendRefusal } from './send.ts'

/** A principal for routes that need none. It may see nothing. */
const STRANGER: SignedIn = { name: 'anonymous', role: 'viewer', shards: [], csrf: null }

/** One request on its way through the API. */
interface Handling {
  readonly request: Request
  readonly response: Response
  readonly context: ApiContext
  readonly requestId: string
}

/** Answers every path below `/api/`. Errors are problem documents. */
export function apiHandler(open: () => Promise<ApiContext>): HttpFunction {
  return async (request, response) => {
    setSecurityHeaders(response)
    try {
      const context = await open()
      const handling = { request, response, context, requestId: context.ports.newId() }
      response.setHeader('X-Request-Id', handling.requestId)
      await context.traced(request, () => guarded(handling))
    } catch (error) {
      sendRefusal(response, error, '')
    }
  }
}

async function guarded(handling: Handling): Promise<void> {
  const { request, response, context, requestId } = handling
  try {
    await answer(handling)
  } catch (thrown) {
    const { code, message, stack } = toDaybreakError(thrown)
    const isOurs = code === 'INTERNAL'
    context.log({
      severity: isOurs ? 'ERROR' : 'NOTICE',
      message: `${request.method} ${pathOf(request)} (${requestId}) was refused: ${message}`,
      code,
      ...(isOurs && stack && { stack }),
    })
    sendRefusal(response, thrown, requestId)
  }
}

async function answer(handling: Handling): Promise<void> {
  const { request, response, context } = handling
  context.authentication.expectNative(request)
  const match = matchRoute(request.method, pathOf(request))
  // A stranger learns of no path: who asks comes before what is asked.
  const isPublic = match.kind === 'route' && match.matched.route.role === 'public'
  const principal = isPublic ? STRANGER : await context.authentication.authenticate(request)
  if (match.kind === 'none') throw new DaybreakError('NOT_FOUND', `there is no ${pathOf(request).slice(0, 200)}`)
  if (match.kind === 'method') {
    response.setHeader('Allow', match.allow)
    return sendRefusal(response, invalid(`${pathOf(request)} takes ${match.allow}`), handling.requestId, 405)
  }
  await route(handling, principal, match.matched)
}

async function route(handling: Handling, principal: SignedIn, { key, route, path }: MatchedRoute): Promise<void> {
  const { request, response, context } = handling
  expectAllowed(principal, route, path)
  context.limits.take(principal.name, limitOf(key))
  const isWrite = request.method !== 'GET' && request.method !== 'HEAD'
  const body = isWrite ? jsonOf(request, context.maxBodyBytes) : undefined
  const left = new AbortController()
  response.on('close', () => left.abort(new DaybreakError('CANCELLED', 'the caller has left')))
  const work = invocation(
    {
      ...{ key, route, path, principal, body, requestId: handling.requestId },
      parameters: new URL(request.url, 'http://localhost').searchParams,
      accept: request.header('accept') ?? '',
      ifMatch: request.header('if-match') ?? null,
      session: {
        host: request.headers.host ?? '',
        leave: () => context.authentication.leave(request),
        set: (text) => response.setHeader('Set-Cookie', text),
      },
      signal: AbortSignal.any([left.signal, context.stopping]),
    },
    context,
  )
  const sending: Sending = { request, response, route, key }
  if (!isWrite) {
    const asking = { key, route, url: request.url, accept: request.header('accept') ?? '', principal }
    const kept = await answersOf(context).answer(asking, () => work())
    return kept === null ? await sendAnswer(sending, await work()) : await sendPrepared(sending, kept)
  }
  await oncePerKey({ request, principal: principal.name, body }, context, sending, work)
}

const answers = new WeakMap<ApiContext, KeptAnswers>()

function answersOf(context: ApiContext): KeptAnswers {
  const known = answers.get(context) ?? createKeptAnswers(context)
  answers.set(context, known)
  return known
}

/** @throws {DaybreakError} UNAUTHENTICATED, FORBIDDEN; NOT_FOUND for a shard that the principal does not see. */
function expectAllowed(principal: SignedIn, route: Route, path: Readonly<Record<string, string>>): void {
  const shard = path['shard']
  const decision = decide(principal, route, shard === undefined ? null : { shard })
  if (decision === 'forbidden') {
    const scope = route.scope === 'whole' && principal.shards !== null ? ' and access to all locations' : ''
    throw new DaybreakError('FORBIDDEN', `${principal.name} is ${principal.role}; needed: ${route.role}${scope}`)
  }
  if (decision === 'absent') throw new DaybreakError('NOT_FOUND', `there is no ${JSON.stringify(shard)}`)
}

/** Questions to another system. */
const PREVIEWS: readonly ApiKey[] = [
  'POST /api/query:preview',
  'GET /api/tables',
  'POST /api/connections/{name}:test',
  'POST /api/pipelines/{pipeline}:compare',
]

function limitOf(key: ApiKey): LimitKind {
  if (PREVIEWS.includes(key)) return 'preview'
  if (key === 'POST /api/settings/channels/{id}:test' || key === 'POST /api/digests/{date}:test') return 'test'
  return key.startsWith('GET ') ? 'read' : 'write'
}

function pathOf({ url }: Request): string {
  return url.split('?')[0] ?? ''
}
