import { DaybreakError } from '../errors.ts'

/** A request with a JSON body to a service of notifications. */
interface JsonPost {
  /** Name of the channel, for errors. */
  readonly channel: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
  /** Milliseconds until the answer must be complete. */
  readonly timeout: number
}

/** Answer of a service. */
export interface JsonAnswer {
  readonly status: number
  readonly headers: Headers
  /** The body as JSON; null where it is not JSON. */
  readonly body: unknown
}

/**
 * Posts JSON and never follows a redirect.
 * @throws {DaybreakError} CHANNEL_UNREACHABLE without an answer. Its message has neither address nor headers.
 */
export async function postJson({ channel, url, headers, body, timeout }: JsonPost): Promise<JsonAnswer> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
      body: JSON.stringify(body),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout),
    })
    return { status: response.status, headers: response.headers, body: parsed(await response.text()) }
  } catch (error) {
    throw new DaybreakError('CHANNEL_UNREACHABLE', `channel ${channel} did not answer: ${reasonOf(error)}`)
  }
}

/** Failure of a channel that asked for a pause, or is out of order. Without headers it gave no answer, and may have acted. */
export function unreachable(channel: string, why: string, headers: Headers | null): DaybreakError {
  const retryAfter = headers && retryAfterOf(headers)
  return new DaybreakError('CHANNEL_UNREACHABLE', `channel ${channel}: ${why}`, {
    details: { channel, answered: headers !== null, ...(retryAfter !== null && { retryAfter }) },
  })
}

/** Milliseconds that an answer asks to wait; null where it asks for none. */
function retryAfterOf(headers: Headers): number | null {
  const seconds = Number(headers.get('retry-after') ?? 'none')
  return Number.isFinite(seconds) && seconds >= 0 ? Math.ceil(seconds * 1_000) : null
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** Codes of the system; their messages may hold an address. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no reason is known'
  if (error.name === 'TimeoutError') return 'no complete answer in time'
  const { cause } = error
  return cause instanceof Error && 'code' in cause ? String(cause.code) : error.name
}
