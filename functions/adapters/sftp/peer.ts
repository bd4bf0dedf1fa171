import { DaybreakError } from '../../errors.ts'
import { quoteText } from '../../lib/plain-name.ts'

const KEPT = 512

/** The first bytes of a connection, as they came. */
export function firstBytes(): { readonly add: (bytes: Uint8Array) => void; readonly bytes: () => Buffer } {
  let kept = Buffer.alloc(0)
  return {
    add(bytes) {
      if (kept.length < KEPT) kept = Buffer.concat([kept, bytes]).subarray(0, KEPT)
    },
    bytes: () => kept,
  }
}

/** How what is no SSH server begins to speak, and what it is then. */
const PEERS: readonly (readonly [RegExp, string])[] = [
  [/^HTTP\/\d/, 'an HTTP server or proxy answers'],
  [/^<(!doctype|html|\?xml)/i, 'a web server answers'],
  [/^[\x15\x16]\x03[\x00-\x04]/, 'a TLS server answers'],
  [/^220[ -].*(ftp|files?zilla)/i, 'an FTP server answers, and FTP is not SFTP'],
  [/^220[ -]/, 'an FTP or mail server answers'],
  [/^\* OK|^\+OK/, 'a mail server answers'],
  [/^SSH-1\.[0-8]/, 'a server that speaks only version 1 of SSH answers'],
  [/^\xff[\xfb-\xfe]/, 'a Telnet server answers'],
]

/** Answers of an SSH server that takes no connection now. */
const BUSY = /^(Exceeded MaxStartups|Not allowed at this time|Too many)/i

/** The error of a peer that is no SSH server; null when an SSH server did, or nothing came. */
export function namePeer(first: Buffer, server: string): DaybreakError | null {
  const text = first.toString('latin1')
  if (text === '' || /^SSH-(2\.0|1\.99)-/m.test(text)) return null
  const said = `it begins with ${quoteText(text.slice(0, 120))}`
  if (BUSY.test(text))
    return new DaybreakError('SOURCE_UNREACHABLE', `${server} takes no connection at the moment: ${said}`)
  const [, what = 'something else answers'] = PEERS.find(([pattern]) => pattern.test(text)) ?? []
  return new DaybreakError('SOURCE_NOT_SFTP', `there is no SSH server at ${server}: ${what}; ${said}`)
}
