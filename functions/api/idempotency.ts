import { createHash } from 'node:crypto'
import type { Request } from '@google-cloud/functions-framework'
import { DaybreakError } from '../errors.ts'
import { invalid } from '../http/problem.ts'
import type { StoredAnswer } from '../pipeline/people/records.ts'
import type { Answered } from './call.ts'
import type { ApiContext } from './context.ts'
import type { ApiKey } from './contract/routes.ts'
import { type Sending, sendAnswer, sendStored, toStored } from './send.ts'

/** A write, with what tells it from others. */
interface Write {
  readonly request: Request
  readonly principal: string
  readonly body: unknown
}

const LOOK_EVERY = 100
const PATIENCE = 100

/** Kept in place of an answer that holds a secret. */
const WAS_SHOWN: StoredAnswer = { status: 409, headers: {}, body: '' }

/**
 * Works on a write, and sends its answer. With an `Idempotency-Key` it is worked on once: a copy gets the same answer, also one that
 * comes while the first is worked on. A write that failed is forgotten, so that it may be sent again. A route without a caller knows no
 * keys: strangers would share them.
 */
export async function oncePerKey(
  { request, principal, body }: Write,
  { ledger, now, ports: { clock } }: ApiContext,
  sending: Sending,
  work: () => Promise<Answered<ApiKey>>,
): Promise<void> {
  const key = request.header('idempotency-key')
  const { role, isShownOnce } = sending.route
  if (key === undefined || role === 'public') return await sendAnswer(sending, await work())
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) throw invalid('Idempotency-Key: expected 1 to 255 printable characters')
  const named = { principal, key }
  const hash = createHash('sha256')
    .update(JSON.stringify([request.method, request.url, body]))
    .digest('hex')
  for (let look = 0; look < PATIENCE; look++) {
    const known = await ledger.beginRequest({ ...named, hash, at: now() })
    if (known.state === 'new') {
      const answered = await work().catch(async (error: unknown) => {
        await ledger.dropRequest(named)
        throw error
      })
      if ('chunks' in answered) {
        await ledger.dropRequest(named)
        return await sendAnswer(sending, answered)
      }
      const answer = toStored(sending.route, answered)
      await ledger.answerRequest({ ...named, answer: isShownOnce ? WAS_SHOWN : answer })
      return await sendStored(sending, answer)
    }
    if (known.hash !== hash)
      throw new DaybreakError('KEY_REUSED', 'Idempotency-Key: it was used for another request within 24 hours')
    if (known.state === 'answered' && isShownOnce)
      throw new DaybreakError('STATE_CONFLICT', 'the answer to this request holds a secret, and was shown once')
    if (known.state === 'answered') return await sendStored(sending, known.answer)
    await clock.sleep(LOOK_EVERY)
  }
  throw new DaybreakError('STATE_CONFLICT', 'the same request is still worked on; send it again later')
}
