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
  /** Value of `{id}` in the path. */
  readonly id: string
  readonly query: URLSearchParams
  readonly idempotencyKey: string | null
}

/** Answer to a request that succeeded. */
export interface Answer {
  readonly status: number
  readonly body: unknown
  /** Where the resource is. */
  readonly location?: string
}

/** Handler of a parsed request. */
export type Api<Context> = (call: Call, context: Context) => Promise<Answer>

/** The end of a path and a method: an API with the id of its path, or the methods that the path takes. */
export type Target<Context> =
  | { readonly api: Api<Context>; readonly id: string }
  | { readonly api: null; readonly allow: string }

/** A handler of requests. Errors are problem documents. Deny by default: every one of them wants a proven account. */
export function callHandler<Context extends PushContext>(
  open: () => Promise<Context>,
  target: Target<Context>,
): HttpFunction {
  return async (request, response) => {
    try {
      const context = await open()
      await context.traced(request, () => answer(request, response, { context, target }))
    } catch (error) {
      sendProblem(response, error)
    }
  }
}

async function answer<Context extends PushContext>(
  request: Request,
  response: Response,
  { context, target }: { context: Context; target: Target<Context> },
): Promise<void> {
  try {
    const caller = await context.authenticate(request, 'caller')
    const { pathname, searchParams } = new URL(request.url, 'http://localhost')
    if (target.api === null) {
      response.setHeader('Allow', target.allow)
      return sendProblem(response, invalid(`${pathname} takes ${target.allow}`), 405)
    }
    const body = jsonOf(request, context.maxBodyBytes)
    const idempotencyKey = request.header('idempotency-key') ?? null
    const call = { caller, body, id: target.id, query: searchParams, idempotencyKey }
    send(response, await target.api(call, context))
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
