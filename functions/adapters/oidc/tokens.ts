import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { calculateJwkThumbprint, createLocalJWKSet, decodeProtectedHeader, exportJWK, jwtVerify, SignJWT } from 'jose'
import { DaybreakError } from '../../errors.ts'
import { explainToken, refusedToken } from './explain.ts'

/** Keys, name and clock of an issuer of API tokens. */
export interface TokenOptions {
  /** Private keys in PEM (P-256), the newest first: it signs, and each of them proves. */
  readonly keys: readonly string[]
  /** Value of `iss` and `aud`. */
  readonly issuer: string
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** A token that is to be made. */
export interface TokenClaims {
  readonly id: string
  readonly subject: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/** Makes and proves API tokens. */
export interface TokenIssuer {
  sign(claims: TokenClaims): Promise<string>
  /** The id of a token, and whom it was made for. @throws {DaybreakError} UNAUTHENTICATED. */
  verify(token: string): Promise<{ readonly id: string; readonly subject: string }>
  /** The public keys, as `/.well-known/jwks.json` shows them. */
  publicKeys(): Promise<{ readonly keys: readonly Readonly<Record<string, unknown>>[] }>
}

const TYPE = 'daybreak+jwt'
const LONGEST_TOKEN = 4_096
const LONGEST_LIFE = 90 * 86_400
const TOLERANCE = 30

/** Pure: true for a token that says it is one of ours. Which verifier judges it follows from that, and nothing else. */
export function isOwnToken(token: string): boolean {
  try {
    return decodeProtectedHeader(token).typ === TYPE
  } catch {
    return false
  }
}

/** Opens the issuer of this environment. @throws {DaybreakError} CONFIG_INVALID for a key of another kind. */
export async function openTokenIssuer({ keys, issuer, now }: TokenOptions): Promise<TokenIssuer> {
  const pairs = await Promise.all(keys.map(readPair))
  const [newest] = pairs
  if (!newest) throw new DaybreakError('CONFIG_MISSING', 'there is no key that signs API tokens')
  const publicKeys = { keys: pairs.map(({ jwk }) => jwk) }
  const known = createLocalJWKSet(publicKeys)
  return {
    publicKeys: async () => publicKeys,
    sign: ({ id, subject, expiresAt }) =>
      new SignJWT()
        .setProtectedHeader({ alg: 'ES256', typ: TYPE, kid: newest.jwk.kid })
        .setIssuer(issuer)
        .setAudience(issuer)
        .setSubject(subject)
        .setJti(id)
        .setIssuedAt(Math.floor(now() / 1000))
        .setExpirationTime(Math.floor(expiresAt / 1000))
        .sign(newest.key),
    async verify(token) {
      if (token.length > LONGEST_TOKEN) throw refusedToken('it is too long')
      const { payload } = await jwtVerify(token, known, {
        ...{ issuer, audience: issuer, typ: TYPE, algorithms: ['ES256'] },
        requiredClaims: ['exp', 'iat', 'jti', 'sub'],
        maxTokenAge: LONGEST_LIFE,
        clockTolerance: TOLERANCE,
        currentDate: new Date(now()),
      }).catch(explainToken)
      const { jti, sub } = payload
      if (jti === undefined || sub === undefined) throw refusedToken('it has no name')
      return { id: jti, subject: sub }
    },
  }
}

async function readPair(pem: string) {
  const key = readKey(pem)
  const exported = await exportJWK(createPublicKey(key))
  const { kty, crv, x, y } = exported
  if (kty !== 'EC' || crv !== 'P-256' || x === undefined || y === undefined) throw invalidKey()
  const kid = await calculateJwkThumbprint(exported)
  return { key, jwk: { kty, crv, x, y, kid, alg: 'ES256', use: 'sig' } }
}

function readKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch {
    throw invalidKey()
  }
}

function invalidKey(): DaybreakError {
  const message =
    'the key that signs API tokens is no private key of the curve P-256; expected the output of `openssl ecparam -name prime256v1 -genkey -noout`'
  return new DaybreakError('CONFIG_INVALID', message)
}
