import { constants, createHmac, sign as signBytes } from 'node:crypto'
import { publish, type SigningKey } from './keys.ts'
import { type Claims, encode, LIFETIME, sign } from './token.ts'

/** A token that no verifier may accept. */
export interface Forgery {
  /** Fault of the token. */
  readonly name: string
  readonly token: string
}

interface Workshop {
  /** Claims that would be accepted. */
  readonly claims: Claims
  /** The key of the issuer that is in use. */
  readonly key: SigningKey
  /** A key that the issuer never published. */
  readonly stranger: SigningKey
  /** Seconds since 1970. */
  readonly now: number
}

// More than any tolerance for clocks that differ, and less than the life of a token.
const AHEAD = 600

/** Every way of making a false token out of right claims, each wrong in one thing only. */
export function forge(workshop: Workshop): readonly Forgery[] {
  return [...forgedKeys(workshop), ...forgedShapes(workshop), ...forgedClaims(workshop)]
}

function forgedKeys({ claims, key, stranger }: Workshop): readonly Forgery[] {
  const pem = key.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const theirs = { kid: key.kid }
  return [
    { name: 'algorithm none', token: `${encode({ alg: 'none', typ: 'JWT' })}.${encode(claims)}.` },
    { name: 'algorithm none, with a signature', token: withHeader(sign(claims, key), { alg: 'none', kid: key.kid }) },
    { name: 'HS256 with the public key (PEM) as the secret', token: hmac(claims, { kid: key.kid, secret: pem }) },
    {
      name: 'HS256 with the public key (JWK) as the secret',
      token: hmac(claims, { kid: key.kid, secret: JSON.stringify(publish(key)) }),
    },
    { name: 'PS256 with the right key', token: pss(claims, key) },
    { name: 'a key name that was never published', token: sign(claims, key, { kid: 'never-published' }) },
    { name: 'an unknown key with a name of its own', token: sign(claims, stranger) },
    { name: 'an unknown key under a published name', token: sign(claims, stranger, theirs) },
    {
      name: 'an unknown key that the token brings along',
      token: sign(claims, stranger, { ...theirs, jwk: publish(stranger) }),
    },
    {
      name: 'an unknown key, and an address of keys',
      token: sign(claims, stranger, { jku: 'https://evil.example/certs' }),
    },
  ]
}

function forgedShapes({ claims, key }: Workshop): readonly Forgery[] {
  const right = sign(claims, key)
  const [header = '', payload = '', signature = ''] = right.split('.')
  const other = sign({ ...claims, sub: 'another' }, key).split('.')[2]
  return [
    { name: 'a changed payload', token: `${header}.${encode({ ...claims, sub: 'intruder' })}.${signature}` },
    { name: 'two parts', token: `${header}.${payload}` },
    { name: 'an empty signature', token: `${header}.${payload}.` },
    { name: 'the signature of another token', token: `${header}.${payload}.${other}` },
    { name: 'a signature cut short', token: right.slice(0, -20) },
    {
      name: 'a payload that is not JSON',
      token: `${header}.${Buffer.from('not json').toString('base64url')}.${signature}`,
    },
    { name: 'an extension that must be understood', token: sign(claims, key, { crit: ['evil'], evil: true }) },
    { name: 'no token at all', token: 'aaaa.bbbb.cccc' },
  ]
}

function forgedClaims({ claims, key, now }: Workshop): readonly Forgery[] {
  const changes: Readonly<Record<string, Claims>> = {
    'another issuer': { iss: 'https://evil.example' },
    'an issuer that begins like the right one': { iss: `${claims.iss}.evil.example` },
    'no issuer': { iss: undefined },
    'another audience': { aud: 'https://evil.example' },
    'an audience that begins like the right one': { aud: `${claims.aud}/more` },
    'no audience': { aud: undefined },
    'another e-mail': { email: 'someone@evil.example' },
    'an e-mail that ends like the right one': { email: `not-${claims.email}` },
    'no e-mail': { email: undefined },
    'an e-mail that is not verified': { email_verified: false },
    'an e-mail that may or may not be verified': { email_verified: undefined },
    'an e-mail that is verified in words': { email_verified: 'true' },
    'a time that is over': { iat: now - 2 * LIFETIME, exp: now - LIFETIME },
    'no end': { exp: undefined },
    'a time to come': { nbf: now + AHEAD },
    'an issue in the future': { iat: now + AHEAD, exp: now + AHEAD + LIFETIME },
  }
  return Object.entries(changes).map(([name, change]) => ({ name, token: sign({ ...claims, ...change }, key) }))
}

function withHeader(token: string, header: Readonly<Record<string, unknown>>): string {
  return [encode({ typ: 'JWT', ...header }), ...token.split('.').slice(1)].join('.')
}

function hmac(claims: Claims, { kid, secret }: { kid: string; secret: string }): string {
  const signed = `${encode({ alg: 'HS256', kid, typ: 'JWT' })}.${encode(claims)}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

function pss(claims: Claims, { kid, privateKey }: SigningKey): string {
  const signed = `${encode({ alg: 'PS256', kid, typ: 'JWT' })}.${encode(claims)}`
  const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
  return `${signed}.${signBytes('sha256', Buffer.from(signed), { key: privateKey, ...padding }).toString('base64url')}`
}
