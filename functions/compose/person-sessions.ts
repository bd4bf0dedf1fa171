import { z } from 'zod'
import type { Grant, Identity } from '../access/people.ts'
import { type Begun, beginSignIn, type CodeFlow, changeCode, signInUrl } from '../adapters/oidc/code-flow.ts'
import { createSealer, type Sealer } from '../adapters/oidc/sealed.ts'
import type { AuthConfig } from '../config/auth-config.ts'
import type { SecretReader } from '../config/secret.ts'
import { DaybreakError } from '../errors.ts'
import { isEqual } from '../http/guard.ts'

type OidcAuth = Extract<AuthConfig, { readonly kind: 'oidc' }>
type Headers = Readonly<Record<string, string | string[] | undefined>>

/** A person who signed in, and what writes of the session have to carry. */
export interface PersonSession {
  readonly identity: Identity
  readonly csrf: string
}

/** Sessions of people who signed in at a provider. The browser keeps them, sealed, so each instance of a service knows them. */
export interface PersonSessions {
  /** Begins a sign-in that leads to a path of this site. */
  begin(to: string): Promise<{ readonly url: string; readonly cookie: string }>
  /** Ends one. @throws {DaybreakError} UNAUTHENTICATED, CONFIG_INVALID, IDENTITY_UNAVAILABLE. */
  finish(sent: URLSearchParams, cookies: string): Promise<Finished>
  /** The session of a request; null without one, or when it is over. */
  find(headers: Headers): Promise<PersonSession | null>
  /** The cookie that ends the session of a browser. */
  leave(): string
}

interface Finished {
  readonly identity: Identity
  readonly to: string
  readonly cookies: readonly string[]
}

interface SessionPorts {
  readonly secrets: SecretReader
  readonly now: () => number
  /** Verifies an ID token, and that it was made for this sign-in. */
  readonly verify: (token: string, nonce: string) => Promise<Identity>
  readonly grants: () => Promise<readonly Grant[]>
}

const SIGN_IN_LIFE = 10 * 60_000
const SESSION_LIFE = 12 * 3_600_000
// A rotated key is used after so long, without a restart.
const FRESH = 300_000
// A cookie has at most 4,096 bytes.
const MOST_GROUPS = 20

const Pending = z.object({ state: z.string(), nonce: z.string(), verifier: z.string(), to: z.string() })
const Kept = z.object({
  identity: z.object({ email: z.string(), domain: z.string().nullable(), groups: z.array(z.string()) }),
  csrf: z.string(),
})

/** The sessions of an environment; null where its `auth` has no `sign_in`. */
export function openPersonSessions(auth: OidcAuth, ports: SessionPorts): PersonSessions | null {
  const { signIn } = auth
  if (signIn === undefined) return null
  const { verify, grants, secrets } = ports
  const { clientSecret } = signIn
  const flow: CodeFlow = {
    ...{ ...signIn, clientId: auth.audience },
    clientSecret: clientSecret === undefined ? null : async () => textOf(await secrets.read(clientSecret)),
  }
  const sealers = freshSealers(signIn.sessionKey, ports)
  const cookies = cookiesOf(signIn.redirectUrl)
  return {
    async begin(to) {
      const begun = beginSignIn()
      const sealed = await (await sealers()).signIn.seal({ ...begun, to }, SIGN_IN_LIFE)
      // Lax: the provider leads back from another site.
      return { url: signInUrl(begun, flow), cookie: cookies.text('signIn', sealed, SIGN_IN_LIFE / 1000) }
    },
    async finish(sent, header) {
      const { signIn: sealer, session } = await sealers()
      const pending = Pending.safeParse(await opened(sealer, cookies.read('signIn', header)))
      if (!pending.success)
        throw refused('this browser began no sign-in within ten minutes, or began another one since')
      const code = codeOf(sent, pending.data, auth.issuer)
      const verified = await verify(await changeCode(code, pending.data, flow), pending.data.nonce)
      const identity = { ...verified, groups: countedGroups(verified, await grants()) }
      const sealed = await session.seal({ identity, csrf: beginSignIn().state }, SESSION_LIFE)
      return {
        ...{ identity, to: pending.data.to },
        cookies: [cookies.text('session', sealed, SESSION_LIFE / 1000), cookies.text('signIn', '', 0)],
      }
    },
    async find({ cookie }) {
      const text = cookies.read('session', typeof cookie === 'string' ? cookie : '')
      if (text === null) return null
      const kept = Kept.safeParse(await opened((await sealers()).session, text))
      return kept.success ? kept.data : null
    },
    leave: () => cookies.text('session', '', 0),
  }
}

