import { DaybreakError } from '../../errors.ts'
import { quoteText } from '../../lib/plain-name.ts'
import { type SftpSettings, serverName } from './config.ts'
import { readError } from './errors.ts'
import { fingerprint, keyType, type Pin } from './host-keys.ts'
import { firstBytes, namePeer } from './peer.ts'

/** Facts that the server showed before the login: for the message, should the connection fail. */
export interface Handshake {
  /** Accepts a host key only if it is pinned. */
  readonly hostVerifier: (key: Buffer) => boolean
  readonly debug: (line: string) => void
  /** A message that the server shows before or during the login. */
  readonly banner: (text: string) => void
  /** Bytes of the server as they arrive, before they are read as SSH. */
  readonly heard: (bytes: Uint8Array) => void
  /** The host key that was shown. */
  shown(): { readonly type: string; readonly fingerprint: string; readonly isPinned: boolean } | null
  /** Algorithms of host keys that the server offered. */
  offeredHostKeys(): readonly string[]
  /** The failure as an operator should read it; `login` says what became of the login. */
  explain(error: unknown, login: string): DaybreakError
}

/** Watches one handshake. */
export function watchHandshake(settings: SftpSettings, pins: readonly Pin[]): Handshake {
  const offered: string[] = []
  const first = firstBytes()
  let banner = ''
  let shown: ReturnType<Handshake['shown']> = null
  return {
    hostVerifier(key) {
      const print = fingerprint(key)
      const isPinned = pins.some((pin) => pin.fingerprint === print)
      shown = { type: keyType(key), fingerprint: print, isPinned }
      return isPinned
    },
    debug(line) {
      // ssh2 tells what was offered nowhere else. Every other line is left alone: some of them hold more than a log may.
      const offer = /^Handshake: \(remote\) (.+)$/.exec(line)?.[1]
      if (offer) offered.push(offer)
    },
    banner(text) {
      banner = banner || text
    },
    heard: first.add,
    shown: () => shown,
    offeredHostKeys: () => offered.flatMap((offer) => /^Host key format: (.*)$/.exec(offer)?.[1]?.split(/,\s*/) ?? []),
    explain: (error, login) => explain(error, { settings, shown, offered, login, banner, first: first.bytes() }),
  }
}

interface Seen {
  readonly settings: SftpSettings
  readonly shown: ReturnType<Handshake['shown']>
  readonly offered: readonly string[]
  readonly login: string
  readonly banner: string
  readonly first: Buffer
}

function explain(error: unknown, { settings, shown, offered, login, banner, first }: Seen): DaybreakError {
  if (error instanceof DaybreakError) return error
  const server = serverName(settings)
  const { message, level } = readError(error)
  if (shown && !shown.isPinned) return mismatch(settings, [`${shown.type} ${shown.fingerprint}`])
  if (level === 'client-authentication') {
    const said = banner.trim() === '' ? '' : `; it says ${quoteText(banner.trim())}`
    return new DaybreakError(
      'SOURCE_AUTH_FAILED',
      `login of ${JSON.stringify(settings.user)}: ${server} ${login}${said}`,
    )
  }
  if (level === 'handshake' && /no matching/i.test(message)) {
    const why = message.replace('Handshake failed: ', '')
    return new DaybreakError('SOURCE_ALGORITHMS', `${server}: ${why}; it offered ${offered.join('; ')}`)
  }
  return namePeer(first, server) ?? unreachable(server, message, error)
}

/** Nothing but other host keys than the pinned ones. */
export function mismatch(settings: SftpSettings, shown: readonly string[]): DaybreakError {
  const expected = settings.hostKeys.join(' or ')
  const keys = shown.length > 1 ? `host keys ${shown.join(' and ')}` : `host key ${shown.join()}`
  return new DaybreakError(
    'SOURCE_HOST_KEY_MISMATCH',
    `${serverName(settings)} showed the ${keys}; expected ${expected}. Nothing was sent to it`,
  )
}

function unreachable(server: string, message: string, cause: unknown): DaybreakError {
  return new DaybreakError('SOURCE_UNREACHABLE', `cannot connect to ${server}: ${message}`, { cause })
}
