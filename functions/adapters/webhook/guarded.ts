import { createHmac } from 'node:crypto'
import { lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import type { DaybreakError } from '../../errors.ts'

/** Which addresses a request may go to, and what is thrown for others. */
export interface Guard {
  readonly allows: (address: string) => boolean
  readonly refuse: () => DaybreakError
  /** Takes the place of the resolver of this machine, in tests. */
  readonly resolve?: typeof lookup | undefined
}

/**
 * Looks a name up as the connection would, and refuses it when one of its addresses is not allowed. The connection goes to the address
 * that was looked at: no second answer of the resolver can slip in.
 */
export function guardedLookup({ allows, refuse, resolve = lookup }: Guard): LookupFunction {
  return (host, options, callback) => {
    resolve(host, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 0)
      const [first] = addresses
      if (!first || addresses.some(({ address }) => !allows(address))) return callback(refuse(), '', 0)
      if (options.all) return callback(null, addresses)
      return callback(null, first.address, first.family)
    })
  }
}

/** An address of IPv6 without its brackets. */
export function bareHost(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}

interface Signed {
  readonly id: string
  readonly seconds: number
  readonly body: string
}

/** Headers of Standard Webhooks: the signature is `v1,` and the HMAC in base64. Without a key there is none. */
export function signatureHeaders(key: string | null, { id, seconds, body }: Signed): Readonly<Record<string, string>> {
  const headers = { 'webhook-id': id, 'webhook-timestamp': String(seconds) }
  if (key === null) return headers
  const secret = key.startsWith('whsec_') ? Buffer.from(key.slice('whsec_'.length), 'base64') : Buffer.from(key, 'utf8')
  const signature = createHmac('sha256', secret).update(`${id}.${seconds}.${body}`).digest('base64')
  return { ...headers, 'webhook-signature': `v1,${signature}` }
}
