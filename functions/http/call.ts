import type { HttpFunction, Request, Response } from '@google-cloud/functions-framework'
import { toDaybreakError } from '../errors.ts'
import type { Caller } from './access.ts'
import { jsonOf } from './body.ts'
import { invalid, sendProblem } from './problem.ts'
import type { PushContext } from './push.ts'

/** A request of a person or a program that can act on the answer. */
export interface Call {
  readonly caller: Caller
  readonly body: unknown
  /** What stood in the place of `{id}`. */
  readonly id: string
  readonly query: URLSearchParams
  readonly idempotencyKey: string | null
}

export interface Answer {
  readonly status: number
  readonly body: unknown
  /** Where the resource is. */
  readonly location?: string
}

export type Api<Context> = (call: Call, context: Context) => Promise<Answer>

/**
 * A handler of requests, by method and what follows the name of the function in the path: `GET `, `GET /{id}`,
 * `POST /{id}:pause`. Errors are problem documents. Deny by default: every one of them wants a proven account.
 */
export function callHandler<Context extends PushContext>(
  open: () => Promise<Context>,
  routes: Readonly<Record<string, Api<Context>>>,
): HttpFunction {
  return async (request, response) => {
    try {
      const context = await open()
      await context.traced(request, () => answer(request, response, { context, routes }))
    } catch (error) {
      sendProblem(response, error)
    }
  }
}

async function answer<Context extends PushContext>(
  request: Request,
  response: Response,
  { context, routes }: { context: Context; routes: Readonly<Record<string, Api<Context>>> },
): Promise<void> {
  try {
    const caller = await context.authenticate(request, 'caller')
    const { pathname, searchParams } = new URL(request.url, 'http://localhost')
    const found = route(request.method, pathname, routes)
    if (found === null) return sendProblem(response, invalid(`there is no ${request.method} ${pathname}`), 404)
    if (found.api === null) {
      response.setHeader('Allow', found.methods.join(', '))
      return sendProblem(response, invalid(`${pathname} takes ${found.methods.join(', ')}`), 405)
    }
    const body = jsonOf(request, context.maxBodyBytes)
    const idempotencyKey = request.header('idempotency-key') ?? null
    send(response, await found.api({ caller, body, id: found.id, query: searchParams, idempotencyKey }, context))
  } catch (thrown) {
    const { code, message } = toDaybreakError(thrown)
    const isOurs = code === 'INTERNAL'
    context.log({ severity: isOurs ? 'ERROR' : 'NOTICE', message: `A request was refused: ${message}`, code })
    sendProblem(response, thrown)
  }
}

function send(response: Response, { status, body, location }: Answer): void {
  if (response.headersSent) return
  if (location !== undefined) response.setHeader('Location', location)
  response.status(status).setHeader('Cache-Control', 'no-store').json(body)
}

interface Found<Context> {
  readonly api: Api<Context> | null
  readonly methods: readonly string[]
  readonly id: string
}

function route<Context>(
  method: string,
  pathname: string,
  routes: Readonly<Record<string, Api<Context>>>,
): Found<Context> | null {
  // The name of the function stands first where one service has them all, and is absent where each has its own.
  const rest = pathname.replace(/^\/(backfill|dead-letter)(?=$|[/:])/, '').replace(/\/$/, '')
  const [, id = '', verb = ''] = /^(?:\/([A-Za-z0-9-]{1,64}))?(:[a-z]+)?$/.exec(rest) ?? [null, '?']
  const pattern = `${id === '' ? '' : '/{id}'}${verb}`
  const known = Object.keys(routes).filter((each) => each.slice(each.indexOf(' ') + 1) === pattern)
  if (id === '?' || known.length === 0) return null
  const methods = known.map((each) => each.slice(0, each.indexOf(' ')))
  return { api: routes[`${method} ${pattern}`] ?? null, methods, id }
}
