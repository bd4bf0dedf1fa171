import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { DaybreakError } from '../../errors.ts'
import {
  expectAllowed,
  guardedLookup,
  isLoopbackAddress,
  isPrivateAddress,
  isPublicAddress,
} from '../../lib/network-address.ts'

/** Machines that a receiver may be: those of the public internet, and those that are named here. */
export type Reach = 'public' | 'private' | 'this_machine'

/** Milliseconds until an answer must be complete, unless told. */
export const TIMEOUT = 10_000

interface Asking {
  readonly reach: Reach
  readonly timeout: number
  /** Null asks with HEAD. */
  readonly event: unknown
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Status that a receiver answers with. The connection itself checks each address that the name resolves to; redirects are not followed.
 * @throws {DaybreakError} CATALOG_REFUSED for an address that may not be called, CATALOG_UNREACHABLE without an answer.
 */
export async function askReceiver(url: URL, { event, headers, timeout, reach }: Asking): Promise<number> {
  const guard = { allows: (address: string) => isAllowed(address, reach), refuse: () => forbidden(url.host, reach) }
  expectAllowed(url.hostname, guard)
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const body = event === null ? null : Buffer.from(JSON.stringify(event))
  const fail = (error: unknown) => reject(error instanceof DaybreakError ? error : unreachable(url, error, timeout))
  const request = url.protocol === 'http:' ? requestHttp : requestHttps
  const sent = request(
    url,
    {
      method: body === null ? 'HEAD' : 'POST',
      headers: { ...headers, ...(body && { 'content-type': 'application/json', 'content-length': body.length }) },
      lookup: guardedLookup(guard),
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
  sent.end(body ?? undefined)
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
