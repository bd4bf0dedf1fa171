import type { Identity } from '../access/people.ts'
import { administrators, principalOf } from '../access/people.ts'
import { openPersonVerifier } from '../adapters/oidc/people.ts'
import { isOwnToken, type TokenIssuer } from '../adapters/oidc/tokens.ts'
import type { Authentication } from '../api/context.ts'
import { SIGN_IN_PATH } from '../api/sign-in.ts'
import type { AuthConfig } from '../config/auth-config.ts'
import type { Project } from '../config/project.ts'
import { DaybreakError } from '../errors.ts'
import { bearerOf } from '../http/access.ts'
import { expectSameSite, type Seen } from '../http/guard.ts'
import { expectCsrf, SAFE, type SignedIn } from '../http/session.ts'
import type { PeopleLedger } from '../pipeline/people/reads.ts'
import { grantsOf } from './grants.ts'
import type { PersonSessions } from './person-sessions.ts'
import { tokenPrincipal } from './token-principal.ts'

/** Kinds of `auth` that a service answers with. */
export type ServedAuth = Exclude<AuthConfig, { readonly kind: 'loopback' }>

/** Ledger, clock and tokens that callers are proven with. */
interface AuthenticationPorts {
  readonly ledger: PeopleLedger
  readonly now: () => number
  /** Null where no key signs API tokens. */
  readonly tokens: TokenIssuer | null
  /** Sessions of people who signed in; null where none do. */
  readonly sessions: PersonSessions | null
}

const IAP = 'https://cloud.google.com/iap'
const IAP_KEYS = 'https://www.gstatic.com/iap/verify/public_key-jwk'
const ASSERTION = 'x-goog-iap-jwt-assertion'

/** Proves callers of a service, also those that open a WebSocket. */
interface ServiceAuthentication extends Authentication {
  /** @throws {DaybreakError} REQUEST_FOREIGN, UNAUTHENTICATED, FORBIDDEN. */
  admit(seen: Seen): Promise<SignedIn>
  /** The principal of a person who is proven. @throws {DaybreakError} FORBIDDEN. */
  person(identity: Identity): Promise<SignedIn>
}

/** A request; headers by name in lower case, as Node gives them. */
interface Headed {
  readonly method: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** Proves callers of a service. It keeps no sessions: proxy, program or browser brings a proof with each request. */
export function serviceAuthentication(
  auth: ServedAuth,
  project: Project,
  { ledger, now, tokens, sessions }: AuthenticationPorts,
): ServiceAuthentication {
  const grants = grantsOf(project, ledger, now)
  const verify = verifierOf(auth, project, now)
  const person = async (identity: Identity): Promise<SignedIn> => {
    const granted = await grants()
    const principal = principalOf(identity, granted)
    if (principal !== null) return { ...principal, csrf: null }
    throw new DaybreakError('FORBIDDEN', `${identity.email} has no access; ${whoToAsk(administrators(granted))}`)
  }
  const own = async (token: string) => await tokenPrincipal(token, { ledger, now, tokens, grants })
  const bySession = async ({ method, headers }: Headed): Promise<SignedIn> => {
    if (sessions === null)
      throw new DaybreakError('UNAUTHENTICATED', 'the request carries no `Authorization: Bearer TOKEN`')
    const session = await sessions.find(headers)
    if (session === null)
      throw new DaybreakError('UNAUTHENTICATED', 'the request carries no session, or one that is over', {
        details: { signIn: SIGN_IN_PATH },
      })
    if (!SAFE.includes(method)) expectCsrf(headers['x-daybreak-csrf'], session.csrf)
    return { ...(await person(session.identity)), csrf: session.csrf }
  }
  const authenticate = async (request: Headed) => {
    const bearer = bearerOf(request)
    if (auth.kind === 'oidc') {
      if (bearer === null) return await bySession(request)
      return isOwnToken(bearer) ? await own(bearer) : await person(await verify(bearer))
    }
    // A request that went around the proxy has no assertion, so its other headers prove nothing.
    const identity = await verify(assertionOf(request))
    return bearer !== null && isOwnToken(bearer) ? await own(bearer) : await person(identity)
  }
  return {
    expectNative: ({ method, rawHeaders }) => expectSameSite({ method, headers: rawHeaders }),
    authenticate,
    person,
    async admit(seen) {
      expectSameSite(seen)
      return await authenticate({ method: seen.method, headers: byName(seen.headers) })
    },
    enter: () => {
      throw noSessions()
    },
    issue: () => {
      throw noSessions()
    },
    leave: () => sessions?.leave() ?? null,
  }
}

/** The verifier of tokens of people, as `auth` says. */
export function verifierOf(auth: ServedAuth, { environment }: Project, now: () => number) {
  if (auth.kind === 'oidc') return openPersonVerifier({ ...auth, now })
  const local = environment.google?.endpoints?.iap
  return openPersonVerifier({ kind: 'iap', issuer: IAP, keys: local ?? IAP_KEYS, audience: auth.audience, now })
}

/** The signed header alone: the others that name a person are text that each caller can write. */
function assertionOf({ headers }: Headed): string {
  const assertion = headers[ASSERTION]
  if (typeof assertion === 'string' && assertion !== '') return assertion
  throw new DaybreakError('UNAUTHENTICATED', 'the request did not come through Identity-Aware Proxy')
}

/** Raw headers by name. Of one that came twice nothing is proven: its values are one text, as Node joins them. */
function byName(raw: Seen['headers']): Headed['headers'] {
  const pairs = raw.flatMap((name, at) => (at % 2 === 0 ? [[name.toLowerCase(), raw[at + 1] ?? ''] as const] : []))
  const groups = [...Map.groupBy(pairs, ([name]) => name)]
  return Object.fromEntries(groups.map(([name, all]) => [name, all.map(([, value]) => value).join(', ')]))
}

function whoToAsk(names: readonly string[]): string {
  if (names.length === 0) return 'an administrator adds it to `access` of config/notify.yaml'
  return `ask ${names.join(' or ')} to add it to \`access\` of config/notify.yaml`
}

function noSessions(): DaybreakError {
  return new DaybreakError('NOT_FOUND', 'this server makes no links that sign in; people sign in at their provider')
}
