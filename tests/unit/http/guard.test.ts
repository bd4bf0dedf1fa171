import { describe, expect, it } from 'vitest'
import { expectOwn, type Seen } from '../../../functions/http/guard.ts'

const TOKEN = 'a1'.repeat(32)
const PORT = 4747

interface Request extends Partial<Omit<Seen, 'headers'>> {
  /** Null takes a header away. */
  readonly headers?: Readonly<Record<string, string | null>>
  /** Headers that come once more. */
  readonly again?: readonly string[]
}

/** The code of the refusal; null when the request passes. */
function refusal({ headers = {}, again = [], ...rest }: Request): unknown {
  const own = { Host: `127.0.0.1:${PORT}`, 'Content-Type': 'application/json', Authorization: `Bearer ${TOKEN}` }
  const sent = Object.entries({ ...own, ...headers }).flatMap(([name, value]) => (value === null ? [] : [name, value]))
  const seen = { method: 'POST', target: '/tick', remoteAddress: '127.0.0.1', localPort: PORT, ...rest }
  try {
    expectOwn({ ...seen, headers: [...sent, ...again] }, TOKEN)
    return null
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error
  }
}

describe('a request of a program of this machine', () => {
  it.each([
    ['with the token', {}],
    ['by name', { headers: { Host: `localhost:${PORT}` } }],
    ['by name in capitals', { headers: { Host: `LOCALHOST:${PORT}` } }],
    ['by name with a dot at its end', { headers: { Host: `localhost.:${PORT}` } }],
    ['over IPv6', { headers: { Host: `[::1]:${PORT}` }, remoteAddress: '::1' }],
    ['over IPv6 written out', { headers: { Host: `[0:0:0:0:0:0:0:1]:${PORT}` }, remoteAddress: '::1' }],
    ['over mapped IPv4', { headers: { Host: `[::ffff:127.0.0.1]:${PORT}` }, remoteAddress: '::ffff:127.0.0.1' }],
    ['to another address of the loopback', { headers: { Host: `127.0.0.9:${PORT}` }, remoteAddress: '127.0.0.9' }],
    ['to port 80', { headers: { Host: 'localhost' }, localPort: 80 }],
    ['with a charset', { headers: { 'Content-Type': 'application/json; charset=UTF-8' } }],
    [
      'from a page of this server',
      { headers: { Origin: `http://127.0.0.1:${PORT}`, 'Sec-Fetch-Site': 'same-origin' } },
    ],
    ['that only reads, without a type', { method: 'GET', headers: { 'Content-Type': null } }],
  ] satisfies [string, Request][])('%s passes', (_, request) => {
    expect(refusal(request)).toBeNull()
  })

  it.each([
    ['without a token', { Authorization: null }],
    ['with another token', { Authorization: `Bearer ${'b2'.repeat(32)}` }],
    ['with a token that only begins right', { Authorization: `Bearer ${TOKEN}0` }],
    ['with an empty token', { Authorization: 'Bearer ' }],
    ['with another scheme', { Authorization: `Basic ${TOKEN}` }],
  ])('%s is not known', (_, headers) => {
    expect(refusal({ headers })).toBe('UNAUTHENTICATED')
    expect(refusal({ headers, method: 'GET' })).toBe('UNAUTHENTICATED')
  })
})

describe('a request that a page or a proxy brought', () => {
  it.each([
    ['no Host', { Host: null }],
    ['the Host of another site', { Host: 'evil.test' }],
    ['the Host of another site at this port', { Host: `evil.test:${PORT}` }],
    ['a Host that a DNS server may point here', { Host: `127.0.0.1.evil.test:${PORT}` }],
    ['a Host that begins right', { Host: `localhost.evil.test:${PORT}` }],
    ['a Host with a name before it', { Host: `evil.test@127.0.0.1:${PORT}` }],
    ['a Host with a path', { Host: `evil.test/127.0.0.1:${PORT}` }],
    ['the Host of a machine of the network', { Host: `192.168.1.7:${PORT}` }],
    ['the Host of all addresses', { Host: `0.0.0.0:${PORT}` }],
    ['the Host of another port', { Host: '127.0.0.1:8080' }],
    ['a Host without the port', { Host: '127.0.0.1' }],
    ['a foreign Origin', { Origin: 'https://evil.test' }],
    ['the Origin of another port', { Origin: 'http://127.0.0.1:3000' }],
    ['the Origin of another scheme', { Origin: `https://127.0.0.1:${PORT}` }],
    ['an Origin without a name', { Origin: 'null' }],
    ['an empty Origin', { Origin: '' }],
    ['a foreign Referer', { Referer: 'https://evil.test/page' }],
    ['a Referer that begins right', { Referer: `http://127.0.0.1:${PORT}.evil.test/` }],
    ['a browser that says cross-site', { 'Sec-Fetch-Site': 'cross-site' }],
    ['a browser that says same-site', { 'Sec-Fetch-Site': 'same-site' }],
    ['a forwarded address', { 'X-Forwarded-For': '203.0.113.9' }],
    ['a forwarded host', { 'x-forwarded-host': '127.0.0.1' }],
    ['a standard forwarded header', { Forwarded: 'for=203.0.113.9' }],
    ['a proxy', { Via: '1.1 proxy' }],
    ['an override of the method', { 'X-HTTP-Method-Override': 'POST' }],
    ['another override of the method', { 'x-method-override': 'DELETE' }],
  ])('with %s is refused at any method and token', (_, headers) => {
    for (const method of ['GET', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])
      expect(refusal({ headers, method })).toBe('REQUEST_FOREIGN')
  })

  it.each([
    ['no type', null],
    ['text', 'text/plain'],
    ['text that claims to be JSON', 'text/plain; application/json'],
    ['a form', 'application/x-www-form-urlencoded'],
    ['a form of parts', 'multipart/form-data; boundary=x'],
    ['JSON in another charset', 'application/json; charset=utf-16'],
    ['almost JSON', 'application/jsonx'],
  ])('with a body of %s is refused', (_, type) => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
      expect(refusal({ method, headers: { 'Content-Type': type } })).toBe('REQUEST_FOREIGN')
  })

  it.each(['10.0.0.2', '::2', 'fe80::1', '::ffff:10.0.0.2', '', '128.0.0.1'])(
    'from the address %j is refused',
    (remoteAddress) => {
      expect(refusal({ remoteAddress })).toBe('REQUEST_FOREIGN')
    },
  )

  it.each(['http://evil.test/tick', '//evil.test/tick', '*', 'evil.test:80'])('for %j is refused', (target) => {
    expect(refusal({ target })).toBe('REQUEST_FOREIGN')
  })

  it.each([
    ['Host', 'evil.test'],
    ['Origin', 'https://evil.test'],
    ['Content-Type', 'text/plain'],
  ])('with two headers %s is refused', (name, value) => {
    expect(refusal({ headers: { Origin: `http://127.0.0.1:${PORT}` }, again: [name, value] })).toBe('REQUEST_FOREIGN')
  })
})
