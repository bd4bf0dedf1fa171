import type { Socket } from 'node:net'
import type { SFTPWrapper } from 'ssh2'
import type SftpClient from 'ssh2-sftp-client'
import { DaybreakError } from '../../errors.ts'
import { type SftpSettings, serverName } from './config.ts'
import { readError } from './errors.ts'

/** How ssh2 answers a request. */
export type Answer<Value> = (error: Error | undefined | null, value: Value) => void

/** One open SFTP connection. Its requests always end: with the answer, or when the connection breaks. */
export interface SftpLink {
  readonly sftp: SFTPWrapper
  readonly name: string
  /** Milliseconds that a listing may take, in addition to those that its entries are worth. */
  readonly listingTimeout: number
  /**
   * Sends one request. A refusal by the server rejects with ssh2's error and its status;
   * @throws {DaybreakError} SOURCE_UNREACHABLE when the connection is broken, or nothing arrives for the inactivity timeout.
   */
  request<Value>(send: (answer: Answer<Value>) => void): Promise<Value>
  /** Cuts the connection; all open requests fail with this error. */
  break(error: DaybreakError): void
  close(): Promise<void>
}

interface Opened {
  readonly client: SftpClient
  readonly sftp: SFTPWrapper
  readonly socket: Socket
}

// A server that does not say goodbye in time is left without one.
const GOODBYE = 1_000
// So many times the inactivity timeout is enough for any folder that the server has at hand.
const LISTING_TIMEOUTS = 10

/** Puts a watchdog on a connection: ssh2 itself waits for an answer for ever, even while keepalives come back. */
export function createLink({ client, sftp, socket }: Opened, settings: SftpSettings): SftpLink {
  const name = serverName(settings)
  const open = new Set<(error: DaybreakError) => void>()
  let broken: DaybreakError | null = null
  let answers = 0

  const breakLink = (error: DaybreakError) => {
    broken ??= error
    clearTimeout(watchdog)
    for (const fail of open) fail(broken)
    open.clear()
    socket.destroy()
  }
  const lost = (why: string) => breakLink(new DaybreakError('SOURCE_UNREACHABLE', `connection to ${name} lost: ${why}`))
  // Real time, not the pipeline's clock: the network is watched.
  const watchdog = setTimeout(() => {
    // After a long computation the answer may be here already, not yet read: one turn of the event loop to take it.
    const before = answers
    setImmediate(() => {
      if (open.size > 0 && answers === before) lost(`no answer for ${settings.inactivityTimeout} ms`)
    })
  }, settings.inactivityTimeout)
  watchdog.unref()

  client.on('error', (error: unknown) => lost(readError(error).message))
  sftp.on('error', (error: unknown) => lost(readError(error).message))
  sftp.once('close', () => lost('the server closed the session'))
  socket.once('close', () => lost('the server closed it'))

  return {
    sftp,
    name,
    listingTimeout: LISTING_TIMEOUTS * settings.inactivityTimeout,
    break: breakLink,
    request<Value>(send: (answer: Answer<Value>) => void): Promise<Value> {
      return new Promise((resolve, reject) => {
        if (broken) return reject(broken)
        if (open.size === 0) watchdog.refresh()
        open.add(reject)
        send((error, value) => {
          answers++
          open.delete(reject)
          watchdog.refresh()
          if (!error) return resolve(value)
          if (readError(error).status === null) lost(error.message)
          reject(broken ?? error)
        })
      })
    },
    async close() {
      if (!broken) {
        broken = new DaybreakError('SOURCE_UNREACHABLE', `connection to ${name} is closed`)
        const closed = new Promise((resolve) => socket.once('close', resolve))
        const late = setTimeout(() => socket.destroy(), GOODBYE)
        client.end().catch(() => socket.destroy())
        await closed
        clearTimeout(late)
      }
      breakLink(broken)
    },
  }
}
