import { createHash, randomBytes } from 'node:crypto'
import type { Principal } from '../access/decide.ts'
import { DaybreakError } from '../errors.ts'
import { expectNative, expectToken, hasToken, isEqual, type Seen } from './guard.ts'

/** A principal, and what its writes have to carry. */
export interface SignedIn extends Principal {
  /** Value of `x-daybreak-csrf` in a write; null for a caller with a token, which no page can send. */
  readonly csrf: string | null
  /** API token that it sent; absent for a person. */
  readonly token?: { readonly id: string; readonly name: string }
}

/** Sessions of a laptop: one person, who owns the machine. */
export interface LoopbackSessions {
  /** A token for one sign-in, good for ten minutes. */
  issue(): string
  /** Changes a one-time token for a cookie. @throws {DaybreakError} UNAUTHENTICATED, also for a token that was used. */
  enter(token: string): { readonly principal: SignedIn; readonly cookie: string }
  /** Says who sent a request. @throws {DaybreakError} REQUEST_FOREIGN, UNAUTHENTICATED. */
  authenticate(seen: Seen): SignedIn
  /** Ends the session of a request, and gives the cookie that says so. */
  leave(seen: Seen): string
}

const COOKIE = 'daybreak'
const TICKET_LIFE = 10 * 60_000
const SESSION_LIFE = 12 * 3_600_000
// A person signs in a few times a day; more are mistakes of a program.
const MOST = 1_000
const OWNER: Principal = { name: 'this-machine', role: 'admin', shards: null }
/** Methods that change nothing. */
export const SAFE: readonly string[] = ['GET', 'HEAD', 'OPTIONS']

/** Sessions that live as long as the process. `token` is that of the file in DAYBREAK_HOME, for the command line. */
export function createLoopbackSessions({
  token,
  now,
}: {
  readonly token: string
  readonly now: () => number
}): LoopbackSessions {
  const tickets = new Map<string, number>()
  const sessions = new Map<string, { readonly csrf: string; readonly until: number }>()
  const found = (seen: Seen) => {
    const cookie = cookieOf(seen.headers)
    const session = cookie === null ? undefined : sessions.get(digest(cookie))
    return session && session.until > now() ? session : null
  }
  return {
    issue() {
      forget(tickets, (until) => until <= now())
      const ticket = secret()
      tickets.set(digest(ticket), now() + TICKET_LIFE)
      return ticket
    },
    enter(ticket) {
      const until = tickets.get(digest(ticket))
      tickets.delete(digest(ticket))
      if (until === undefined || until <= now())
        throw new DaybreakError('UNAUTHENTICATED', 'the link to sign in was used already, or is older than ten minutes')
      forget(sessions, (session) => session.until <= now())
      const [id, csrf] = [secret(), secret()]
      sessions.set(digest(id), { csrf, until: now() + SESSION_LIFE })
      return { principal: { ...OWNER, csrf }, cookie: cookieText(id, SESSION_LIFE / 1000) }
    },
    authenticate(seen) {
      expectNative(seen)
      if (hasToken(seen.headers)) {
        expectToken(seen.headers, token)
        return { ...OWNER, csrf: null }
      }
      const session = found(seen)
      if (session === null) throw new DaybreakError('UNAUTHENTICATED', 'the request carries no session and no token')
      if (!SAFE.includes(seen.method)) expectCsrf(headerOf(seen.headers, 'x-daybreak-csrf') ?? undefined, session.csrf)
      return { ...OWNER, csrf: session.csrf }
    },
    leave(seen) {
      const cookie = cookieOf(seen.headers)
      if (cookie !== null) sessions.delete(digest(cookie))
      return cookieText('', 0)
    },
  }
}

/** Wants the header of a session, which no page of another origin can send. @throws {DaybreakError} REQUEST_FOREIGN. */
export function expectCsrf(sent: string | string[] | undefined, csrf: string): void {
  if (typeof sent === 'string' && isEqual(sent, csrf)) return
  throw new DaybreakError('REQUEST_FOREIGN', 'the request lacks the header x-daybreak-csrf of its session')
}

function cookieText(value: string, seconds: number): string {
  return `${COOKIE}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}`
}

function cookieOf(headers: Seen['headers']): string | null {
  const [, value] = /(?:^|;\s*)daybreak=([0-9a-f]{64})(?:;|$)/.exec(headerOf(headers, 'cookie') ?? '') ?? []
  return value ?? null
}

function headerOf(headers: Seen['headers'], wanted: string): string | null {
  const at = headers.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === wanted)
  return at === -1 ? null : (headers[at + 1] ?? null)
}

/** Keeps memory bounded: what is over goes, and the oldest beyond the most that are kept. */
function forget<Value>(entries: Map<string, Value>, isOver: (value: Value) => boolean): void {
  for (const [key, value] of entries) if (isOver(value)) entries.delete(key)
  for (const key of entries.keys()) if (entries.size >= MOST) entries.delete(key)
}

function secret(): string {
  return randomBytes(32).toString('hex')
}

// Only digests are kept: a dump of the memory is no sign-in.
function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
