import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Seen } from './guard.ts'
import { problemMessage, toProblem } from './problem.ts'

/** Takes over connections that leave HTTP for a WebSocket. */
export interface Upgrades {
  /** Takes one, or refuses it with `refuseUpgrade`. */
  take(upgrade: Upgrade): void
  /** Says goodbye on all of them, and resolves when they are closed. */
  leave(): Promise<void>
}

/** Request for another protocol, and the connection that it came on. */
export interface Upgrade {
  readonly request: IncomingMessage
  readonly socket: Duplex
  readonly head: Buffer
}

/** Answers a request for another protocol with a problem document, and closes its connection. */
export function refuseUpgrade({ socket }: Upgrade, error: unknown): void {
  socket.end(problemMessage(toProblem(error)))
  socket.once('finish', () => socket.destroy())
}

/**
 * Pure: members of such a request that the guard looks at. A page cannot set `Authorization` on a WebSocket, so a token may come as its
 * second subprotocol: `Sec-WebSocket-Protocol: bearer, TOKEN`.
 */
export function seenOfUpgrade({ method, url, rawHeaders, socket, headers }: IncomingMessage): Seen {
  const { remoteAddress = '', localPort = 0 } = socket
  const [, token] = /^bearer\s*,\s*([\x21-\x2b\x2d-\x7e]+)$/.exec(headers['sec-websocket-protocol'] ?? '') ?? []
  const all = token === undefined ? rawHeaders : [...rawHeaders, 'Authorization', `Bearer ${token}`]
  return { method: method ?? '', target: url ?? '', headers: all, remoteAddress, localPort }
}
