import { jwtVerify } from 'jose'
import { z } from 'zod'
import { DaybreakError } from '../../errors.ts'
import { explainToken, refusedToken } from './explain.ts'
import { createKeySet, type KeySetOptions } from './keys.ts'
import { isStripped, readStripped } from './stripped.ts'

/** Claims that a token must have, and the keys that sign it. */
interface VerifierOptions extends Pick<KeySetOptions, 'timeout' | 'maxBytes'> {
  /** Accepted values of `iss`. Google writes its own with and without `https://`. */
  readonly issuers: readonly string[]
  readonly jwksUrl: string
  /** The one accepted value of `aud`. */
  readonly audience: string
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Who checks signatures; `platform` also takes tokens without, which Cloud Run has checked and cut. Default: `verify`. */
  readonly signatures?: 'verify' | 'platform'
}

/** Who sent a request. */
export interface Identity {
  readonly email: string
}

/**
 * Proves an ID token and gives the e-mail in it, if it is one of those that are allowed.
 * @throws {DaybreakError} UNAUTHENTICATED, FORBIDDEN, IDENTITY_UNAVAILABLE. Their messages hold nothing of the token.
 */
type Verify = (token: string, allowed: readonly string[]) => Promise<Identity>

const LONGEST_TOKEN = 8_192
// Seconds. Tokens of Google are valid for an hour, and clocks differ.
const LONGEST_LIFE = 3_900
const TOLERANCE = 30

const Claims = z.object({ email: z.string().min(3), email_verified: z.literal(true), sub: z.string().min(1) })

/** Verifies tokens of one issuer for one audience. Nothing is optional: a claim that is absent is a claim that is false. */
export function openTokenVerifier(options: VerifierOptions): Verify {
  const { issuers, jwksUrl, audience, now, timeout, maxBytes, signatures = 'verify' } = options
  const keys = createKeySet({ url: jwksUrl, ...(timeout && { timeout }), ...(maxBytes && { maxBytes }) })
  return async (token, allowed) => {
    if (token.length > LONGEST_TOKEN) throw refusedToken('it is too long')
    if (isStripped(token) && signatures === 'verify') throw refusedToken(STRIPPED)
    const demanded = {
      issuer: [...issuers],
      audience,
      requiredClaims: ['exp', 'iat', 'email', 'email_verified', 'sub'],
      maxTokenAge: LONGEST_LIFE,
      clockTolerance: TOLERANCE,
      currentDate: new Date(now()),
    }
    const payload = await (isStripped(token)
      ? readStripped(token, demanded)
      : jwtVerify(token, keys, { ...demanded, algorithms: ['RS256'] }).then((verified) => verified.payload)
    ).catch(explainToken)
    // An audience may also be a list; one that names others as well was not made for us alone.
    if (payload.aud !== audience) throw refusedToken('its audience is another')
    const claims = Claims.safeParse(payload)
    if (!claims.success) throw refusedToken('its e-mail is not verified')
    const { email } = claims.data
    if (!allowed.includes(email))
      throw new DaybreakError('FORBIDDEN', 'the account of the token is not one that may do this')
    return { email }
  }
}

const STRIPPED =
  'its signature was removed on its way here; where Cloud Run has checked it, set `http.signatures: platform`'
