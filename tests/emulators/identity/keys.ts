import { createHash, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'

/** A key of the issuer, with the name under which it is published. */
export interface SigningKey {
  readonly kid: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

/** A key as it stands in a JSON Web Key Set. */
export interface PublishedKey {
  readonly kid: string
  readonly kty: 'RSA'
  readonly alg: 'RS256'
  readonly use: 'sig'
  readonly n: string
  readonly e: string
}

const generate = promisify(generateKeyPair)

/** A new RSA key of 2048 bits, the size Google signs with, named by its content. */
export async function createKey(): Promise<SigningKey> {
  const { privateKey, publicKey } = await generate('rsa', { modulusLength: 2048 })
  const kid = createHash('sha1')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')
  return { kid, privateKey, publicKey }
}

/** The public half, as the issuer shows it. */
export function publish({ kid, publicKey }: SigningKey): PublishedKey {
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' })
  return { kid, kty: 'RSA', alg: 'RS256', use: 'sig', n, e }
}
