import { request } from 'node:https'
import { DaybreakError } from '../../errors.ts'
import { expectAllowed, guardedLookup, isPublicAddress } from '../../lib/network-address.ts'
import { unreachable } from '../../lib/post-json.ts'
import type { Delivery, Notifier } from '../../notify/ports.ts'
import { toWebhook } from '../../notify/render/webhook.ts'
import type { Clock } from '../../pipeline/ports.ts'
import { signatureHeaders } from './signature.ts'

/** Address and key of a receiver. */
export interface WebhookOptions {
  /** Name of the channel in the configuration. */
  readonly name: string
  /** Must be https. */
  readonly url: string
  /** Key of the signature; null sends none. */
  readonly signing: string | null
  readonly clock: Clock
  /** Milliseconds until an answer must be complete. Default: 10 seconds. */
  readonly timeout?: number
  /** For a receiver on this machine, in tests: certificate to trust, and addresses to allow. */
  readonly local?: { readonly ca: string; readonly allows: (address: string) => boolean }
}

const TIMEOUT = 10_000

/**
 * A POST of a CloudEvent as a channel. It goes to https alone and to no private address: each address that the name resolves to
 * is checked by the connection itself, so that no second answer of the resolver can slip in. Redirects are refused.
 * @throws {DaybreakError} CHANNEL_REFUSED for an address that is not https or not a URL.
 */
export function openWebhookNotifier(options: WebhookOptions): Notifier {
  const { name, signing, clock, local, timeout = TIMEOUT } = options
  const url = parsed(options)
  const guard = { allows: local?.allows ?? isPublicAddress, refuse: () => isPrivate(name) }
  return {
    kind: 'webhook',
    async deliver({ id, message, thread }: Delivery) {
      const body = JSON.stringify(toWebhook(message, id))
      const seconds = Math.floor(clock.now() / 1_000)
      const { status, headers } = await post(signatureHeaders(signing, { id, seconds, body }), body)
      if (status >= 200 && status < 300) return { reference: thread ?? id, unreached: [] }
      if (status === 408 || status === 429 || status >= 500)
        throw unreachable(name, `the receiver answered ${status}`, headers)
      const why =
        status >= 300 && status < 400
          ? `the receiver answered ${status}, a redirect, which is not followed`
          : `the receiver answered ${status}`
      throw refused(name, why)
    },
    close: async () => undefined,
  }

  function post(headers: Readonly<Record<string, string>>, body: string): Promise<Answer> {
    expectAllowed(url.hostname, guard)
    const { promise, resolve: answer, reject } = Promise.withResolvers<Answer>()
    const fail = (error: unknown) =>
      reject(error instanceof DaybreakError ? error : unreachable(name, `no answer: ${codeOf(error)}`, null))
    const sent = request(
      url,
      {
        method: 'POST',
        headers: {
          ...headers,
          'content-type': 'application/cloudevents+json',
          'content-length': Buffer.byteLength(body),
        },
        lookup: guardedLookup(guard),
        signal: AbortSignal.timeout(timeout),
        agent: false,
        ...(local && { ca: local.ca }),
      },
      (response) => {
        response.on('error', fail)
        response.on('end', () => answer({ status: response.statusCode ?? 0, headers: headersOf(response.headers) }))
        response.resume()
      },
    )
    sent.on('error', fail)
    sent.end(body)
    return promise
  }
}

interface Answer {
  readonly status: number
  readonly headers: Headers
}

function headersOf(headers: NodeJS.Dict<string | string[]>): Headers {
  const after = headers['retry-after']
  return new Headers(typeof after === 'string' ? { 'retry-after': after } : {})
}

function parsed({ name, url }: WebhookOptions): URL {
  const address = URL.canParse(url) ? new URL(url) : null
  if (address === null) throw refused(name, 'its secret holds no address; expected https://HOST/PATH')
  if (address.protocol !== 'https:')
    throw refused(name, `its address begins with ${address.protocol}//; expected https://`)
  return address
}

function isPrivate(name: string): DaybreakError {
  return refused(name, 'its address leads to a machine that is not on the public internet')
}

function refused(channel: string, why: string): DaybreakError {
  return new DaybreakError('CHANNEL_REFUSED', `channel ${channel}: ${why}`, { details: { channel } })
}

function codeOf(error: unknown): string {
  if (error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError'))
    return 'it took too long'
  return error instanceof Error && 'code' in error ? String(error.code) : 'the connection broke'
}
