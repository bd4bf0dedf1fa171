import { errors } from 'jose'
import { DaybreakError } from '../../errors.ts'

/** The fault of a token, in our own words: errors of the library carry the claims they are about. */
export function explainToken(error: unknown): never {
  if (error instanceof DaybreakError) throw error
  if (error instanceof errors.JWTExpired) throw refusedToken('it is over')
  if (error instanceof errors.JWTClaimValidationFailed)
    throw refusedToken(`its claim ${claimName(error.claim)} is not as it must be`)
  if (error instanceof errors.JWSSignatureVerificationFailed) throw refusedToken('its signature is false')
  if (error instanceof errors.JWKSNoMatchingKey) throw refusedToken('no key of the issuer has the name it gives')
  throw refusedToken('it cannot be read')
}

function claimName(claim: string): string {
  return /^(iss|aud|exp|nbf|iat|sub|jti|email|email_verified)$/.test(claim) ? claim : 'of another kind'
}

/** A token that proves no one. */
export function refusedToken(why: string): DaybreakError {
  return new DaybreakError('UNAUTHENTICATED', `the token is not accepted: ${why}`)
}
