import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from 'jose'
import { DaybreakError } from '../../errors.ts'
import { limited } from './limited.ts'

/** Address and limits of a key set. */
export interface KeySetOptions {
  /** Where the issuer publishes its keys. */
  readonly url: string
  /** Milliseconds that fetching them may take. */
  readonly timeout?: number
  /** A larger answer is not read. Google's is 2 KB. */
  readonly maxBytes?: number
}

// Forged tokens name keys that do not exist; they must not make us ask for keys more often than this.
const COOLDOWN = 30_000
const MAX_AGE = 600_000

/**
 * The keys of an issuer, fetched when first needed, kept for ten minutes, and again when a token names an unknown one.
 * Throws IDENTITY_UNAVAILABLE when they cannot be had: that says nothing about the token.
 */
export function createKeySet({ url, timeout = 5_000, maxBytes = 65_536 }: KeySetOptions): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(new URL(url), {
    timeoutDuration: timeout,
    cooldownDuration: COOLDOWN,
    cacheMaxAge: MAX_AGE,
    [customFetch]: async (address, init) => limited(await fetch(address, init), maxBytes),
  })
  return async (header, token) => {
    try {
      return await keys(header, token)
    } catch (error) {
      if (isAboutToken(error)) throw error
      const why = error instanceof Error ? error.message : String(error)
      throw new DaybreakError('IDENTITY_UNAVAILABLE', `the keys of ${url} could not be fetched: ${why}`, {
        cause: error,
      })
    }
  }
}

function isAboutToken(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  )
}
