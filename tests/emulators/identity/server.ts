import { createServer, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { AUTHORIZE, type Client, createCodeFlow, type FlowAnswer, type Person, TOKEN } from './code-flow.ts'
import { type Forgery, forge } from './forgeries.ts'
import { createKey, publish, type SigningKey } from './keys.ts'
import { type Claims, sign, withDefaults } from './token.ts'

const CERTS = '/oauth2/v3/certs'

/** How the issuer misbehaves when it is asked for its keys. */
export type IdentityFault =
  /** 503. */
  | { readonly kind: 'outage' }
  /** The connection breaks. */
  | { readonly kind: 'reset' }
  | { readonly kind: 'slow'; readonly milliseconds: number }
  /** A key set of so many bytes. */
  | { readonly kind: 'oversized'; readonly bytes: number }
  /** 200, and a page in place of keys. */
  | { readonly kind: 'nonsense' }

export interface IdentityServerOptions {
  /** Value of `iss`; the server's own address unless told. Google's is `https://accounts.google.com`. */
  readonly issuer?: string
  /** Milliseconds since 1970. */
  readonly now?: () => number
  /** Clients that people sign in through. */
  readonly clients?: readonly Client[]
}

/** An issuer of ID tokens in Google's shape. */
export interface IdentityServer {
  readonly issuer: string
  /** Where its keys are: `/oauth2/v3/certs`. */
  readonly jwksUrl: string
  /** A token as Google makes it for a service account. Claims that are not told are filled in: who, when, how long. */
  token(claims: Claims): string
  /** Tokens that must be refused where the token of the same claims is accepted. */
  forgeries(claims: Claims): readonly Forgery[]
  /** Signs with a new key from now on; the old keys stay published unless they are to be withdrawn. */
  rotate(options?: { readonly withdraw?: boolean }): Promise<void>
  /** Where people sign in, and where a code becomes a token. */
  readonly authorizationEndpoint: string
  readonly tokenEndpoint: string
  /** Who is signed in at the provider from now on; null for one who refuses to go on. */
  signIn(person: Person): void
  /** Makes other ID tokens of sign-ins than the right ones; null ends it. */
  falsify(make: ((claims: Claims) => string) | null): void
  /** Begins to misbehave; null ends it. */
  misbehave(fault: IdentityFault | null): void
  /** How often its keys were asked for. */
  requests(): number
  close(): Promise<void>
}

/** Starts an issuer on a free port of this machine. */
export async function startIdentityServer(options: IdentityServerOptions = {}): Promise<IdentityServer> {
  const { now = () => Date.now() } = options
  const stranger = await createKey()
  let keys: readonly [SigningKey, ...SigningKey[]] = [await createKey()]
  let fault: IdentityFault | null = null
  let asked = 0

  let person: Person = null
  let falsified: ((claims: Claims) => string) | null = null

  const server = createServer((request, response) => {
    const { method = '', url = '' } = request
    if (url === CERTS) asked++
    const send = async () => {
      const path = url.split('?')[0]
      if (path !== AUTHORIZE && path !== TOKEN) return reply(response, answer(`${method} ${url}`, known()))
      const form = new URLSearchParams(await text(request))
      const { authorization = '' } = request.headers
      const asked = { method, url: new URL(url, origin), authorization, form }
      sendFlow(response, path === AUTHORIZE ? flow.authorize(asked) : flow.token(asked))
    }
    if (fault) misbehave(fault, response, send)
    else void send()
  })
  const known = () => ({ origin, issuer, keys })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  const issuer = options.issuer ?? origin
  const fill = (claims: Claims) => withDefaults(claims, { issuer, now: now() })

  const flow = createCodeFlow({
    ...{ issuer, clients: options.clients ?? [], now, person: () => person },
    idToken: (claims) => (falsified ?? ((right) => sign(right, keys[0])))(fill(claims)),
  })

  return {
    issuer,
    authorizationEndpoint: `${origin}${AUTHORIZE}`,
    tokenEndpoint: `${origin}${TOKEN}`,
    signIn(next) {
      person = next
    },
    falsify(make) {
      falsified = make
    },
    jwksUrl: `${origin}${CERTS}`,
    token: (claims) => sign(fill(claims), keys[0]),
    forgeries: (claims) => forge({ claims: fill(claims), key: keys[0], stranger, now: Math.floor(now() / 1000) }),
    async rotate({ withdraw = false } = {}) {
      const key = await createKey()
      keys = withdraw ? [key] : [key, ...keys]
    },
    misbehave(next) {
      fault = next
    },
    requests: () => asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

interface Published {
  readonly origin: string
  readonly issuer: string
  readonly keys: readonly SigningKey[]
}

interface Answer {
  readonly status: number
  readonly body: unknown
}

function answer(request: string, { origin, issuer, keys }: Published): Answer {
  if (request === `GET ${CERTS}`) return { status: 200, body: { keys: keys.map(publish) } }
  if (request !== 'GET /.well-known/openid-configuration')
    return { status: 404, body: { error: `this issuer does not serve ${request}` } }
  return {
    status: 200,
    body: {
      issuer,
      jwks_uri: `${origin}${CERTS}`,
      authorization_endpoint: `${origin}${AUTHORIZE}`,
      token_endpoint: `${origin}${TOKEN}`,
      response_types_supported: ['code', 'id_token'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      claims_supported: ['aud', 'email', 'email_verified', 'exp', 'iat', 'iss', 'sub'],
    },
  }
}

function reply(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'public, max-age=20000' })
  response.end(JSON.stringify(body))
}

function sendFlow(response: ServerResponse, { status, location, body }: FlowAnswer): void {
  const headers = { 'cache-control': 'no-store', ...(location !== undefined && { location }) }
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(body === null ? '' : JSON.stringify(body))
}

function misbehave(fault: IdentityFault, response: ServerResponse, send: () => unknown): void {
  switch (fault.kind) {
    case 'outage':
      reply(response, { status: 503, body: { error: 'outage' } })
      break
    case 'reset':
      response.destroy()
      break
    case 'oversized':
      reply(response, { status: 200, body: { keys: [], filler: ' '.repeat(fault.bytes) } })
      break
    case 'nonsense':
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html></html>')
      break
    case 'slow':
      setTimeout(() => void send(), fault.milliseconds).unref()
  }
}
