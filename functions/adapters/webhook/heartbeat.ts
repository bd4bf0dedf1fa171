import { DaybreakError } from '../../errors.ts'
import { unreachable } from '../../lib/post-json.ts'

const NAME = 'heartbeat'
const TIMEOUT = 10_000
const HERE: readonly string[] = ['127.0.0.1', 'localhost', '[::1]']

/**
 * Asks for the address of a dead man's switch outside, which raises an alarm when nothing asks for a while. The address is a
 * secret and stands in no error. Redirects are not followed.
 * @throws {DaybreakError} CHANNEL_REFUSED for an address that is neither https nor on this machine, and for an answer that no
 * repetition changes; CHANNEL_UNREACHABLE without a good answer.
 */
export async function beat(url: string, { timeout = TIMEOUT }: { readonly timeout?: number } = {}): Promise<void> {
  const { status } = await ask(addressOf(url), timeout)
  if (status >= 200 && status < 300) return
  if (status === 408 || status === 429 || status >= 500) throw unreachable(NAME, `the switch answered ${status}`, null)
  const redirect = status >= 300 && status < 400 ? ', a redirect, which is not followed' : ''
  throw refused(`the switch answered ${status}${redirect}; expected 2xx`)
}

async function ask(url: URL, timeout: number): Promise<Pick<Response, 'status'>> {
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(timeout) })
    await response.body?.cancel()
    return response
  } catch (error) {
    const isLate = error instanceof Error && error.name === 'TimeoutError'
    throw unreachable(NAME, isLate ? 'no answer in time' : 'the connection broke', null)
  }
}

function addressOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null) throw refused('its secret holds no address; expected https://HOST/PATH')
  if (url.protocol === 'https:' || (url.protocol === 'http:' && HERE.includes(url.hostname))) return url
  throw refused(`its address begins with ${url.protocol}//; expected https://`)
}

function refused(why: string): DaybreakError {
  return new DaybreakError('CHANNEL_REFUSED', `channel ${NAME}: ${why}`, { details: { channel: NAME } })
}
