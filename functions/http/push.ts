import type { HttpFunction, Request, Response } from '@google-cloud/functions-framework'
import { deadLetterSource, messageIdOf, type Push, parsePush } from '../adapters/pubsub/envelope.ts'
import { DaybreakError, toDaybreakError } from '../errors.ts'
import { withLogFacts } from '../lib/log-context.ts'
import type { Log } from '../pipeline/ports.ts'
import type { Authenticate } from './access.ts'
import { jsonOf } from './body.ts'
import { sendProblem } from './problem.ts'

export { deadLetterSource, messageIdOf, type Push, parsePush }

/** Settings and services that the handlers of pushes share. */
export interface PushContext {
  readonly authenticate: Authenticate
  readonly maxBodyBytes: number
  /** Milliseconds that one message may be worked on. */
  readonly timeBudget: number
  readonly now: () => number
  readonly log: Log
  /** Aborts when the process is about to end. */
  readonly stopping: AbortSignal
  /** Runs the work so that what it logs names the request it belongs to. */
  readonly traced: <Result>(request: Request, work: () => Promise<Result>) => Promise<Result>
  /** Records what no delivery can mend, before it is acknowledged. Throws when it cannot be recorded. */
  readonly recordFailure: (failure: DaybreakError, path: string) => Promise<void>
}

/** One delivery: what came, and how long there is. */
export interface Delivery {
  /** The JSON of the request. */
  readonly body: unknown
  readonly request: Request
  readonly signal: AbortSignal
  readonly deadline: number
}

/**
 * A handler of pushes: proves the token, does the work within its time, and answers. Any status outside of 2xx means "send it
 * again"; so a failure that no repetition can mend is recorded and answered with 204. Nothing is done after the answer.
 */
export function pushHandler<Context extends PushContext>(
  open: () => Promise<Context>,
  work: (delivery: Delivery, context: Context) => Promise<void>,
): HttpFunction {
  return async (request, response) => {
    try {
      const context = await open()
      await context.traced(request, () => withLogFacts({}, () => answer(request, response, { context, work })))
    } catch (error) {
      sendProblem(response, error)
    }
  }
}

async function answer<Context extends PushContext>(
  request: Request,
  response: Response,
  { context, work }: { context: Context; work: (delivery: Delivery, context: Context) => Promise<void> },
): Promise<void> {
  const over = new AbortController()
  const timer = setTimeout(
    () => over.abort(new DaybreakError('CANCELLED', 'the time of the message is up')),
    context.timeBudget,
  )
  try {
    await context.authenticate(request, 'push')
    const signal = AbortSignal.any([over.signal, context.stopping])
    const deadline = context.now() + context.timeBudget
    await work({ body: jsonOf(request, context.maxBodyBytes), request, signal, deadline }, context)
    if (!response.headersSent) response.status(204).end()
  } catch (thrown) {
    await answerFailure(toDaybreakError(thrown), { request, response, context })
  } finally {
    clearTimeout(timer)
  }
}

const OUR_BUSINESS = new Set(['UNAUTHENTICATED', 'FORBIDDEN', 'REQUEST_FOREIGN', 'REQUEST_TOO_LARGE'])

async function answerFailure(
  failure: DaybreakError,
  { request, response, context }: { request: Request; response: Response; context: PushContext },
): Promise<void> {
  const { code, message } = failure
  // A defect may be one of the moment; the subscription's own limit ends it if it is not.
  const isTransient = failure.retryable || code === 'INTERNAL' || code === 'CANCELLED'
  const stack = code === 'INTERNAL' ? { stack: failure.stack ?? '' } : {}
  const severity = isTransient && code !== 'INTERNAL' ? 'WARNING' : 'ERROR'
  context.log({ severity, message: `A push was not handled: ${message}`, code, ...stack })
  if (isTransient || OUR_BUSINESS.has(code)) return sendProblem(response, failure)
  try {
    await context.recordFailure(failure, request.path)
    if (!response.headersSent) response.status(204).end()
  } catch (error) {
    sendProblem(response, error)
  }
}
