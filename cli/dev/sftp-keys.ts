import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import ssh2, { type ParsedKey } from 'ssh2'

/** An ed25519 key pair in OpenSSH's format, and where its private half lies. */
interface KeyFile {
  readonly path: string
  readonly privateKey: string
  readonly publicKey: string
}

/** Private and public key, OpenSSH format. */
type KeyPair = Pick<KeyFile, 'privateKey' | 'publicKey'>

/**
 * A new ed25519 key pair in OpenSSH's format. ssh2 makes one in 256 that it cannot read itself: it drops a
 * leading zero byte. So each is tried before it is given out.
 */
export function makeKeyPair(comment: string): KeyPair {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment })
    const [privateKey, publicKey] = [parseKey(pair.private), parseKey(pair.public)]
    if (privateKey && publicKey?.verify(comment, privateKey.sign(comment)) === true) {
      return { privateKey: pair.private, publicKey: pair.public }
    }
  }
}

/** A private or public key from its text; null when it is none. */
export function parseKey(text: string): ParsedKey | null {
  const key = [ssh2.utils.parseKey(text)].flat()[0]
  return key === undefined || key instanceof Error ? null : key
}

/** Reads a key pair from a folder, or makes one on first use; the private half is for its owner only. */
export async function ensureKey(folder: string, name: string): Promise<KeyFile> {
  const path = join(folder, name)
  const existing = await readPair(path)
  if (existing) return existing
  const pair = makeKeyPair(`daybreak-${name}`)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeFile(`${path}.pub`, `${pair.publicKey}\n`)
  await writeFile(path, pair.privateKey, { mode: 0o600 })
  return { path, ...pair }
}

async function readPair(path: string): Promise<KeyFile | null> {
  try {
    const [privateKey, publicKey] = await Promise.all([readFile(path, 'utf8'), readFile(`${path}.pub`, 'utf8')])
    return { path, privateKey, publicKey: publicKey.trim() }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}
