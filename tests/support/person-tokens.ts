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
  /** Tokens wrong in their signature or shape. */
  forgeries(claims: Claims): readonly (readonly [string, string])[]
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
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: published }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const token = (claims: Claims) => es256({ alg: 'ES256', kid: 'ec' }, claims, own.privateKey)
  const pem = own.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const hmac = (claims: Claims, secret: string) => {
    const text = unsigned({ alg: 'HS256', kid: 'ec' }, claims)
    return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
  }
  return {
    keys: `http://127.0.0.1:${port}/keys`,
    token,
    rsa: (claims) => rs256(claims, rsa.privateKey),
    forgeries(claims) {
      const right = token(claims)
      const [header = '', payload = '', signature = ''] = right.split('.')
      const changed = Buffer.from(JSON.stringify({ ...claims, email: 'root@example.com' })).toString('base64url')
      return [
        ['algorithm none', `${unsigned({ alg: 'none' }, claims)}.`],
        ['algorithm none with a signature', `${unsigned({ alg: 'none', kid: 'ec' }, claims)}.${signature}`],
        ['HS256 with the public key as the secret', hmac(claims, pem)],
        ['HS256 with the published key as the secret', hmac(claims, JSON.stringify(published[0]))],
        ['a key that was never published', es256({ alg: 'ES256', kid: 'ec' }, claims, stranger.privateKey)],
        [
          'a key that it brings along',
          es256({ alg: 'ES256', jwk: stranger.publicKey.export({ format: 'jwk' }) }, claims, stranger.privateKey),
        ],
        ['another algorithm in the header', `${unsigned({ alg: 'RS256', kid: 'ec' }, claims)}.${signature}`],
        ['a changed payload', `${header}.${changed}.${signature}`],
        ['no signature', `${header}.${payload}.`],
        ['no token', 'a.b.c'],
      ]
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
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
