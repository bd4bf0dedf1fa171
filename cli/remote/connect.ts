import { randomUUID } from 'node:crypto'
import { type AnyInput, type ApiClient, ApiProblem, createClient } from '../../functions/api/contract/client.ts'
import type { Route } from '../../functions/api/contract/route.ts'
import { API, type ApiKey } from '../../functions/api/contract/routes.ts'
import { DaybreakError, ERRORS, type ErrorCode } from '../../functions/errors.ts'
import manifest from '../../package.json' with { type: 'json' }
import type { Context } from '../context.ts'
import { originOf } from './address.ts'
import { readToken } from './token.ts'

const VERSION = manifest.version
const TRIES = 6
const LONGEST_WAIT = 60

/** Members of a context that calls to a server need. */
export type Caller = Pick<Context, 'env' | 'cwd' | 'clock' | 'signal'>

/**
 * A client of a served API with the token of the caller. Answers are checked against the routes of this release.
 * @throws {DaybreakError} USAGE_INVALID, REMOTE_UNTRUSTED, REMOTE_UNREACHABLE, REMOTE_TOKEN_INVALID, REMOTE_INCOMPATIBLE.
 */
export async function connect(url: string, context: Caller): Promise<ApiClient> {
  const base = originOf(url)
  const token = await readToken(context)
  const send = createClient({
    base,
    fetch: patientFetch(base, context),
    headers: () => ({ authorization: `Bearer ${token}`, 'user-agent': `daybreak/${VERSION}` }),
  })
  const ask = async (key: ApiKey, input: AnyInput = {}) => {
    const isWrite = !key.startsWith('GET ')
    const call = send as (key: ApiKey, input: AnyInput) => Promise<unknown>
    return await call(key, {
      ...input,
      signal: context.signal,
      // A write that is sent again after a 429 is done once.
      ...(isWrite && { idempotencyKey: input.idempotencyKey ?? randomUUID() }),
    }).catch((error: unknown) => {
      throw toError(error, { base, key })
    })
  }
  const checked = (async (key: ApiKey, input?: AnyInput) => expectAnswer(key, await ask(key, input), base)) as ApiClient
  const { version } = await checked('GET /api/me')
  if (lineOf(version) !== lineOf(VERSION))
    throw incompatible(`${base} is release ${version}, and this program is ${VERSION}`)
  return checked
}

/** Pure: releases with the same beginning understand each other: `1`, before that `0.4`. */
function lineOf(version: string): string {
  const [major = '', minor = ''] = version.split('.')
  return major === '0' ? `0.${minor}` : major
}

/** The answer as it came, if it has the form that this release knows; members that it does not know may be there. */
function expectAnswer(key: ApiKey, answer: unknown, base: string): unknown {
  const { answer: schema, types = [] }: Route = API[key]
  if (typeof answer === 'string' && types.length > 0) return answer
  if (schema.safeParse(answer).success) return answer
  throw incompatible(`${base} answered ${key} in another form than this program, ${VERSION}, expects`)
}

interface Asked {
  readonly base: string
  readonly key: ApiKey
}

/** Pure: an answer that is a problem as the error of this program; other errors stay. */
export function toError(error: unknown, { base, key }: Asked): unknown {
  if (!(error instanceof ApiProblem)) return error
  const { code, detail, status, instance } = error.problem
  if (status === 401) return new DaybreakError('REMOTE_TOKEN_INVALID', `${base} refused the token: ${detail}`)
  const path = key.split(' ')[1] ?? ''
  if (code === 'NOT_FOUND' && !path.includes('{') && detail === `there is no ${path}`)
    return incompatible(`${base} has no ${key}, which this program, ${VERSION}, asks`)
  if (!Object.hasOwn(ERRORS, code ?? ''))
    return incompatible(
      `${base} answered ${status} with the code ${JSON.stringify(code ?? null)}, which ${VERSION} does not know`,
    )
  return new DaybreakError(code as ErrorCode, detail, { details: instance ? { request: instance } : {} })
}

type Fetch = typeof globalThis.fetch

/** Waits as a server asks that is busy, follows no redirect with a token, and names what does not answer. */
export function patientFetch(base: string, { clock, signal }: Pick<Context, 'clock' | 'signal'>): Fetch {
  return async (url, init) => {
    for (let attempt = 1; ; attempt++) {
      const response = await fetch(url, { ...init, redirect: 'manual' }).catch((error: unknown) => {
        throw connectionError(error, base)
      })
      if (response.status >= 300 && response.status < 400) throw redirected(response, base)
      const wait = Number(response.headers.get('retry-after') ?? Number.NaN)
      const isBusy = response.status === 429 || response.status === 503
      if (!isBusy || !(wait <= LONGEST_WAIT) || attempt === TRIES || signal.aborted) return expectApi(response, base)
      await response.body?.cancel()
      await clock.sleep(Math.max(1, wait) * 1_000, signal)
    }
  }
}

/** Any answer of an API is JSON, or of a type that its route names; a page is of something else. */
function expectApi(response: Response, base: string): Response {
  const type = response.headers.get('content-type') ?? ''
  if (response.headers.get('x-request-id') !== null || /json/.test(type)) return response
  throw incompatible(`${base} answered ${response.status} with ${type || 'no type'}; expected the API of Daybreak`)
}

function redirected({ status, headers }: Response, base: string): DaybreakError {
  const target = headers.get('location') ?? ''
  const host = URL.canParse(target, base) ? new URL(target, base).host : 'another address'
  return incompatible(
    `${base} answered ${status} and leads to ${host}; a proxy that signs people in takes no API token`,
  )
}

/** Pure: a connection that failed as REMOTE_UNTRUSTED or REMOTE_UNREACHABLE; other errors stay. */
export function connectionError(error: unknown, base: string): unknown {
  if (!(error instanceof TypeError)) return error
  const { cause } = error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const why = cause instanceof Error ? `${code === '' ? '' : `${code}: `}${cause.message}` : error.message
  const isTls = /CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO_VERIFY|EPROTO/.test(code)
  if (isTls)
    return new DaybreakError('REMOTE_UNTRUSTED', `${base}: the certificate is not accepted (${why})`, { cause })
  return new DaybreakError('REMOTE_UNREACHABLE', `${base} did not answer (${why})`, { cause })
}

function incompatible(message: string): DaybreakError {
  return new DaybreakError('REMOTE_INCOMPATIBLE', message)
}
