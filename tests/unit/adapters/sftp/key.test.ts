import { generateKeyPairSync } from 'node:crypto'
import ssh2 from 'ssh2'
import { describe, expect, it } from 'vitest'
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

it('a public key, a locked key without its passphrase, and no key at all are errors of the secret', () => {
  const { publicKey } = makeKeyPair('k')
  const locked = ssh2.utils.generateKeyPairSync('rsa', { bits: 2048, passphrase: 'p', cipher: 'aes256-ctr', rounds: 1 })
  for (const text of [publicKey, locked.private, 'nothing', '']) {
    expect(() => readLoginKeys(settings(text))).toThrow(expect.objectContaining({ code: 'SECRET_INVALID' }))
  }
  expect(readLoginKeys(settings(locked.private, 'p'))[0]?.isPrivateKey()).toBe(true)
})

describe('a private key', () => {
  const pkcs8 = { format: 'pem', type: 'pkcs8' } as const
  const spki = { format: 'pem', type: 'spki' } as const
  const locked = { ...pkcs8, cipher: 'aes-256-cbc', passphrase: 'p' } as const
  const make = (type: 'rsa' | 'ed25519' | 'ec', namedCurve: string) => {
    if (type === 'rsa') return generateKeyPairSync('rsa', { modulusLength: 2048 })
    return type === 'ec' ? generateKeyPairSync('ec', { namedCurve }) : generateKeyPairSync('ed25519')
  }
  const pair = (
    type: 'rsa' | 'ed25519' | 'ec',
    encoding: typeof pkcs8 | typeof locked = pkcs8,
    namedCurve = 'P-256',
  ) => {
    const { privateKey, publicKey } = make(type, namedCurve)
    return { privateKey: privateKey.export(encoding).toString(), publicKey: publicKey.export(spki).toString() }
  }
  const problemOf = (text: string, passphrase?: string) => {
    try {
      readLoginKeys(settings(text, passphrase))
    } catch (error) {
      return String(error)
    }
    return 'none'
  }

  it.each([
    ['ed25519', pair('ed25519').privateKey, 'ssh-ed25519'],
    ['RSA', pair('rsa').privateKey, 'ssh-rsa'],
    ['P-256', pair('ec').privateKey, 'ecdsa-sha2-nistp256'],
    ['P-384', pair('ec', pkcs8, 'P-384').privateKey, 'ecdsa-sha2-nistp384'],
    ['locked ed25519', pair('ed25519', locked).privateKey, 'ssh-ed25519'],
    ['locked RSA', pair('rsa', locked).privateKey, 'ssh-rsa'],
  ])('is read in the format of OpenSSL and Terraform: %s', (_, text, type) => {
    const [key] = readLoginKeys(settings(text, 'p'))
    expect(key).toMatchObject({ type })
    expect(
      key!.verify(
        'data',
        key!.sign('data', type === 'ssh-rsa' ? 'sha256' : undefined),
        type === 'ssh-rsa' ? 'sha256' : undefined,
      ),
    ).toBe(true)
  })

  const written = {
    OpenSSH: makeKeyPair('k').privateKey,
    'PKCS#8': pair('ed25519').privateKey,
    PEM: ssh2.utils.generateKeyPairSync('rsa', { bits: 2048 }).private,
  }
  const marks: Readonly<Record<string, (text: string) => string>> = {
    'literal \\n': (text) => text.replaceAll('\n', '\\n'),
    'literal \\r\\n': (text) => text.replaceAll('\n', '\\r\\n'),
    CRLF: (text) => text.replaceAll('\n', '\r\n'),
    'quotes around it': (text) => `"${text}"`,
    'single quotes and blanks': (text) => ` '${text.trim()}' \n`,
    'quotes and literal \\n': (text) => JSON.stringify(text),
    'no end of the last line': (text) => text.trimEnd(),
    indentation: (text) => text.replaceAll(/^/gm, '    '),
    'one line with blanks': (text) => text.trimEnd().replaceAll('\n', ' '),
    'a byte order mark': (text) => `\uFEFF${text}`,
    base64: (text) => Buffer.from(text).toString('base64'),
    'attributes before it': (text) => `Bag Attributes\n    localKeyID: 01\n${text}`,
  }
  it.each(
    Object.entries(written).flatMap(([format, text]) =>
      Object.entries(marks).map(([name, mark]) => [format, name, mark(text)]),
    ),
  )('in the format %s survives %s', (_format, _name, text = '') => {
    expect(readLoginKeys(settings(text))).toHaveLength(1)
  })

  it.each<[string, string, string | undefined, RegExp]>([
    [
      'PPK 3',
      'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n',
      undefined,
      /PPK version 3\); convert it with `puttygen/,
    ],
    ['PPK 2', 'PuTTY-User-Key-File-2: ssh-ed25519\r\nEncryption: none\r\n', undefined, /PPK version 2\); convert it/],
    [
      'locked, without a passphrase',
      pair('ed25519', locked).privateKey,
      undefined,
      /encrypted, and the source has no `passphrase`/,
    ],
    ['locked, with another passphrase', pair('ed25519', locked).privateKey, 'q', /passphrase does not open it/],
    ['cut off', pair('rsa').privateKey.slice(0, 300), undefined, /cut off/],
    ['a certificate', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', undefined, /is a certificate/],
    ['a public key', pair('rsa').publicKey, undefined, /public key; the private one belongs here/],
    ['on another curve', pair('ec', pkcs8, 'secp256k1').privateKey, undefined, /ec secp256k1; expected/],
    ['a word', 'hunter2', undefined, /has no line -----BEGIN/],
  ])('is refused by name: %s', (_, text, passphrase, expected) => {
    expect(problemOf(text, passphrase)).toMatch(expected)
    expect(problemOf(text, passphrase)).not.toContain('hunter2')
  })
})
