import type { HttpFunction, Request, Response } from '@google-cloud/functions-framework'
import { toDaybreakError } from '../errors.ts'
import type { Seen } from '../http/guard.ts'
import { expectNative } from '../http/guard.ts'
import { setSecurityHeaders } from '../http/security.ts'
import type { LoopbackSessions } from '../http/session.ts'
import { type StaticFiles, sendStatic } from '../http/static.ts'
import type { TokenSigner } from './context.ts'
import { isHook } from './hooks.ts'
import { plainPage } from './page.ts'
import { sendRefusal } from './send.ts'
import { CALLBACK_PATH, SIGN_IN_PATH } from './sign-in.ts'

/** Parts of a site on one laptop. */
interface SiteParts {
  readonly api: HttpFunction
  /** Answers paths of work and health; null for a path that is none of them. */
  readonly work: (path: string, method: string) => HttpFunction | null
  readonly docs: HttpFunction
  readonly keys: HttpFunction
  readonly sessions: LoopbackSessions
  /** Files of the dashboard; null where it is not built. */
  readonly files: () => StaticFiles | null
}

/** Everything that `daybreak serve` answers, by path. */
export function siteHandler({ api, work, docs, keys, sessions, files }: SiteParts): HttpFunction {
  return (request, response) => {
    const path = request.url.split('?')[0] ?? '/'
    if (path === '/api' || path.startsWith('/api/')) return api(request, response)
    const worker = work(path, request.method)
    if (worker) return worker(request, response)
    try {
      expectNative(seenOf(request), 'page')
    } catch (error) {
      setSecurityHeaders(response)
      return sendRefusal(response, error, '')
    }
    if (path === KEYS_PATH) return keys(request, response)
    if (path === '/docs') return docs(request, response)
    if (path === '/redoc') return void response.redirect(308, '/docs')
    const { searchParams } = new URL(request.url, 'http://localhost')
    const token = searchParams.get('token')
    if (token !== null) return signIn({ path, searchParams, token }, { sessions, response })
    const built = files()
    if (built !== null) return sendStatic(built, path, request, response)
    sendPage(response, 200, 'Daybreak', [
      'The dashboard is not built. In a checkout `npm ci` brings what builds it, and `daybreak serve` builds it then.',
      'The API answers below /api/; /docs describes it.',
    ])
  }
}

/** Parts of a site of a service. */
interface ServiceParts extends Omit<SiteParts, 'sessions'> {
  /** Signs people in; null where a proxy does, or no one. */
  readonly signIn: HttpFunction | null
  /** Takes events of other services, which prove themselves by a signature. */
  readonly hooks: HttpFunction
}

/** Everything that the service of the API answers, by path. The pages hold nothing of the project: what they show they ask of the API. */
export function serviceHandler({ api, work, docs, keys, files, signIn, hooks }: ServiceParts): HttpFunction {
  return (request, response) => {
    const path = request.url.split('?')[0] ?? '/'
    if (path === '/api' || path.startsWith('/api/')) return api(request, response)
    const worker = work(path, request.method)
    if (worker) return worker(request, response)
    if (isHook(path)) return hooks(request, response)
    if (signIn !== null && (path === SIGN_IN_PATH || path === CALLBACK_PATH)) return signIn(request, response)
    if (path === KEYS_PATH) return keys(request, response)
    if (path === '/docs') return docs(request, response)
    if (path === '/redoc') return void response.redirect(308, '/docs')
    const built = files()
    if (built !== null) return sendStatic(built, path, request, response)
    sendPage(response, 200, 'Daybreak', [
      'The dashboard is not built into this service.',
      'The API answers below /api/.',
    ])
  }
}

/** Path of the public keys of API tokens. */
export const KEYS_PATH = '/.well-known/jwks.json'

/** Shows the public keys of API tokens: they prove tokens, and make none. */
export function keysHandler(tokens: () => Promise<TokenSigner | null>): HttpFunction {
  return async (_, response) => {
    setSecurityHeaders(response)
    try {
      const signer = await tokens()
      response.setHeader('Cache-Control', 'public, max-age=300')
      response.setHeader('Content-Type', 'application/json')
      response.status(200).end(JSON.stringify((await signer?.publicKeys()) ?? { keys: [] }))
    } catch (error) {
      sendRefusal(response, error, '')
    }
  }
}

/** Members of a request that the guard looks at. */
export function seenOf({ method, url, rawHeaders, socket }: Request): Seen {
  const { remoteAddress = '', localPort = 0 } = socket
  return { method: method ?? '', target: url, headers: rawHeaders, remoteAddress, localPort }
}

interface SigningIn {
  readonly path: string
  readonly searchParams: URLSearchParams
  readonly token: string
}

/** Changes the token of an address for a cookie, and leads to the same address without it. */
function signIn(
  { path, searchParams, token }: SigningIn,
  { sessions, response }: { readonly sessions: LoopbackSessions; readonly response: Response },
): void {
  setSecurityHeaders(response)
  response.setHeader('Cache-Control', 'no-store')
  try {
    const { cookie } = sessions.enter(token)
    searchParams.delete('token')
    const query = searchParams.toString()
    // A path alone: an address from the request might lead to another server.
    const clean = `/${path.replace(/^[/\\]+/, '')}${query === '' ? '' : `?${query}`}`
    response.setHeader('Set-Cookie', cookie)
    response.status(303).setHeader('Location', clean).end()
  } catch (error) {
    const { message } = toDaybreakError(error)
    sendPage(response, 401, 'This link does not sign in', [
      `${message.charAt(0).toUpperCase()}${message.slice(1)}.`,
      'Run `daybreak open` on this machine for a new link.',
    ])
  }
}

function sendPage(response: Response, status: number, title: string, lines: readonly string[]): void {
  setSecurityHeaders(response)
  response.setHeader('Cache-Control', 'no-store')
  response.status(status).setHeader('Content-Type', 'text/html; charset=utf-8').end(plainPage(title, lines))
}
