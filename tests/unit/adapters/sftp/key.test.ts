import ssh2 from 'ssh2'
import { expect, it } from 'vitest'
import { makeKeyPair } from '../../../../cli/dev/sftp-keys.ts'
import { readLoginKeys } from '../../../../functions/adapters/sftp/key.ts'

const settings = (privateKey: string, passphrase?: string) => ({
  host: 'h',
  port: 22,
  user: 'u',
  privateKey: Buffer.from(privateKey),
  passphrase,
  root: '/',
  minimumRate: 0,
  hostKeys: [],
  connections: 1,
  connectTimeout: 1,
  inactivityTimeout: 1,
  maxFileBytes: 1,
  attempts: 1,
})

it('an RSA key signs with SHA-256 and SHA-512, and never with SHA-1', () => {
  const pair = ssh2.utils.generateKeyPairSync('rsa', { bits: 2048 })
  const [key] = readLoginKeys(settings(pair.private))

  for (const algorithm of ['sha256', 'sha512']) {
    expect(key!.verify('data', key!.sign('data', algorithm), algorithm)).toBe(true)
  }
  expect(() => key!.sign('data', 'sha1')).toThrow(expect.objectContaining({ code: 'SOURCE_ALGORITHMS' }))
})

it('a public key, a locked key without its passphrase, and no key at all are errors of the configuration', () => {
  const { publicKey } = makeKeyPair('k')
  const locked = ssh2.utils.generateKeyPairSync('rsa', { bits: 2048, passphrase: 'p', cipher: 'aes256-ctr', rounds: 1 })
  for (const text of [publicKey, locked.private, 'nothing', '']) {
    expect(() => readLoginKeys(settings(text))).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  }
  expect(readLoginKeys(settings(locked.private, 'p'))[0]?.isPrivateKey()).toBe(true)
})
