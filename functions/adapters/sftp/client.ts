import { connect as connectSocket, type Socket } from 'node:net'
import type { ConnectConfig } from 'ssh2'
import SftpClient from 'ssh2-sftp-client'
import { DaybreakError } from '../../errors.ts'
import { ALGORITHMS } from './algorithms.ts'
import { type SftpSettings, serverName } from './config.ts'
import { explainSession, isSessionFailure } from './greeting.ts'
import { type Handshake, mismatch, watchHandshake } from './handshake.ts'
import { hostKeyAlgorithms, readPin, typeOf } from './host-keys.ts'
import { readLoginKeys } from './key.ts'
import { createLink, type SftpLink } from './link.ts'
import { type Credentials, createLogin, type Login } from './login.ts'

const KEEPALIVE = 10_000

/** Memory of a server between connections. */
export interface HostKeyMemory {
  /** Type of the host key that matched a pin. */
  matched: string | null
}

/**
 * One try at a connection. A server that shows a host key of a type that is not pinned, and has others, is asked for those.
 * @throws {DaybreakError} the SOURCE_* codes of `SourceConnector.connect`, SECRET_INVALID for a bad key, CANCELLED.
 */
export async function openLink(settings: SftpSettings, memory: HostKeyMemory, signal?: AbortSignal): Promise<SftpLink> {
  const credentials = { user: settings.user, keys: readLoginKeys(settings), password: settings.password }
  const end = performance.now() + settings.connectTimeout
  const shown = new Map<string, string>()
  for (;;) {
    if (signal?.aborted) throw cancelled(settings)
    const dial = { settings, credentials, refused: new Set(shown.keys()), memory, end, signal }
    const { link, handshake, error } = await dialOnce(dial)
    if (link) return link
    const key = handshake.shown()
    if (key === null || key.isPinned)
      throw shown.size > 0 && error.code === 'SOURCE_ALGORITHMS' ? mismatch(settings, [...shown.values()]) : error
    shown.set(key.type, `${key.type} ${key.fingerprint}`)
    if (!hasOthers(dial, handshake, new Set(shown.keys()))) throw mismatch(settings, [...shown.values()])
  }
}

interface Dial {
  readonly settings: SftpSettings
  readonly credentials: Credentials
  /** Types of host keys that were shown and are not pinned. */
  readonly refused: ReadonlySet<string>
  readonly memory: HostKeyMemory
  /** When the try is given up, on the clock of `performance`. */
  readonly end: number
  readonly signal: AbortSignal | undefined
}

function hasOthers({ settings, memory }: Dial, handshake: Handshake, refused: ReadonlySet<string>): boolean {
  const possible = hostKeyAlgorithms(settings.hostKeys.map(readPin), { refused, matched: memory.matched }).map(typeOf)
  return handshake.offeredHostKeys().some((algorithm) => possible.includes(typeOf(algorithm)))
}

type Dialled =
  | { readonly link: SftpLink; readonly handshake: Handshake; readonly error?: never }
  | { readonly link?: never; readonly handshake: Handshake; readonly error: DaybreakError }

/** One client, one socket, one login. */
async function dialOnce(dial: Dial): Promise<Dialled> {
  const { settings, credentials, memory, signal } = dial
  const handshake = watchHandshake(settings, settings.hostKeys.map(readPin))
  const login = createLogin(credentials)
  // Without `noDelay` a download runs at 1.4 MB/s on loopback: ssh2 leaves Nagle's algorithm on.
  const socket = connectSocket({ host: settings.host, port: settings.port, noDelay: true })
  const client = new SftpClient(serverName(settings), {})
  // Registered before anything can fail, so no error of this client is ever an unhandled one; the first is the cause.
  let cause: unknown
  client.on('error', (error: unknown) => {
    cause ??= error
  })
  client.on('banner', handshake.banner)
  const giveUp = (error: DaybreakError) => {
    cause ??= error
    socket.destroy()
  }
  const deadline = setTimeout(() => giveUp(tooSlow(settings)), Math.max(0, dial.end - performance.now()))
  const cancel = () => giveUp(cancelled(settings))
  signal?.addEventListener('abort', cancel, { once: true })
  try {
    const connecting = client.connect(configOf(dial, { handshake, login, socket }))
    socket.on('data', handshake.heard)
    const sftp = await Promise.race([connecting, closing(socket)])
    socket.off('data', handshake.heard)
    memory.matched = handshake.shown()?.type ?? null
    return { link: createLink({ client, sftp, socket }, settings), handshake }
  } catch (error) {
    socket.destroy()
    return { handshake, error: await explain(cause ?? error, dial, { handshake, login }) }
  } finally {
    clearTimeout(deadline)
    signal?.removeEventListener('abort', cancel)
  }
}

/** ssh2 does not report every connection that ends before it is ready. */
async function closing(socket: Socket): Promise<never> {
  await new Promise((resolve) => socket.once('close', resolve))
  // What ssh2 has to say of it comes first.
  await new Promise((resolve) => setImmediate(resolve))
  throw new Error('the server closed the connection')
}

async function explain(
  error: unknown,
  dial: Dial,
  { handshake, login }: { readonly handshake: Handshake; readonly login: Login },
): Promise<DaybreakError> {
  if (error instanceof DaybreakError || !isSessionFailure(error)) return handshake.explain(error, login.explain())
  const again = {
    handshake: watchHandshake(dial.settings, dial.settings.hostKeys.map(readPin)),
    login: createLogin(dial.credentials),
  }
  const { host, port, connectTimeout: readyTimeout } = dial.settings
  const config = { ...configOf(dial, { ...again, socket: undefined }), host, port, readyTimeout }
  return await explainSession(error, config, serverName(dial.settings))
}

function configOf(
  { settings, refused, memory }: Dial,
  {
    handshake,
    login,
    socket,
  }: { readonly handshake: Handshake; readonly login: Login; readonly socket: Socket | undefined },
): ConnectConfig {
  const pins = settings.hostKeys.map(readPin)
  return {
    ...(socket && { sock: socket }),
    username: settings.user,
    authHandler: login.handler,
    algorithms: { ...ALGORITHMS, serverHostKey: hostKeyAlgorithms(pins, { refused, matched: memory.matched }) },
    hostVerifier: handshake.hostVerifier,
    debug: handshake.debug,
    // Ours covers the subsystem too, which a server can leave unanswered after a login that worked.
    readyTimeout: 0,
    keepaliveInterval: KEEPALIVE,
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
