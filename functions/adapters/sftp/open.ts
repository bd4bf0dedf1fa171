import { connect as connectSocket } from 'node:net'
import type { PublicKeyAuthMethod } from 'ssh2'
import SftpClient from 'ssh2-sftp-client'
import { DaybreakError } from '../../errors.ts'
import { ALGORITHMS } from './algorithms.ts'
import { watchHandshake } from './handshake.ts'
import { readLoginKeys } from './key.ts'
import { createLink, type SftpLink } from './link.ts'
import { type SftpSettings, serverName } from './settings.ts'

const KEEPALIVE = 10_000

/**
 * One try at a connection: one client, one socket, one login.
 * @throws {DaybreakError} the SOURCE_* codes of `SourceConnector.connect`, CONFIG_INVALID for a bad key, CANCELLED.
 */
export async function openLink(settings: SftpSettings, signal?: AbortSignal): Promise<SftpLink> {
  const keys = readLoginKeys(settings)
  if (signal?.aborted) throw cancelled(settings)
  const logins = keys.map((key): PublicKeyAuthMethod => ({ type: 'publickey', username: settings.user, key }))
  const handshake = watchHandshake(settings)
  // Without `noDelay` a download runs at 1.4 MB/s on loopback: ssh2 leaves Nagle's algorithm on.
  const socket = connectSocket({ host: settings.host, port: settings.port, noDelay: true })
  const client = new SftpClient(serverName(settings), {})
  // Registered before anything can fail, so no error of this client is ever an unhandled one; the first is the cause.
  let cause: unknown
  client.on('error', (error: unknown) => {
    cause ??= error
  })
  const giveUp = (error: DaybreakError) => {
    cause ??= error
    socket.destroy()
  }
  const deadline = setTimeout(() => giveUp(tooSlow(settings)), settings.connectTimeout)
  const cancel = () => giveUp(cancelled(settings))
  signal?.addEventListener('abort', cancel, { once: true })
  try {
    const sftp = await client.connect({
      sock: socket,
      username: settings.user,
      authHandler: logins,
      algorithms: ALGORITHMS,
      hostVerifier: handshake.hostVerifier,
      debug: handshake.debug,
      // Ours covers the subsystem too, which a server can leave unanswered after a login that worked.
      readyTimeout: 0,
      keepaliveInterval: KEEPALIVE,
    })
    return createLink({ client, sftp, socket }, settings)
  } catch (error) {
    socket.destroy()
    throw handshake.explain(cause ?? error)
  } finally {
    clearTimeout(deadline)
    signal?.removeEventListener('abort', cancel)
  }
}

function tooSlow(settings: SftpSettings): DaybreakError {
  return new DaybreakError(
    'SOURCE_UNREACHABLE',
    `cannot connect to ${serverName(settings)}: not ready within ${settings.connectTimeout} ms`,
  )
}

function cancelled(settings: SftpSettings): DaybreakError {
  return new DaybreakError('CANCELLED', `cancelled while connecting to ${serverName(settings)}`)
}
