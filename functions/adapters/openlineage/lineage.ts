import { DaybreakError } from '../../errors.ts'
import type { LineageReceiver } from '../../pipeline/ports.ts'
import { askReceiver, type Reach, TIMEOUT } from './ask-receiver.ts'

/** Address and token of a receiver of OpenLineage, such as Marquez, DataHub or OpenMetadata. */
export interface HttpLineageOptions {
  readonly url: string
  /** Sent as a bearer token; null sends none. Read anew for each event, so that a rotation needs no restart. */
  readonly token: (() => Promise<string>) | null
  /** Each includes the ones before it. */
  readonly reach: Reach
  /** Milliseconds until an answer must be complete. Default: 10 seconds. */
  readonly timeout?: number
}

/**
 * Posts each run event as JSON. Redirects are not followed: they would carry the token elsewhere. The connection itself checks each
 * address that the name resolves to.
 */
export function openHttpLineage({ url, token, reach, timeout = TIMEOUT }: HttpLineageOptions): LineageReceiver {
  return {
    mostLinks: null,
    async send(event) {
      const authorization = token === null ? {} : { authorization: `Bearer ${await token()}` }
      const status = await askReceiver(new URL(url), { event, headers: authorization, timeout, reach })
      if (status >= 200 && status < 300) return
      throw refusedOrBusy(new URL(url).host, status)
    },
  }
}

function refusedOrBusy(host: string, status: number): DaybreakError {
  const isPassing = status === 408 || status === 429 || status >= 500
  const message = `the receiver of lineage at ${host} answered ${status}`
  return new DaybreakError(isPassing ? 'CATALOG_UNREACHABLE' : 'CATALOG_REFUSED', message)
}
