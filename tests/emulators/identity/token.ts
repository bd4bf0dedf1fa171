import { createSign } from 'node:crypto'
import type { SigningKey } from './keys.ts'

/** Claims of an ID token; times in seconds since 1970. What is undefined is left out of the token. */
export interface Claims {
  readonly aud?: string | undefined
  readonly email?: string | undefined
  readonly email_verified?: unknown
  readonly iss?: string | undefined
  readonly sub?: string | undefined
  readonly azp?: string | undefined
  readonly nonce?: string | undefined
  readonly groups?: readonly string[] | undefined
  readonly iat?: number | undefined
  readonly exp?: number | undefined
  readonly nbf?: number | undefined
}

/** How long a token of Google is valid, in seconds. */
export const LIFETIME = 3600

/** The claims Google gives the token of a service account: those that are not told are filled in. */
export function withDefaults(claims: Claims, { issuer, now }: { issuer: string; now: number }): Claims {
  const iat = Math.floor(now / 1000)
  const sub = '112233445566778899000'
  return { azp: sub, email_verified: true, exp: (claims.iat ?? iat) + LIFETIME, iat, iss: issuer, sub, ...claims }
}

/** One part of a token. */
export function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

/** Signs claims as Google does: RS256, and the key's name in the header. `header` adds to it or changes it. */
export function sign(claims: Claims, key: SigningKey, header: Readonly<Record<string, unknown>> = {}): string {
  const signed = `${encode({ alg: 'RS256', kid: key.kid, typ: 'JWT', ...header })}.${encode(claims)}`
  return `${signed}.${createSign('RSA-SHA256').update(signed).sign(key.privateKey, 'base64url')}`
}
