import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { DaybreakError } from '../../errors.ts'
import {
  addressIn,
  guardedLookup,
  isLoopbackAddress,
  isPrivateAddress,
  isPublicAddress,
} from '../../lib/network-address.ts'
import type { LineageReceiver } from '../../pipeline/ports.ts'

/** Machines that a receiver may be: those of the public internet, and those that are named here. */
export type Reach = 'public' | 'private' | 'this_machine'

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

const TIMEOUT = 10_000

/**
 * Posts each run event as JSON. Redirects are not followed: they would carry the token elsewhere. The connection itself checks each
 * address that the name resolves to.
 */
export function openHttpLineage({ url, token, reach, timeout = TIMEOUT }: HttpLineageOptions): LineageReceiver {
  return {
    mostLinks: null,
    async send(event) {
      const authorization = token === null ? {} : { authorization: `Bearer ${await token()}` }
      const status = await post(new URL(url), { event, headers: authorization, timeout, reach })
      if (status >= 200 && status < 300) return
      throw refusedOrBusy(new URL(url).host, status)
    },
  }
}

interface Posting extends Required<Pick<HttpLineageOptions, 'reach' | 'timeout'>> {
  readonly event: unknown
  readonly headers: Readonly<Record<string, string>>
}

async function post(url: URL, { event, headers, timeout, reach }: Posting): Promise<number> {
  const allows = (address: string): boolean => isAllowed(address, reach)
  const refusal = () => forbidden(url.host, reach)
  const address = addressIn(url.hostname)
  if (address !== null && !allows(address)) throw refusal()
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const body = Buffer.from(JSON.stringify(event))
  const fail = (error: unknown) => reject(error instanceof DaybreakError ? error : unreachable(url, error, timeout))
  const request = url.protocol === 'http:' ? requestHttp : requestHttps
  const sent = request(
    url,
    {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', 'content-length': body.length },
      lookup: guardedLookup(allows, refusal),
      signal: AbortSignal.timeout(timeout),
      agent: false,
    },
    (response) => {
      response.on('error', fail)
      response.on('end', () => resolve(response.statusCode ?? 0))
      response.resume()
    },
  )
  sent.on('error', fail)
  sent.end(body)
  return await promise
}

function isAllowed(address: string, reach: Reach): boolean {
  if (isPublicAddress(address)) return true
  if (reach === 'public') return false
  return isPrivateAddress(address) || (reach === 'this_machine' && isLoopbackAddress(address))
}

function forbidden(host: string, reach: Reach): DaybreakError {
  const why =
    reach === 'public'
      ? 'is not on the public internet; `lineage.http.private: true` allows one in a private network'
      : 'is neither on the public internet nor in a private network'
  return new DaybreakError('CATALOG_REFUSED', `the receiver of lineage at ${host} ${why}; nothing was sent`)
}

function unreachable({ host }: URL, error: unknown, timeout: number): DaybreakError {
  const isLate = error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError')
  const why = isLate ? `no answer within ${timeout} ms` : 'no connection'
  return new DaybreakError('CATALOG_UNREACHABLE', `the receiver of lineage at ${host}: ${why}`)
}

function refusedOrBusy(host: string, status: number): DaybreakError {
  const isPassing = status === 408 || status === 429 || status >= 500
  const message = `the receiver of lineage at ${host} answered ${status}`
  return new DaybreakError(isPassing ? 'CATALOG_UNREACHABLE' : 'CATALOG_REFUSED', message)
}
