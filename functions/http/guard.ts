import { createHash, timingSafeEqual } from 'node:crypto'
import { DaybreakError } from '../errors.ts'

/** Parts of a request that the guard of a local server examines. It trusts no value that a page can set freely. */
export interface Seen {
  readonly method: string
  /** As it stands in the request line. */
  readonly target: string
  /** Names and values in turn, as they came. */
  readonly headers: readonly string[]
  /** Address of the sender, and port of this server. */
  readonly remoteAddress: string
  readonly localPort: number
}

// A page of another origin cannot send JSON without a preflight request. The second type is that of an event in one piece.
const JSON_TYPE = /^application\/(json|cloudevents\+json)\s*(;\s*charset="?utf-8"?\s*)?$/i
const SAFE: readonly string[] = ['GET', 'HEAD', 'OPTIONS']
const FORWARDED = /^(forwarded|via|x-forwarded-.*|x-real-ip|x-client-ip|true-client-ip|cf-connecting-ip)$/
const OVERRIDE = /^x-(http-)?method(-override)?$/
const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/

/**
 * Lets a request pass that a program of this machine sent to this server on purpose; refuses one that a page of another origin, another
 * name for this address (DNS rebinding), or a proxy brought here. Pure: the one guard of every server that one person runs.
 * @throws {DaybreakError} REQUEST_FOREIGN, UNAUTHENTICATED.
 */
export function expectOwn(seen: Seen, token: string): void {
  expectNative(seen)
  expectToken(seen.headers, token)
}

/**
 * The same without the token. `page` is for files that hold nothing of the project: a link on another page may lead to them.
 * @throws {DaybreakError} REQUEST_FOREIGN.
 */
export function expectNative(seen: Seen, kind: 'call' | 'page' = 'call'): void {
  const why = foreign(seen, byName(seen.headers), kind)
  if (why !== null) throw new DaybreakError('REQUEST_FOREIGN', why)
}

/**
 * Lets a request to a service pass that a page of this service or a program sent; refuses one that a page of another origin brought here.
 * Pure. The proxy in front of the service has checked the name that it was reached by.
 * @throws {DaybreakError} REQUEST_FOREIGN.
 */
export function expectSameSite({ method, headers: raw }: Pick<Seen, 'method' | 'headers'>): void {
  const why = crossSite(method, byName(raw))
  if (why !== null) throw new DaybreakError('REQUEST_FOREIGN', why)
}

function crossSite(method: string, headers: Headers): string | null {
  const one = (name: string) => headers.get(name)?.[0] ?? ''
  for (const name of ['host', 'origin', 'content-type'])
    if ((headers.get(name)?.length ?? 0) > 1) return `the request has the header ${name} twice`
  if ([...headers.keys()].some((name) => OVERRIDE.test(name))) return 'the request asks for another method than its own'
  const site = one('sec-fetch-site')
  if (site !== '' && site !== 'same-origin' && site !== 'none')
    return `the request comes from a page that is ${quoted(site)}`
  if (headers.has('origin') && URL.parse(one('origin'))?.host !== one('host'))
    return `the origin is ${quoted(one('origin'))}, not this server`
  if (!SAFE.includes(method) && !JSON_TYPE.test(one('content-type')))
    return `the content-type is ${quoted(one('content-type'))}, expected application/json`
  return null
}

/** Pure: true for headers with an `Authorization`. */
export function hasToken(headers: Seen['headers']): boolean {
  return byName(headers).has('authorization')
}

/** Wants the token of this machine. @throws {DaybreakError} UNAUTHENTICATED. */
export function expectToken(raw: Seen['headers'], token: string): void {
  const headers = byName(raw)
  const [authorization, ...more] = headers.get('authorization') ?? []
  const [, sent] = /^Bearer ([\x21-\x7e]{1,4096})$/i.exec(authorization ?? '') ?? []
  if (sent === undefined || more.length > 0)
    throw new DaybreakError('UNAUTHENTICATED', 'the request carries no `Authorization: Bearer TOKEN`')
  if (!isEqual(sent, token))
    throw new DaybreakError('UNAUTHENTICATED', 'the token is not that of the file `token` in DAYBREAK_HOME')
}

type Headers = ReadonlyMap<string, readonly string[]>

function foreign(
  { method, target, remoteAddress, localPort }: Seen,
  headers: Headers,
  kind: 'call' | 'page',
): string | null {
  const one = (name: string) => headers.get(name)?.[0] ?? ''
  const names = [...headers.keys()]
  if (!LOOPBACK.test(remoteAddress)) return 'the request comes from another machine'
  if (names.some((name) => FORWARDED.test(name))) return 'the request was forwarded'
  if (names.some((name) => OVERRIDE.test(name))) return 'the request asks for another method than its own'
  if (!target.startsWith('/') || target.startsWith('//')) return 'the request names a server in its path'
  for (const name of ['host', 'origin', 'referer', 'content-type'])
    if ((headers.get(name)?.length ?? 0) > 1) return `the request has the header ${name} twice`
  if (!isOwnHost(one('host'), localPort)) return `the Host is ${quoted(one('host'))}, expected 127.0.0.1:${localPort}`
  if (kind === 'page' && SAFE.includes(method)) return null
  for (const name of ['origin', 'referer'])
    if (headers.has(name) && !isOwnUrl(one(name), localPort))
      return `the ${name} is ${quoted(one(name))}, not this server`
  const site = one('sec-fetch-site')
  if (site !== '' && site !== 'same-origin' && site !== 'none')
    return `the request comes from a page that is ${quoted(site)}`
  if (!SAFE.includes(method) && !JSON_TYPE.test(one('content-type')))
    return `the content-type is ${quoted(one('content-type'))}, expected application/json`
  return null
}

/** A name of the loopback that no DNS server answers for, with the port of this server. */
function isOwnHost(host: string, port: number): boolean {
  if (!/^[A-Za-z0-9.:[\]]{1,100}$/.test(host)) return false
  return isOwnUrl(`http://${host}`, port)
}

function isOwnUrl(text: string, port: number): boolean {
  const url = URL.parse(text)
  if (url === null || url.protocol !== 'http:' || url.username !== '' || url.password !== '') return false
  const name = url.hostname.replace(/\.$/, '').replace(/^\[|\]$/g, '')
  const isLocal =
    name === 'localhost' || /^127\.\d+\.\d+\.\d+$/.test(name) || /^(::1|::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4})$/.test(name)
  return isLocal && (url.port === '' ? 80 : Number(url.port)) === port
}

function byName(raw: readonly string[]): Headers {
  const pairs = raw.flatMap((name, at) => (at % 2 === 0 ? [[name.toLowerCase(), raw[at + 1] ?? ''] as const] : []))
  return new Map([...Map.groupBy(pairs, ([name]) => name)].map(([name, all]) => [name, all.map(([, value]) => value)]))
}

/** Compares secrets in a time that tells nothing of them. */
export function isEqual(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

function quoted(text: string): string {
  return text === '' ? 'absent' : JSON.stringify(text.slice(0, 100))
}
