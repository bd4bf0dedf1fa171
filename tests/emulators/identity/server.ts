import { createServer, type ServerResponse } from 'node:http'
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

  const server = createServer(({ method, url = '' }, response) => {
    if (url === CERTS) asked++
    const send = () => reply(response, answer(`${method} ${url}`, { origin, issuer, keys }))
    if (fault) misbehave(fault, response, send)
    else send()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  const issuer = options.issuer ?? origin
  const fill = (claims: Claims) => withDefaults(claims, { issuer, now: now() })

  return {
    issuer,
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
      response_types_supported: ['id_token'],
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

function misbehave(fault: IdentityFault, response: ServerResponse, send: () => void): void {
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
      setTimeout(send, fault.milliseconds).unref()
  }
}
