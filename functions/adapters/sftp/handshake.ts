import { createHash } from 'node:crypto'
import { DaybreakError } from '../../errors.ts'
import { type SftpSettings, serverName } from './settings.ts'

/** What the server showed before the login: for the message, should the connection fail. */
export interface Handshake {
  /** Accepts a host key only if it is pinned. */
  readonly hostVerifier: (key: Buffer) => boolean
  readonly debug: (line: string) => void
  /** The failure as an operator should read it. */
  explain(error: unknown): DaybreakError
}

/** Watches one handshake. */
export function watchHandshake(settings: SftpSettings): Handshake {
  const offered: string[] = []
  let shown: string | null = null
  return {
    hostVerifier(key) {
      const print = fingerprint(key)
      if (settings.hostKeys.some((pinned) => pinned.replace(/=$/, '') === print)) return true
      shown = `${keyType(key)} ${print}`
      return false
    },
    debug(line) {
      // ssh2 tells what was offered nowhere else. Every other line is left alone: some of them hold more than a log may.
      const offer = /^Handshake: \(remote\) (.+)$/.exec(line)?.[1]
      if (offer) offered.push(offer)
    },
    explain: (error) => explain(error, { settings, shown, offered }),
  }
}

interface Seen {
  readonly settings: SftpSettings
  readonly shown: string | null
  readonly offered: readonly string[]
}

function explain(error: unknown, { settings, shown, offered }: Seen): DaybreakError {
  if (error instanceof DaybreakError) return error
  const server = serverName(settings)
  const { message, level } = readError(error)
  if (shown) {
    return new DaybreakError(
      'SOURCE_HOST_KEY_MISMATCH',
      `${server} showed the host key ${shown}; expected ${settings.hostKeys.join(' or ')}. Nothing was sent to it`,
    )
  }
  if (level === 'client-authentication') {
    return new DaybreakError(
      'SOURCE_AUTH_FAILED',
      `${server} refused the key for user ${JSON.stringify(settings.user)}`,
    )
  }
  if (level === 'handshake' && /no matching/i.test(message)) {
    const why = message.replace('Handshake failed: ', '')
    return new DaybreakError('SOURCE_ALGORITHMS', `${server}: ${why}; it offered ${offered.join('; ')}`)
  }
  return new DaybreakError('SOURCE_UNREACHABLE', `cannot connect to ${server}: ${message}`, { cause: error })
}

/** The fields that ssh2 puts on its errors. */
export function readError(error: unknown): { message: string; level: string | null; status: number | null } {
  if (!(error instanceof Error)) return { message: String(error), level: null, status: null }
  const level = 'level' in error && typeof error.level === 'string' ? error.level : null
  const status = 'code' in error && typeof error.code === 'number' ? error.code : null
  // Several addresses tried and none answered: Node leaves the message empty and lists the failures.
  const inner = error instanceof AggregateError ? error.errors.map(String).join('; ') : ''
  return { message: error.message || inner || error.name, level, status }
}

/** `SHA256:` and base64 without padding, as OpenSSH prints it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}

function keyType(key: Buffer): string {
  const length = key.length >= 4 ? key.readUInt32BE(0) : 0
  return key.subarray(4, 4 + Math.min(length, 40)).toString('latin1')
}
