import type { HttpFunction, Request, Response } from '@google-cloud/functions-framework'
import { toDaybreakError } from '../errors.ts'
import { toProblem } from '../http/problem.ts'
import { setSecurityHeaders } from '../http/security.ts'
import type { Log } from '../pipeline/ports.ts'
import { escapeHtml, wholePage } from './page.ts'

/** Signs people in at a provider. */
export interface SignIn {
  /** Where a person signs in, and the cookie that remembers it. Afterwards the person is led to `to`. */
  begin(to: string): Promise<{ readonly url: string; readonly cookie: string }>
  /**
   * Ends a sign-in with what the provider sent.
   * @throws {DaybreakError} UNAUTHENTICATED, FORBIDDEN, IDENTITY_UNAVAILABLE, CONFIG_INVALID.
   */
  finish(sent: URLSearchParams, cookies: string): Promise<{ readonly to: string; readonly cookies: readonly string[] }>
  readonly log: Log
}

/** Path at which a sign-in begins; `?to=` says where it leads. */
export const SIGN_IN_PATH = '/auth/sign-in'
/** Path that the provider leads people back to. */
export const CALLBACK_PATH = '/auth/callback'

/** Begins and ends sign-ins. */
export function signInHandler(open: () => Promise<SignIn>): HttpFunction {
  return async (request, response) => {
    setSecurityHeaders(response)
    response.setHeader('Cache-Control', 'no-store')
    if (request.method !== 'GET') return void response.setHeader('Allow', 'GET').status(405).end()
    try {
      const signIn = await open()
      await answer(request, response, signIn)
    } catch (error) {
      sendFailure(response, error)
    }
  }
}

async function answer(request: Request, response: Response, signIn: SignIn): Promise<void> {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost')
  if (pathname === SIGN_IN_PATH) {
    const { url, cookie } = await signIn.begin(ownPath(searchParams.get('to')))
    response.setHeader('Set-Cookie', cookie)
    return void response.status(303).setHeader('Location', url).end()
  }
  try {
    const { to, cookies } = await signIn.finish(searchParams, request.headers.cookie ?? '')
    response.setHeader('Set-Cookie', [...cookies])
    response.status(303).setHeader('Location', to).end()
  } catch (error) {
    const { code, message } = toDaybreakError(error)
    signIn.log({ severity: 'NOTICE', code, message: `A sign-in was refused: ${message}` })
    throw error
  }
}

/** Pure: a path of this site; `/` for an address that could lead elsewhere. */
export function ownPath(text: string | null): string {
  const isOwn = text !== null && text.length <= 1_000 && /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(text)
  return isOwn && !text.startsWith('/auth/') ? text : '/'
}

function sendFailure(response: Response, error: unknown): void {
  const { status, detail, remedy } = toProblem(error)
  const lines = [`${detail.charAt(0).toUpperCase()}${detail.slice(1)}.`, ...(status === 401 ? [] : [remedy])]
  const text = lines.map((line) => `<p>${escapeHtml(line)}</p>`).join('\n')
  const again = `<p><a href="${SIGN_IN_PATH}">Sign in again</a></p>`
  response.status(status).setHeader('Content-Type', 'text/html; charset=utf-8')
  response.end(wholePage('You are not signed in', `<h1>You are not signed in</h1>\n${text}\n${again}`))
}
