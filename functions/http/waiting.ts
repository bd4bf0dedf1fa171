import type { IncomingMessage } from 'node:http'

type Socket = IncomingMessage['socket']

/** Connections on which no request is worked on: silent ones, those that send a request, and those kept for the next one. */
interface Waiting {
  /** Its place is the last one, also if it waited before. */
  add(socket: Socket): void
  remove(socket: Socket): void
}

/**
 * Keeps at most `most` waiting connections of each address. One more closes the one that waited longest, so a sender of slow
 * requests takes places from itself, and a request that arrives whole is worked on.
 */
export function createWaiting(most: number): Waiting {
  const byAddress = new Map<string, Set<Socket>>()
  // A closed socket no longer says its address.
  const addresses = new WeakMap<Socket, string>()

  function remove(socket: Socket): void {
    const address = addresses.get(socket) ?? ''
    const sockets = byAddress.get(address)
    sockets?.delete(socket)
    if (sockets?.size === 0) byAddress.delete(address)
  }

  return {
    add(socket) {
      remove(socket)
      const address = addresses.get(socket) ?? socket.remoteAddress ?? ''
      addresses.set(socket, address)
      const sockets = byAddress.get(address) ?? new Set<Socket>()
      byAddress.set(address, sockets.add(socket))
      const [oldest] = sockets
      if (sockets.size > most && oldest) {
        remove(oldest)
        oldest.destroy()
      }
    },
    remove,
  }
}
