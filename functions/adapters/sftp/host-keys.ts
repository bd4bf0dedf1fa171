import { createHash } from 'node:crypto'
import { ALGORITHMS } from './algorithms.ts'

type HostKeyAlgorithm = (typeof ALGORITHMS.serverHostKey)[number]

/** A host key that is accepted, and its type where the pin tells it. */
export interface Pin {
  /** `SHA256:` and base64 without padding. */
  readonly fingerprint: string
  readonly type: string | null
}

/** Reads a pin: a fingerprint, or a public key as `ssh-keyscan` and `known_hosts` print it. */
export function readPin(text: string): Pin {
  const [, type, key] = /(?:^|\s)((?:ssh|ecdsa)-[\w-]+)\s+(AAAA[A-Za-z0-9+/]+=*)/.exec(text) ?? []
  if (type === undefined || key === undefined) return { fingerprint: text.replace(/=+$/, ''), type: null }
  return { fingerprint: fingerprint(Buffer.from(key, 'base64')), type }
}

/** `SHA256:` and base64 without padding, as OpenSSH prints it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}

/** The type that a host key names itself. */
export function keyType(key: Buffer): string {
  const length = key.length >= 4 ? key.readUInt32BE(0) : 0
  return key.subarray(4, 4 + Math.min(length, 40)).toString('latin1')
}

/** The type of key that an algorithm signs with. */
export function typeOf(algorithm: string): string {
  return algorithm.startsWith('rsa-sha2-') ? 'ssh-rsa' : algorithm
}

/**
 * Algorithms to ask the server for, so that it shows a key that is pinned if it has one. A fingerprint does not tell its type:
 * types that were shown and not pinned are left out, and the type that matched before comes first.
 */
export function hostKeyAlgorithms(
  pins: readonly Pin[],
  { refused, matched }: { readonly refused: ReadonlySet<string>; readonly matched: string | null },
): HostKeyAlgorithm[] {
  const known = pins.map(({ type }) => type)
  const possible = ALGORITHMS.serverHostKey.filter((algorithm) => {
    const type = typeOf(algorithm)
    return !refused.has(type) && (known.includes(null) || known.includes(type))
  })
  const rank = (algorithm: string) => (typeOf(algorithm) === matched ? 0 : known.includes(typeOf(algorithm)) ? 1 : 2)
  return possible.toSorted((a, b) => rank(a) - rank(b))
}
