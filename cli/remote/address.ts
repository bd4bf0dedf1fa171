import { DaybreakError } from '../../functions/errors.ts'

const LOOPBACK: readonly string[] = ['127.0.0.1', '[::1]', 'localhost']

/** Pure: the host of an address for a message. What else it holds may be a secret. */
export function hostOf(text: string): string {
  return URL.canParse(text) ? new URL(text).host : 'the address of --remote'
}

/**
 * Pure: the origin of an API. Its messages name the host alone, since a pasted link holds the token of a sign-in.
 * @throws {DaybreakError} USAGE_INVALID, REMOTE_UNTRUSTED for a host of the network without TLS.
 */
export function originOf(text: string): string {
  if (!URL.canParse(text)) throw invalid('is no address')
  const { protocol, username, password, pathname, search, hash, hostname, origin, host } = new URL(text)
  if (protocol !== 'https:' && protocol !== 'http:') throw invalid(`begins with ${protocol}//`)
  if (username !== '' || password !== '') throw invalid(`of ${host} holds a user name or a password`)
  if (pathname !== '/' || search !== '' || hash !== '') throw invalid(`of ${host} has a path or parameters`)
  if (protocol === 'https:' || LOOPBACK.includes(hostname)) return origin
  throw new DaybreakError(
    'REMOTE_UNTRUSTED',
    `--remote: http://${host} would send the token in the clear; expected https`,
  )
}

function invalid(what: string): DaybreakError {
  const message = `--remote ${what}; expected the origin alone, e.g. https://daybreak.example.com or http://127.0.0.1:4747`
  return new DaybreakError('USAGE_INVALID', message)
}
