import type { lookup } from 'node:dns'
import { request } from 'node:https'
import { BlockList, isIP } from 'node:net'
import { rootCertificates } from 'node:tls'
import { DaybreakError } from '../../errors.ts'
import { expectAllowed, guardedLookup, isPublicAddress } from '../../lib/network-address.ts'

/** A request of a hook. */
export interface HookRequest {
  readonly url: string
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
  /** Milliseconds until the answer must be complete. */
  readonly timeout: number
  /** Private networks that may be called, e.g. `10.8.0.0/16`. */
  readonly networks: readonly string[]
  /** A further authority to trust; null for none. */
  readonly ca: string | null
  readonly signal?: AbortSignal | undefined
  /** Takes the place of the resolver of this machine, in tests. */
  readonly resolve?: typeof lookup
}

const LARGEST_ANSWER = 1 << 20

/**
 * Sends a request of a hook over https. Each address that the name has is looked at by the connection itself; redirects are not
 * followed, and an answer of more than 1 MiB is not read. Gives the text of a good answer.
 * @throws {DaybreakError} HOOK_REFUSED for an address that may not be called; HOOK_FAILED without a good answer, with `again` where
 * another attempt may help.
 */
export async function sendHookRequest(asked: HookRequest): Promise<string> {
  const { status, body } = await send(asked)
  const host = new URL(asked.url).host
  if (status >= 200 && status < 300) return body
  const redirect = status >= 300 && status < 400 ? ', a redirect, which is not followed' : ''
  const again = status === 408 || status === 429 || status >= 500
  throw failed(`${host} answered ${status}${redirect}: ${JSON.stringify(body.slice(0, 200))}; expected 2xx`, again)
}

interface Answer {
  readonly status: number
  readonly body: string
}

function send(asked: HookRequest): Promise<Answer> {
  const { method, headers, body, timeout, networks, ca, signal, resolve } = asked
  const url = new URL(asked.url)
  const allows = allowsIn(networks)
  const refuse = () =>
    new DaybreakError(
      'HOOK_REFUSED',
      `${url.hostname} leads to an address that is not on the public internet; expected a public one, or its network in \`hooks.networks\` of the environment`,
    )
  if (url.protocol !== 'https:') throw new DaybreakError('HOOK_REFUSED', `${asked.url} is not https; expected https://`)
  const guard = { allows, refuse, resolve }
  expectAllowed(url.hostname, guard)
  return new Promise((fulfil, reject) => {
    const fail = (error: unknown) => reject(toFailure(error, url.host, signal))
    const sent = request(
      url,
      {
        method,
        headers: { ...headers, ...(body !== null && { 'content-length': Buffer.byteLength(body) }) },
        lookup: guardedLookup(guard),
        signal: AbortSignal.any([AbortSignal.timeout(timeout), ...(signal ? [signal] : [])]),
        agent: false,
        ...(ca !== null && { ca: [...rootCertificates, ca] }),
      },
      (response) => {
        const chunks: Buffer[] = []
        let size = 0
        response.on('error', fail)
        response.on('data', (chunk: Buffer) => {
          size += chunk.length
          if (size <= LARGEST_ANSWER) return chunks.push(chunk)
          return response.destroy(failed(`${url.host} answered with more than 1 MiB; expected less`, false))
        })
        response.on('end', () =>
          fulfil({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
        )
      },
    )
    sent.on('error', fail)
    sent.end(body ?? undefined)
  })
}

// Metadata of clouds is there, and nothing that a hook is for.
const LINK_LOCAL = new BlockList()
LINK_LOCAL.addSubnet('169.254.0.0', 16, 'ipv4')
LINK_LOCAL.addSubnet('fe80::', 10, 'ipv6')
LINK_LOCAL.addAddress('fd00:ec2::254', 'ipv6')

/** Public addresses, and those of some networks. */
function allowsIn(networks: readonly string[]): (address: string) => boolean {
  const allowed = new BlockList()
  for (const network of networks) {
    const [base = '', bits = ''] = network.split('/')
    allowed.addSubnet(base, Number(bits), isIP(base) === 6 ? 'ipv6' : 'ipv4')
  }
  return (address) => {
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (LINK_LOCAL.check(address, family)) return false
    return isPublicAddress(address) || allowed.check(address, family)
  }
}

function toFailure(error: unknown, host: string, signal: AbortSignal | undefined): DaybreakError {
  if (error instanceof DaybreakError) return error
  if (signal?.aborted) return new DaybreakError('CANCELLED', `the request to ${host} was cancelled`)
  return failed(`no answer of ${host}: ${codeOf(error)}`, true)
}

function codeOf(error: unknown): string {
  if (error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError'))
    return 'it took too long'
  return error instanceof Error && 'code' in error ? String(error.code) : 'the connection broke'
}

function failed(message: string, again: boolean): DaybreakError {
  return new DaybreakError('HOOK_FAILED', message, { details: { again } })
}
