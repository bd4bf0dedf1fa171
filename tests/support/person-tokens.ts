import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { createServer } from 'node:http'

/** Claims of a token. */
export type Claims = Readonly<Record<string, unknown>>

/** An issuer of tokens of people, with keys of its own behind a server of this machine. */
export interface PersonTokens {
  /** Where its keys are. */
  readonly keys: string
  /** A token of ES256, as Identity-Aware Proxy signs. */
  token(claims: Claims): string
  /** A token of RS256, with a key that is published as well. */
  rsa(claims: Claims): string
  /** Tokens wrong in their signature or shape. A header is added to that of each. */
  forgeries(claims: Claims, header?: Claims): readonly (readonly [string, string])[]
  /** Requests to addresses that a forged token named: a verifier that believes a token asks there. */
  lured(): number
  close(): Promise<void>
}

/** Starts the issuer on a free port. */
export async function startPersonTokens(): Promise<PersonTokens> {
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const published = [
    { ...own.publicKey.export({ format: 'jwk' }), kid: 'ec', alg: 'ES256', use: 'sig' },
    { ...rsa.publicKey.export({ format: 'jwk' }), kid: 'rsa', alg: 'RS256', use: 'sig' },
  ]
  let lured = 0
  const server = createServer(({ url }, response) => {
    if (url !== '/keys') lured++
    const strange = { ...stranger.publicKey.export({ format: 'jwk' }), kid: 'ec', alg: 'ES256', use: 'sig' }
    const keys = url === '/keys' ? published : [strange]
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const token = (claims: Claims) => es256({ alg: 'ES256', kid: 'ec' }, claims, own.privateKey)
  const pem = own.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  return {
    keys: `http://127.0.0.1:${port}/keys`,
    token,
    rsa: (claims) => rs256(claims, rsa.privateKey),
    lured: () => lured,
    forgeries: (claims, header = {}) =>
      forge({
        ...{ claims, header, stranger: stranger.privateKey, strange: stranger.publicKey.export({ format: 'jwk' }) },
        ...{ right: token(claims), secrets: [pem, JSON.stringify(published[0]), ''] },
        lure: `http://127.0.0.1:${port}`,
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

interface Forging {
  readonly claims: Claims
  readonly header: Claims
  readonly stranger: KeyObject
  /** The public key of the stranger. */
  readonly strange: Claims
  readonly right: string
  /** Texts that a verifier might take for the secret of an HMAC. */
  readonly secrets: readonly string[]
  /** Address of keys that are not those of the issuer. */
  readonly lure: string
}

/** Names of keys that lead a verifier to a file, an address, a table or a member of an object. */
const KEY_NAMES = [
  ...['../../../../dev/null', '/dev/null', 'file:///dev/null', '..\\..\\nul', 'ec\u0000', 'ec\n', ' ec', 'EC', ''],
  ...["ec' OR '1'='1", "x' UNION SELECT 'secret' --", '; ls', '$(id)', '{{7*7}}', '__proto__', 'constructor', '%65%63'],
  ...[['ec'], { toString: 'ec' }, 0, null, true, 'e'.repeat(2_000)],
] as const

function forge({ claims, header: more, stranger, strange, right, secrets, lure }: Forging) {
  const [header = '', payload = '', signature = ''] = right.split('.')
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const changed = encode({ ...claims, email: 'root@example.com', role: 'admin' })
  const signed = (head: Claims) => es256({ alg: 'ES256', kid: 'ec', ...more, ...head }, claims, stranger)
  const bare = (head: Claims, tail = '') => `${unsigned({ kid: 'ec', ...more, ...head }, claims)}.${tail}`
  const hmac = (alg: string, secret: string) => {
    const text = unsigned({ alg, kid: 'ec', ...more }, claims)
    return `${text}.${createHmac(alg.replace('HS', 'sha'), secret).update(text).digest('base64url')}`
  }
  return [
    ...['none', 'None', 'NONE', 'nOnE', '', 'es256', 'HS256', 'RS256', 'PS256', 'ES384', 'EdDSA', 'dir', null].map(
      (alg) => [`algorithm ${alg}, without a signature`, bare({ alg })] as const,
    ),
    ['algorithm none with a signature', bare({ alg: 'none' }, signature)],
    ['no algorithm', bare({}, signature)],
    ['algorithms in a list', bare({ alg: ['ES256'] }, signature)],
    ...['HS256', 'HS512'].flatMap((alg) =>
      secrets.map((secret, nth) => [`${alg} with public text ${nth} as the secret`, hmac(alg, secret)] as const),
    ),
    ['a key that was never published', signed({})],
    ...KEY_NAMES.map((kid) => [`the key name ${JSON.stringify(kid).slice(0, 40)}`, signed({ kid })] as const),
    ['a key that it brings along', signed({ kid: undefined, jwk: strange })],
    ['a key that it brings along under a published name', signed({ jwk: strange })],
    ['an address of keys', signed({ jku: `${lure}/lure` })],
    ['an address of a certificate', signed({ x5u: `${lure}/lure`, x5t: 'ec' })],
    ['a certificate', signed({ x5c: ['MIIB', 'MIIC'] })],
    ['an address of keys in the metadata of a cloud', signed({ jku: 'http://169.254.169.254/keys' })],
    ['a payload that is not encoded', signed({ b64: false, crit: ['b64'] })],
    ['an extension that must be understood', signed({ crit: ['exp'] })],
    ['a signature of zeros', bare({ alg: 'ES256' }, Buffer.alloc(64).toString('base64url'))],
    ['a signature in DER', bare({ alg: 'ES256' }, Buffer.from('3006020101020101', 'hex').toString('base64url'))],
    ['another algorithm in the header', bare({ alg: 'RS256' }, signature)],
    ['a changed payload', `${header}.${changed}.${signature}`],
    ['a header of another token', `${encode({ alg: 'ES256', kid: 'ec', ...more, x: 1 })}.${payload}.${signature}`],
    ['no signature', `${header}.${payload}.`],
    ['two tokens in one', `${header}.${payload}.${signature}.${payload}.${signature}`],
    ['no token', 'a.b.c'],
  ] as const
}

function unsigned(header: Claims, claims: Claims): string {
  return [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
}

function es256(header: Claims, claims: Claims, key: KeyObject): string {
  const text = unsigned(header, claims)
  return `${text}.${sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

function rs256(claims: Claims, key: KeyObject): string {
  const text = unsigned({ alg: 'RS256', kid: 'rsa' }, claims)
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`
}
