import { createPrivateKey, type KeyObject } from 'node:crypto'

/** Named curves that SSH knows. */
const CURVES: readonly string[] = ['prime256v1', 'secp384r1', 'secp521r1']

/** A text that ssh2 can read, or why there is none. */
type Converted = { readonly text: string } | { readonly problem: string }

/** True for the format that OpenSSL, Terraform and most libraries write by default, which ssh2 does not read. */
export function isPkcs8(text: string): boolean {
  return /-----BEGIN (ENCRYPTED )?PRIVATE KEY-----/.test(text)
}

/** Converts a PKCS#8 key to a format that ssh2 reads. */
export function convertPkcs8(text: string, passphrase: string | undefined): Converted {
  const isLocked = text.includes('BEGIN ENCRYPTED')
  if (isLocked && passphrase === undefined) return { problem: 'it is encrypted, and the source has no `passphrase`' }
  try {
    return convert(createPrivateKey({ key: text, ...(isLocked && { passphrase }) }))
  } catch {
    // OpenSSL's own sentence names its routines, and helps no operator.
    return { problem: isLocked ? 'its passphrase does not open it, or it is damaged' : 'it is damaged' }
  }
}

function convert(key: KeyObject): Converted {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  if (type === 'ed25519') return { text: toOpenSsh(key) }
  if (type === 'rsa') return { text: key.export({ type: 'pkcs1', format: 'pem' }).toString() }
  if (type === 'ec' && CURVES.includes(details?.namedCurve ?? ''))
    return { text: key.export({ type: 'sec1', format: 'pem' }).toString() }
  const named = type === 'ec' ? `${type} ${details?.namedCurve}` : type
  return { problem: `it is of the type ${named}; expected ed25519, RSA, or EC on P-256, P-384 or P-521` }
}

function toOpenSsh(key: KeyObject): string {
  const { d = '', x = '' } = key.export({ format: 'jwk' })
  const [secret, open] = [Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url')]
  const name = string('ssh-ed25519')
  const half = Buffer.concat([name, string(open)])
  // Two equal numbers show a reader that it decrypted well; nothing is encrypted here.
  const check = Buffer.alloc(8, 1)
  const inner = Buffer.concat([check, half, string(Buffer.concat([secret, open])), string('')])
  const padding = Buffer.from(Array.from({ length: (8 - (inner.length % 8)) % 8 }, (_, index) => index + 1))
  const count = Buffer.from([0, 0, 0, 1])
  const blob = Buffer.concat([
    ...[Buffer.from('openssh-key-v1\0'), string('none'), string('none'), string(''), count],
    ...[string(half), string(Buffer.concat([inner, padding]))],
  ])
  const lines = blob.toString('base64').match(/.{1,70}/g) ?? []
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n')
}

/** A length of four bytes and the bytes, as SSH writes them. */
function string(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}
