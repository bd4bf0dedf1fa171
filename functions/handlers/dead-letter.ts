import type { HttpFunction } from '@google-cloud/functions-framework'
import { z } from 'zod'
import { DaybreakError, toDaybreakError } from '../errors.ts'
import { type Api, callHandler } from '../http/call.ts'
import { invalid } from '../http/problem.ts'
import { deadLetterSource, messageIdOf, type Push, parsePush, pushHandler } from '../http/push.ts'
import { isLoading } from '../pipeline/load.ts'
import { bury } from '../pipeline/record.ts'
import { releaseLoads } from '../pipeline/release.ts'
import { listDeadMessages, replay } from '../pipeline/replay.ts'
import type { HandlerContext, OpenContext } from './context.ts'

/**
 * Takes pushes of the subscriptions of the dead letter topics, and requests of people: `GET` lists what is dead,
 * `POST .../dead-letter:replay` sends it again.
 */
export function deadLetterHandler(open: OpenContext): HttpFunction {
  const onPush = pushHandler(open, async (delivery, context) => record(parsePush(delivery.body), context))
  const onCall = callHandler(open, { 'GET ': list, 'POST :replay': replayDead })
  return (request, response) => {
    const isPush = request.method === 'POST' && !request.path.includes(':')
    return isPush ? onPush(request, response) : onCall(request, response)
  }
}

/** A message that the queue gave up on is dead from now on, unless all it waited for is a job that still runs. */
async function record(push: Push, context: HandlerContext): Promise<void> {
  const { ports } = context.worker
  const source = deadLetterSource(push)?.subscription ?? push.subscription
  const message = await messageOf(push, context)
  if (message === null) return await context.recordFailure(foreign(push, source), source)
  if (message.state !== 'pending') return
  if (await isLoading(message.work, ports)) return await ports.queue.publish([message])
  const last = message.reason ?? { code: 'RUN_FAILED' as const, message: `${source} gave up on it` }
  await bury(message, new DaybreakError(last.code, last.message), ports)
  if (message.work.kind === 'ingest') await releaseLoads(message.work.pipeline, ports)
}

async function messageOf(push: Push, { worker: { ports } }: HandlerContext) {
  try {
    return await ports.ledger.message(messageIdOf(push))
  } catch (error) {
    if (toDaybreakError(error).code === 'MESSAGE_INVALID') return null
    throw error
  }
}

function foreign({ id }: Push, source: string): DaybreakError {
  return new DaybreakError('MESSAGE_INVALID', `${source} gave up on message ${id}, which is none of the ledger`)
}

const Replay = z.union([
  z.strictObject({ messages: z.array(z.string().min(1).max(200)).min(1).max(1000) }),
  z.strictObject({ runId: z.string().min(1).max(200) }),
])

const list: Api<HandlerContext> = async (_, { worker: { ports } }) => {
  const dead = await listDeadMessages(ports.ledger)
  return { status: 200, body: { messages: dead } }
}

const replayDead: Api<HandlerContext> = async ({ body, caller }, { worker: { ports } }) => {
  const asked = Replay.safeParse(body)
  if (!asked.success) throw invalid(`expected { "messages": [ID, ...] } or { "runId": ID }`)
  const replayed = await replay(asked.data, { actor: caller.email }, ports)
  return { status: 202, body: { replayed } }
}
