import { createHash } from 'node:crypto'
import type { Request } from '@google-cloud/functions-framework'
import { DaybreakError, toDaybreakError } from '../errors.ts'
import { invalid, toProblem } from '../http/problem.ts'
import type { RequestAttempt, StoredAnswer } from '../pipeline/people/records.ts'
import type { Answered } from './call.ts'
import type { ApiContext } from './context.ts'
import type { ApiKey } from './contract/routes.ts'
import type { Attempt, Invocation } from './invoke.ts'
import { type Sending, sendAnswer, sendStored, toStored } from './send.ts'

/** A write, with what tells it from others. */
interface Write {
  readonly request: Request
  readonly principal: string
  readonly body: unknown
}

const LOOK_EVERY = 100
const PATIENCE = 100
/** How long an attempt may take. Another process then takes the request over, and the first one can apply nothing any more. */
export const REQUEST_LEASE = 60_000

/** Kept in place of an answer that holds a secret. */
const WAS_SHOWN: StoredAnswer = { status: 409, headers: {}, body: '' }

/**
 * Works on a write, and sends its answer. With an `Idempotency-Key` it is worked on once: a copy gets the same answer, also one that
 * comes while the first is worked on. When the process of the first died, a copy goes on where it ended. A route without a caller
 * knows no keys: strangers would share them.
 */
export async function oncePerKey(write: Write, context: ApiContext, sending: Sending, work: Invocation): Promise<void> {
  const key = write.request.header('idempotency-key')
  const { role, isShownOnce } = sending.route
  if (key === undefined || role === 'public') return await sendAnswer(sending, await work())
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) throw invalid('Idempotency-Key: expected 1 to 255 printable characters')
  const { ledger, ports } = context
  for (let look = 0; look < PATIENCE; look++) {
    const attempt = attemptOf(write, key, context)
    const known = await ledger.beginRequest(attempt, ports.processes)
    if (known.state === 'begun') {
      const { writeId: id, at, isRepeated } = known
      return await workOnce({ attempt, write: { id, at, isRepeated } }, context, sending, work)
    }
    if (known.hash !== attempt.hash)
      throw new DaybreakError('KEY_REUSED', 'Idempotency-Key: it was used for another request within 24 hours')
    if (known.state === 'answered' && isShownOnce)
      throw new DaybreakError('STATE_CONFLICT', 'the answer to this request holds a secret, and was shown once')
    if (known.state === 'answered') return await sendStored(sending, known.answer)
    await ports.clock.sleep(LOOK_EVERY)
  }
  throw new DaybreakError(
    'STATE_CONFLICT',
    `the same request is still worked on; send it again in ${REQUEST_LEASE / 1_000} seconds`,
  )
}

function attemptOf({ request, principal, body }: Write, key: string, { now, ports }: ApiContext): RequestAttempt {
  const hash = createHash('sha256')
    .update(JSON.stringify([request.method, request.url, body]))
    .digest('hex')
  const at = now()
  const owner = ports.processes?.own ?? null
  return {
    principal,
    key,
    hash,
    at,
    writeId: ports.newId(),
    holder: ports.newId(),
    owner,
    leasedUntil: at + REQUEST_LEASE,
  }
}

interface Begun extends Pick<Attempt, 'write'> {
  readonly attempt: RequestAttempt
}

async function workOnce(
  { attempt, write }: Begun,
  { ledger }: ApiContext,
  sending: Sending,
  work: Invocation,
): Promise<void> {
  const { principal, key, holder } = attempt
  const { route } = sending
  let isKept = false
  const answered = (answer: Answered<ApiKey>) => {
    if ('chunks' in answer) return []
    isKept = true
    const kept = route.isShownOnce ? WAS_SHOWN : toStored(route, answer)
    return [{ change: 'request_answered', principal, key, holder, answer: kept } as const]
  }
  try {
    const answer = await work({ write, answered })
    if ('chunks' in answer) await ledger.dropRequest(attempt)
    else if (!isKept) await ledger.apply(answered(answer))
    await sendAnswer(sending, answer)
  } catch (error) {
    // A refusal did nothing, so the key may be used again. After a failure a part may be done: the next attempt goes on.
    const { status } = toProblem(toDaybreakError(error))
    const isRefused = status < 500 && toDaybreakError(error).code !== 'LEDGER_CONFLICT' && !write.isRepeated
    await (isRefused ? ledger.dropRequest(attempt) : ledger.releaseRequest(attempt))
    throw error
  }
}
