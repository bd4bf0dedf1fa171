import type { SignedIn } from '../http/session.ts'
import type { Answered } from './call.ts'
import type { ApiContext } from './context.ts'
import type { Route } from './contract/route.ts'
import type { ApiKey } from './contract/routes.ts'
import { type PreparedAnswer, prepareAnswer, toStored } from './send.ts'

/** Answers that are kept until the ledger changes: those that grow with the locations. */
const KEPT: ReadonlySet<ApiKey> = new Set(['GET /api/status', 'GET /api/days/{pipeline}/{window}', 'GET /api/metrics'])
// An answer has the instant that it was made at, and verdicts change with time.
const KEPT_FOR = 5_000
const MOST_CHARACTERS = 32 << 20

interface Kept {
  readonly mark: string
  readonly at: number
  readonly answer: Promise<PreparedAnswer>
  length: number
}

/** Question and caller: an answer follows from them, the ledger and the time. */
interface Asking {
  readonly route: Route
  readonly key: ApiKey
  readonly url: string
  readonly accept: string
  readonly principal: SignedIn
}

/** Gives an answer again to those who ask the same while it is kept, and lets those who ask at the same time wait for one. */
export interface KeptAnswers {
  /** Null for an answer that is not kept: its caller makes it. */
  answer(asking: Asking, make: () => Promise<Answered<ApiKey>>): Promise<PreparedAnswer | null>
}

/** The kept answers of one process. */
export function createKeptAnswers({ ledger, now }: Pick<ApiContext, 'ledger' | 'now'>): KeptAnswers {
  const all = new Map<string, Kept>()
  const makeRoom = () => {
    let total = 0
    for (const [name, { length }] of [...all].toReversed()) {
      total += length
      if (total > MOST_CHARACTERS) all.delete(name)
    }
  }
  return {
    async answer({ route, key, url, accept, principal: { role, shards } }, make) {
      if (!KEPT.has(key) || accept.includes('text/plain')) return null
      const name = JSON.stringify([url, role, shards])
      const mark = await ledger.reads.changeMark()
      const found = all.get(name)
      const age = now() - (found?.at ?? 0)
      if (found?.mark === mark && age >= 0 && age < KEPT_FOR) return await found.answer
      const answer = make().then((answered) => prepared(route, answered))
      const kept: Kept = { mark, at: now(), answer, length: 0 }
      all.delete(name)
      all.set(name, kept)
      try {
        kept.length = (await answer).stored.body.length
        makeRoom()
        return await answer
      } catch (error) {
        if (all.get(name) === kept) all.delete(name)
        throw error
      }
    },
  }
}

function prepared(route: Route, answered: Answered<ApiKey>): PreparedAnswer {
  if ('chunks' in answered) throw new TypeError('an answer that is sent in pieces cannot be kept')
  return prepareAnswer(toStored(route, answered))
}
