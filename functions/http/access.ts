import type { Request } from '@google-cloud/functions-framework'
import { DaybreakError } from '../errors.ts'
import { expectOwn } from './guard.ts'

/** Sender of a request: the e-mail of an account, or `this-machine` on a laptop. */
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
    const token = bearerOf(request)
    if (token === null)
      throw new DaybreakError('UNAUTHENTICATED', 'the request carries no `Authorization: Bearer TOKEN`')
    const { verify, accounts } = doors[role]
    return await verify(token, accounts)
  }
}

/** The token of `Authorization: Bearer`; null without one. */
export function bearerOf({
  headers,
}: {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}): string | null {
  const { authorization } = headers
  const [, token] = /^Bearer ([\w.~+/=-]+)$/i.exec(typeof authorization === 'string' ? authorization : '') ?? []
  return token ?? null
}

/** Lets in what a program of this machine sends with the token of this machine: for one laptop, never for a service. */
export function byLocalToken(token: string): Authenticate {
  return async ({ method, url, rawHeaders, socket }) => {
    const { remoteAddress = '', localPort = 0 } = socket
    expectOwn({ method, target: url, headers: rawHeaders, remoteAddress, localPort }, token)
    return { email: 'this-machine' }
  }
}
