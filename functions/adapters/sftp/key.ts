import ssh2, { type ParsedKey } from 'ssh2'
import { DaybreakError } from '../../errors.ts'
import { type SftpSettings, serverName } from './config.ts'
import { cleanKeyText, describeKeyText } from './key-text.ts'
import { convertPkcs8, isPkcs8 } from './pkcs8.ts'

/**
 * Reads the keys to log in with, in the order to offer them; none for a login by password. A previous key that cannot be read
 * is left out: it may have had another passphrase.
 * @throws {DaybreakError} SECRET_INVALID when the bytes are no private key, or the passphrase does not open it.
 */
export function readLoginKeys(settings: SftpSettings): readonly ParsedKey[] {
  const { privateKey, previousKey } = settings
  if (privateKey === undefined) return []
  const newest = parse(privateKey, settings)
  if (typeof newest === 'string') {
    const expected = 'expected a private key in OpenSSH, PEM or PKCS#8 format'
    throw new DaybreakError(
      'SECRET_INVALID',
      `cannot use the private key for ${serverName(settings)}: ${newest}; ${expected}`,
    )
  }
  const previous = previousKey === undefined ? '' : parse(previousKey, settings)
  return (typeof previous === 'string' ? [newest] : [newest, previous]).map((key) => withoutSha1(key, settings))
}

/** The key, or why the bytes are none. */
function parse(bytes: Uint8Array, { passphrase }: Pick<SftpSettings, 'passphrase'>): ParsedKey | string {
  const text = cleanKeyText(bytes)
  const problem = describeKeyText(text)
  if (problem !== null) return problem
  const converted = isPkcs8(text) ? convertPkcs8(text, passphrase) : { text }
  if ('problem' in converted) return converted.problem
  // ssh2 gives a list for OpenSSH's own format, although its types do not say so.
  const key = [ssh2.utils.parseKey(converted.text, passphrase)].flat()[0]
  if (key && !(key instanceof Error))
    return key.isPrivateKey() ? key : 'it is a public key; the private one belongs here'
  return explainProblem(key?.message ?? 'it cannot be read', passphrase)
}

function explainProblem(message: string, passphrase: string | undefined): string {
  if (/no passphrase/i.test(message)) return 'it is encrypted, and the source has no `passphrase`'
  if (passphrase !== undefined && /passphrase|decrypt|integrity/i.test(message))
    return 'its passphrase does not open it, or it is damaged'
  return message
}

/**
 * To a server that does not say what it accepts, ssh2 signs with RSA and SHA-1. No setting forbids that, so the key does:
 * it throws when it is asked to, which ends the connection before anything signed with SHA-1 has left.
 */
function withoutSha1(key: ParsedKey, settings: SftpSettings): ParsedKey {
  const sign = key.sign.bind(key)
  key.sign = (data, algorithm) => {
    if (algorithm !== 'sha1') return sign(data, algorithm)
    throw new DaybreakError(
      'SOURCE_ALGORITHMS',
      `${serverName(settings)} takes an RSA key only with a signature of SHA-1 (ssh-rsa); expected rsa-sha2-256 or rsa-sha2-512, or use an ed25519 key`,
    )
  }
  return key
}
