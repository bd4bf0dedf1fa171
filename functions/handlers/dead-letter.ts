import type { HttpFunction } from '@google-cloud/functions-framework'
import { z } from 'zod'
import { toMilliseconds } from '../config/duration.ts'
import { Duration } from '../config/scalars.ts'
import { DaybreakError, toDaybreakError } from '../errors.ts'
import type { Api } from '../http/call.ts'
import { invalid } from '../http/problem.ts'
import { deadLetterSource, messageIdOf, type Push, parsePush, pushHandler } from '../http/push.ts'
import { isLoading } from '../pipeline/load/look.ts'
import { deadLetter } from '../pipeline/work/handle.ts'
import { KIND_NAMES } from '../pipeline/work/kinds.ts'
import { listDeadMessages, type ReplayRequest, replay } from '../pipeline/work/replay.ts'
import { type Arrival, readArrival } from './arrival.ts'
import type { HandlerContext, OpenContext } from './context.ts'
import { pipelinesNamed } from './file-arrival.ts'
import { recordLostNotice } from './lost-notice.ts'
import { SCHEDULED } from './scheduled.ts'

/** Takes pushes of the subscriptions of the dead letter topics. */
export function deadLetterHandler(open: OpenContext): HttpFunction {
  return pushHandler(open, async ({ body }, context) => record(body, context))
}

/**
 * A message that the queue gave up on is dead from now on. A load is sent again instead while its job runs, and also when the
 * last delivery met a running job: that job may have ended since, and the next delivery records what it loaded.
 */
async function record(body: unknown, context: HandlerContext): Promise<void> {
  const { ports } = context.worker
  const push = parsePush(body)
  const source = deadLetterSource(push)?.subscription ?? push.subscription
  const message = await messageOf(push, context)
  if (message === null) return await recordForeign({ push, source, body }, context)
  if (message.state !== 'pending') return
  const metRunningJob = message.work.kind === 'load' && message.reason?.code === 'WAREHOUSE_BUSY'
  if (metRunningJob || (await isLoading(message.work, ports))) return await ports.queue.publish([message])
  const last = message.reason ?? { code: 'RUN_FAILED' as const, message: `${source} gave up on it` }
  await deadLetter(message, new DaybreakError(last.code, last.message), { ports })
}

async function messageOf(push: Push, { worker: { ports } }: HandlerContext) {
  try {
    return await ports.ledger.message(messageIdOf(push))
  } catch (error) {
    if (toDaybreakError(error).code === 'MESSAGE_INVALID') return null
    throw error
  }
}

interface Foreign {
  readonly push: Push
  /** Name of the subscription that gave up. */
  readonly source: string
  readonly body: unknown
}

/** A dead letter without a message in the ledger: a notice of files, what the scheduler published, or anything else. */
async function recordForeign({ push, source, body }: Foreign, context: HandlerContext): Promise<void> {
  const { ports } = context.worker
  const arrival = arrivalOf(body, context)
  if (arrival !== null) {
    const pipelines = pipelinesNamed(arrival, context).map(({ name }) => name)
    const failure = new DaybreakError('INCOMPLETE', `${source} gave up on the notice that they have arrived`)
    const sentAt = deadLetterSource(push)?.publishTime ?? push.publishTime
    return await recordLostNotice({ arrival, pipelines, failure, sentAt }, ports)
  }
  for (const { one, lost } of SCHEDULED.values()) {
    const cause = lost(push.data, context)
    if (cause === null) continue
    const reason = { code: 'INCOMPLETE', message: `${source} gave up on ${one}` } as const
    const at = ports.clock.now()
    return await ports.ledger.apply([
      { change: 'incident_opened', ...cause, severity: 'error', reason, runId: null, at },
    ])
  }
  await context.recordFailure(foreign(push, source), source)
}

function arrivalOf(body: unknown, { inboxes }: HandlerContext): Arrival | null {
  try {
    return readArrival({ headers: {}, body }, inboxes)
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
  z.strictObject({
    kind: z.enum(KIND_NAMES).optional(),
    pipeline: z.string().min(1).max(100).optional(),
    /** Of messages that were made so long ago at least, or at most. */
    minAge: Duration.optional(),
    maxAge: Duration.optional(),
  }),
])

const list: Api<HandlerContext> = async (_, { worker: { ports } }) => {
  const dead = await listDeadMessages(ports.ledger)
  return { status: 200, body: { messages: dead } }
}

const EXPECTED =
  'expected { "messages": [ID, ...] }, { "runId": ID }, or { } for all, narrowed by "kind", "pipeline", "minAge" and "maxAge"'

function toRequest(asked: z.infer<typeof Replay>): ReplayRequest {
  if ('messages' in asked || 'runId' in asked) return asked
  const { kind, pipeline, minAge, maxAge } = asked
  return {
    ...(kind && { kind }),
    ...(pipeline !== undefined && { pipeline }),
    ...(minAge !== undefined && { minAge: toMilliseconds(minAge) }),
    ...(maxAge !== undefined && { maxAge: toMilliseconds(maxAge) }),
  }
}

const replayDead: Api<HandlerContext> = async ({ body, caller }, { worker: { ports } }) => {
  const asked = Replay.safeParse(body)
  if (!asked.success) throw invalid(EXPECTED)
  const replayed = await replay(toRequest(asked.data), { actor: caller.email }, ports)
  return { status: 202, body: { replayed } }
}

/** Dead letters over HTTP: what is dead, and the replay of it. */
export const DEAD_LETTER_API = { 'deadLetter.list': list, 'deadLetter.replay': replayDead } as const
