import type { Request } from '@google-cloud/functions-framework'
import { DaybreakError } from '../errors.ts'

/** Who a request comes from: the e-mail of an account, or `nobody` where everybody is let in. */
export interface Caller {
  readonly email: string
}

/**
 * Says who sent a request. `push` are the accounts that deliver messages, `caller` those that start backfills and replays.
 * @throws {DaybreakError} UNAUTHENTICATED, FORBIDDEN, IDENTITY_UNAVAILABLE.
 */
export type Authenticate = (request: Request, role: 'push' | 'caller') => Promise<Caller>

interface Door {
  readonly verify: (token: string, allowed: readonly string[]) => Promise<Caller>
  readonly accounts: readonly string[]
}

/** Proves tokens, and knows who may do what. */
export function byToken(doors: Readonly<Record<'push' | 'caller', Door>>): Authenticate {
  return async (request, role) => {
    const [, token] = /^Bearer ([\w.~+/=-]+)$/i.exec(request.headers.authorization ?? '') ?? []
    if (token === undefined)
      throw new DaybreakError('UNAUTHENTICATED', 'the request carries no `Authorization: Bearer TOKEN`')
    const { verify, accounts } = doors[role]
    return await verify(token, accounts)
  }
}

/** Lets everybody in who comes from this machine itself, and nobody else: for one laptop, never for a service. */
export const fromThisMachine: Authenticate = async (request) => {
  const { remoteAddress = '' } = request.socket
  // Whoever forwards requests makes the whole world look like this machine.
  const isForwarded = request.headers['x-forwarded-for'] !== undefined || request.headers.forwarded !== undefined
  if (!isForwarded && /^(127\.|::1$|::ffff:127\.)/.test(remoteAddress)) return { email: 'nobody' }
  throw new DaybreakError('UNAUTHENTICATED', 'only this machine may send requests without a token')
}