interface Sealers {
  readonly signIn: Sealer
  readonly session: Sealer
}

/** Sealers of the newest key and of the one before it. */
function freshSealers(reference: string, { secrets, now }: SessionPorts): () => Promise<Sealers> {
  let kept: { readonly at: number; readonly sealers: Promise<Sealers> } | null = null
  return async () => {
    if (kept !== null && now() - kept.at < FRESH) return await kept.sealers
    const opening = secrets.active(reference).then((active) => sealersOf(active, now))
    kept = { at: now(), sealers: opening }
    // A failure must not be kept.
    opening.catch(() => {
      kept = null
    })
    return await opening
  }
}

function sealersOf(secrets: readonly Uint8Array[], now: () => number): Sealers {
  return {
    signIn: createSealer({ secrets, purpose: 'sign-in', now }),
    session: createSealer({ secrets, purpose: 'session', now }),
  }
}

async function opened(sealer: Sealer, text: string | null): Promise<unknown> {
  return text === null ? null : await sealer.open(text)
}

/** The code of a callback that belongs to the sign-in of this browser. @throws {DaybreakError} UNAUTHENTICATED. */
function codeOf(sent: URLSearchParams, { state }: Begun, issuer: string): string {
  const one = (name: string) => {
    const [value, ...more] = sent.getAll(name)
    if (more.length > 0) throw refused(`the address has ${name} twice`)
    return value ?? null
  }
  if (!isEqual(one('state') ?? '', state)) throw refused('its state is not that of the sign-in that this browser began')
  // RFC 9207: a provider that names itself must be the one that was asked.
  const named = one('iss')
  if (named !== null && named !== issuer) throw refused('another provider sent it')
  const error = one('error')
  if (error !== null) throw refused(`the provider said ${/^[a-z_]{1,40}$/.test(error) ? error : 'no'}`)
  const code = one('code')
  if (code === null || code === '' || code.length > 4_096) throw refused('the provider sent no code')
  return code
}

/** Pure: groups that some grant names. Others say nothing here, and would make the cookie too long. */
function countedGroups({ groups }: Identity, grants: readonly Grant[]): readonly string[] {
  const named = new Set(grants.flatMap(({ who }) => (who.kind === 'group' ? [who.name.toLowerCase()] : [])))
  return groups.filter((group) => named.has(group.toLowerCase())).slice(0, MOST_GROUPS)
}

const NAMES = { session: 'daybreak', signIn: 'daybreak-sign-in' } as const
const SAME_SITE = { session: 'Strict', signIn: 'Lax' } as const

/** Cookies of a site. Only over https can their names bind them to the one host, which other hosts of its domain cannot set. */
function cookiesOf(redirectUrl: string) {
  const isSecure = new URL(redirectUrl).protocol === 'https:'
  const nameOf = (kind: keyof typeof NAMES) => `${isSecure ? '__Host-' : ''}${NAMES[kind]}`
  return {
    text(kind: keyof typeof NAMES, value: string, seconds: number): string {
      const secure = isSecure ? '; Secure' : ''
      return `${nameOf(kind)}=${value}; Path=/; HttpOnly; SameSite=${SAME_SITE[kind]}; Max-Age=${seconds}${secure}`
    },
    read(kind: keyof typeof NAMES, header: string): string | null {
      const pairs = header.split(';').map((pair) => pair.trim())
      const found = pairs.find((pair) => pair.startsWith(`${nameOf(kind)}=`))
      return found?.slice(nameOf(kind).length + 1) || null
    },
  }
}

function refused(why: string): DaybreakError {
  return new DaybreakError('UNAUTHENTICATED', `the sign-in is not accepted: ${why}`)
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
