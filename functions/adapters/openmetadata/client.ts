import { DaybreakError } from '../../errors.ts'

/** Address and token of an OpenMetadata. */
interface OpenMetadataOptions {
  /** Address of its REST API, without `/v1`. */
  readonly url: string
  readonly token: string
  /** Milliseconds until an answer must be complete. Default: 30 seconds. */
  readonly timeout?: number
}

/** Requests of the REST API of OpenMetadata. Paths are those below `/v1/`. */
export interface OpenMetadata {
  /** The answer; null where there is no such thing. @throws {DaybreakError} CATALOG_UNREACHABLE, CATALOG_REFUSED. */
  read(path: string): Promise<unknown>
  /** Creates or updates, and gives the answer. @throws {DaybreakError} as read. */
  put(path: string, body: object): Promise<unknown>
  /** Applies operations of RFC 6902, all or none. @throws {DaybreakError} as read. */
  patch(path: string, operations: readonly object[]): Promise<void>
  /** @throws {DaybreakError} as read. */
  remove(path: string): Promise<void>
}

const TIMEOUT = 30_000
const MOST_TEXT = 300

/** Opens the REST API of an OpenMetadata. Redirects are refused: they would carry the token elsewhere. */
export function openOpenMetadata({ url, token, timeout = TIMEOUT }: OpenMetadataOptions): OpenMetadata {
  const base = url.replace(/\/+$/, '')
  const send = async (method: string, path: string, body?: object) => {
    const answer = await request(`${base}/v1/${path}`, {
      ...{ method, token, timeout },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    if (answer.status >= 200 && answer.status < 300) return answer
    if (method === 'GET' && answer.status === 404) return null
    throw refusal(`${method} /v1/${path.split('?')[0]}`, new URL(base).host, answer)
  }
  return {
    read: async (path) => jsonOf(await send('GET', path)),
    put: async (path, body) => jsonOf(await send('PUT', path, body)),
    patch: async (path, operations) => void (await send('PATCH', path, operations)),
    remove: async (path) => void (await send('DELETE', path)),
  }
}

interface Answer {
  readonly status: number
  readonly text: string
}

interface Sent {
  readonly method: string
  readonly token: string
  readonly timeout: number
  readonly body?: string
}

async function request(url: string, { method, token, timeout, body }: Sent): Promise<Answer> {
  const form = method === 'PATCH' ? 'application/json-patch+json' : 'application/json'
  try {
    const response = await fetch(url, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json',
        ...(body !== undefined && { 'content-type': form }),
      },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout),
      ...(body !== undefined && { body }),
    })
    return { status: response.status, text: await response.text() }
  } catch (error) {
    const why =
      error instanceof Error && error.name === 'TimeoutError' ? `no answer within ${timeout} ms` : 'no connection'
    throw new DaybreakError('CATALOG_UNREACHABLE', `OpenMetadata at ${new URL(url).host}: ${why}`, { cause: error })
  }
}

function jsonOf(answer: Answer | null): unknown {
  if (answer === null) return null
  try {
    return JSON.parse(answer.text)
  } catch (error) {
    const message =
      'OpenMetadata answered no JSON; expected `catalog.openmetadata.url` to be the address of its REST API'
    throw new DaybreakError('CATALOG_REFUSED', message, { cause: error })
  }
}

function refusal(what: string, host: string, { status, text }: Answer): DaybreakError {
  const isPassing = status === 408 || status === 429 || status >= 500
  const message = `OpenMetadata at ${host} answered ${status} to ${what}${reasonIn(text)}`
  return new DaybreakError(isPassing ? 'CATALOG_UNREACHABLE' : 'CATALOG_REFUSED', message)
}

/** The sentence of an error document; nothing of a page of a proxy. */
function reasonIn(text: string): string {
  try {
    const { message } = JSON.parse(text)
    return typeof message === 'string' && message !== '' ? `: ${message.slice(0, MOST_TEXT)}` : ''
  } catch {
    return ''
  }
}
