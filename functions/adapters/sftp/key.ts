import ssh2, { type ParsedKey } from 'ssh2'
import { DaybreakError } from '../../errors.ts'
import { type SftpSettings, serverName } from './settings.ts'

/**
 * Reads the keys to log in with, in the order to offer them. A previous key that cannot be read is left out: it may have had
 * another passphrase.
 * @throws {DaybreakError} CONFIG_INVALID when the bytes are no private key, or the passphrase does not open it.
 */
export function readLoginKeys(settings: SftpSettings): readonly ParsedKey[] {
  const { previousKey } = settings
  const newest = readKey(settings)
  if (previousKey === undefined) return [newest]
  const previous = parse({ ...settings, privateKey: previousKey })
  return previous instanceof Error || !previous?.isPrivateKey() ? [newest] : [newest, withoutSha1(previous, settings)]
}

function readKey(settings: SftpSettings): ParsedKey {
  const key = parse(settings)
  if (key instanceof Error || !key?.isPrivateKey()) {
    const why = key instanceof Error ? key.message : 'it is not a private key'
    throw new DaybreakError(
      'CONFIG_INVALID',
      `cannot use the private key for ${serverName(settings)}: ${why}; expected an OpenSSH or PEM private key`,
    )
  }
  return withoutSha1(key, settings)
}

/** ssh2 gives a list for OpenSSH's own format, whatever its types say. */
function parse({ privateKey, passphrase }: SftpSettings): ParsedKey | Error | undefined {
  return [ssh2.utils.parseKey(Buffer.from(privateKey), passphrase)].flat()[0]
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
