import { type JWTPayload, jwtVerify } from 'jose'
import { z } from 'zod'
import type { Identity } from '../../access/people.ts'
import { explainToken, refusedToken } from './explain.ts'
import { createKeySet, type KeySetOptions } from './keys.ts'

/** An issuer of tokens of people, and what its tokens must say. */
export interface PersonIssuer extends Pick<KeySetOptions, 'timeout' | 'maxBytes'> {
  readonly kind: 'iap' | 'oidc'
  readonly issuer: string
  readonly keys: string
  /** The one accepted value of `aud`. */
  readonly audience: string
  /** Milliseconds since 1970. */
  readonly now: () => number
}

const LONGEST_TOKEN = 16_384
const TOLERANCE = 30

/** Seconds that a token may live, and the algorithms of its signature. Others are refused, also with a published key. */
const KINDS = {
  iap: { life: 600, algorithms: ['ES256'], email: z.object({ email: z.string().min(3).max(320) }) },
  oidc: {
    life: 86_400,
    algorithms: ['ES256', 'RS256'],
    email: z.object({ email: z.string().min(3).max(320), email_verified: z.literal(true) }),
  },
} as const

const Times = z.object({ iat: z.number(), exp: z.number() })
const Organisation = z.object({ hd: z.string().min(1) })
const SignedIn = z.object({ nonce: z.string(), azp: z.string().optional() })
const Groups = z.object({ groups: z.array(z.string().min(1).max(320)).max(1_000) })

/**
 * Verifies tokens of people: those of Identity-Aware Proxy, or of another OpenID provider.
 * A token of a sign-in must carry its nonce, and be for this client alone.
 * @throws {DaybreakError} UNAUTHENTICATED, IDENTITY_UNAVAILABLE. Their messages hold nothing of the token.
 */
export function openPersonVerifier(options: PersonIssuer): (token: string, nonce?: string) => Promise<Identity> {
  const { kind, issuer, audience, now, keys: url, timeout, maxBytes } = options
  const { life, algorithms, email: Email } = KINDS[kind]
  const keys = createKeySet({ url, ...(timeout && { timeout }), ...(maxBytes && { maxBytes }) })
  return async (token, nonce) => {
    if (token.length > LONGEST_TOKEN) throw refusedToken('it is too long')
    const demanded = {
      ...{ issuer, audience, algorithms: [...algorithms] },
      requiredClaims: ['exp', 'iat', 'sub', 'email'],
      maxTokenAge: life,
      clockTolerance: TOLERANCE,
      currentDate: new Date(now()),
    }
    const { payload } = await jwtVerify(token, keys, demanded).catch(explainToken)
    if (payload.aud !== audience) throw refusedToken('its audience is another')
    if (nonce !== undefined) expectOwnSignIn(payload, { nonce, audience })
    const times = Times.safeParse(payload)
    if (!times.success || times.data.exp - times.data.iat > life) throw refusedToken(`it lives longer than ${life} s`)
    const found = Email.safeParse(payload)
    if (!found.success) throw refusedToken('its e-mail is not verified')
    const { email } = found.data
    return { email, domain: domainOf(payload, kind, email), groups: groupsOf(payload) }
  }
}

function expectOwnSignIn(payload: JWTPayload, own: { readonly nonce: string; readonly audience: string }): void {
  const { success, data } = SignedIn.safeParse(payload)
  if (!success || data.nonce !== own.nonce) throw refusedToken('it is of another sign-in')
  if (data.azp !== undefined && data.azp !== own.audience) throw refusedToken('it was made for another client')
}

/** Organisation of an account. A private account of Google may have an address of any domain, so there only `hd` vouches for one. */
function domainOf(payload: JWTPayload, kind: PersonIssuer['kind'], email: string): string | null {
  const { success, data } = Organisation.safeParse(payload)
  if (success) return data.hd
  return kind === 'iap' || payload.iss === 'https://accounts.google.com' ? null : (email.split('@').at(-1) ?? null)
}

function groupsOf(payload: JWTPayload): readonly string[] {
  const { success, data } = Groups.safeParse(payload)
  return success ? data.groups : []
}
