import { DaybreakError } from '../../errors.ts'
import type { LineageReceiver } from '../../pipeline/ports.ts'

/** Address and token of a receiver of OpenLineage, such as Marquez, DataHub or OpenMetadata. */
export interface HttpLineageOptions {
  readonly url: string
  /** Sent as a bearer token; null sends none. Read anew for each event, so that a rotation needs no restart. */
  readonly token: (() => Promise<string>) | null
  /** Milliseconds until an answer must be complete. Default: 10 seconds. */
  readonly timeout?: number
}

const TIMEOUT = 10_000

/** Posts each run event as JSON. Redirects are refused: they would carry the token elsewhere. */
export function openHttpLineage({ url, token, timeout = TIMEOUT }: HttpLineageOptions): LineageReceiver {
  return {
    mostLinks: null,
    async send(event) {
      const authorization = token === null ? {} : { authorization: `Bearer ${await token()}` }
      const response = await post(url, { event, headers: authorization, timeout })
      if (response.status >= 200 && response.status < 300) return
      throw refusedOrBusy(new URL(url).host, response.status)
    },
  }
}

async function post(
  url: string,
  {
    event,
    headers,
    timeout,
  }: { readonly event: unknown; readonly headers: Readonly<Record<string, string>>; readonly timeout: number },
): Promise<Response> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(event),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout),
    })
    await response.arrayBuffer()
    return response
  } catch (error) {
    const why =
      error instanceof Error && error.name === 'TimeoutError' ? `no answer within ${timeout} ms` : 'no connection'
    throw new DaybreakError('CATALOG_UNREACHABLE', `the receiver of lineage at ${new URL(url).host}: ${why}`)
  }
}

function refusedOrBusy(host: string, status: number): DaybreakError {
  const isPassing = status === 408 || status === 429 || status >= 500
  const message = `the receiver of lineage at ${host} answered ${status}`
  return new DaybreakError(isPassing ? 'CATALOG_UNREACHABLE' : 'CATALOG_REFUSED', message)
}
