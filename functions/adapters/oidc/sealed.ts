import { hkdfSync } from 'node:crypto'
import { EncryptJWT, jwtDecrypt } from 'jose'
import { DaybreakError } from '../../errors.ts'

/** Values that a browser keeps and can neither read nor change. */
export interface Sealer {
  /** The value as text, good for `life` milliseconds. */
  seal(value: unknown, life: number): Promise<string>
  /** The value; null for a text that is over or changed, or that another key or another purpose made. */
  open(text: string): Promise<unknown>
}

/** Keys, purpose and clock of a sealer. */
interface SealerOptions {
  /** Secrets of at least 32 bytes, the newest first: it seals, and each of them opens. */
  readonly secrets: readonly Uint8Array[]
  /** A text that was sealed for one purpose opens for no other. */
  readonly purpose: string
  /** Milliseconds since 1970. */
  readonly now: () => number
}

const LEAST_BYTES = 32
const LONGEST = 4_096

/** Seals by AES-256-GCM with keys derived from the secrets. @throws {DaybreakError} CONFIG_INVALID for a secret that is too short. */
export function createSealer({ secrets, purpose, now }: SealerOptions): Sealer {
  const keys = secrets.map((secret) => keyOf(secret, purpose))
  const [newest] = keys
  if (!newest) throw new DaybreakError('CONFIG_MISSING', 'there is no key that seals sessions')
  return {
    seal: (value, life) =>
      new EncryptJWT({ value })
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
        .setAudience(purpose)
        .setExpirationTime(Math.floor((now() + life) / 1000))
        .encrypt(newest),
    async open(text) {
      if (text.length > LONGEST) return null
      const demanded = {
        ...{ audience: purpose, requiredClaims: ['exp'], currentDate: new Date(now()) },
        ...{ keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] },
      }
      for (const key of keys) {
        const opened = await jwtDecrypt(text, key, demanded).catch(() => null)
        if (opened) return opened.payload['value'] ?? null
      }
      return null
    },
  }
}

function keyOf(secret: Uint8Array, purpose: string): Uint8Array {
  if (secret.length >= LEAST_BYTES) return new Uint8Array(hkdfSync('sha256', secret, '', `daybreak ${purpose}`, 32))
  const message = `the key that seals sessions has ${secret.length} bytes; expected at least ${LEAST_BYTES}, as \`openssl rand -base64 48\` makes them`
  throw new DaybreakError('CONFIG_INVALID', message)
}
