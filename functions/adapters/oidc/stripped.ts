import { decodeProtectedHeader, errors, type JWTClaimVerificationOptions, type JWTPayload, UnsecuredJWT } from 'jose'

/** The text that Google's frontends put in place of a signature that they have checked. */
const REMOVED = 'SIGNATURE_REMOVED_BY_GOOGLE'

/** True for a token whose signature was taken away on its way here. */
export function isStripped(token: string): boolean {
  return token.split('.')[2] === REMOVED
}

/** The claims of such a token, judged like those of any other. Only where nothing unsigned can arrive. */
export async function readStripped(token: string, options: JWTClaimVerificationOptions): Promise<JWTPayload> {
  const { alg } = decodeProtectedHeader(token)
  if (alg !== 'RS256') throw new errors.JOSEAlgNotAllowed('only RS256')
  const [, payload = ''] = token.split('.')
  const header = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url')
  return UnsecuredJWT.decode(`${header}.${payload}.`, options).payload
}
