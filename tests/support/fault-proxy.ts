import { createServer, connect as openSocket, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

/** Fault of one connection. Bytes are counted from the server to the client. */
export interface Faults {
  /** Accepts the connection and never says a word. */
  readonly blackHole?: boolean
  /** Milliseconds that every byte is under way, in each direction. */
  readonly latency?: number
  readonly bytesPerSecond?: number
  /** Hands the client pieces of at most so many bytes. */
  readonly slice?: number
  /** Resets both sides after so many bytes. */
  readonly resetAfter?: number
  /** Stays open and delivers nothing more after so many bytes. */
  readonly stallAfter?: number
}

export interface FaultProxy {
  readonly host: string
  readonly port: number
  /** Connections taken so far. */
  readonly connections: number
  /** Bytes handed to clients so far. */
  readonly bytes: number
  close(): Promise<void>
}

/** A TCP proxy on loopback that damages connections; `faults` is asked for each, counted from 1. */
export async function startFaultProxy(
  target: { readonly host: string; readonly port: number },
  faults: (connection: number) => Faults,
): Promise<FaultProxy> {
  const sockets = new Set<Socket>()
  const counted = { connections: 0, bytes: 0 }
  const keep = (socket: Socket) => {
    sockets.add(socket)
    // A broken connection is what this proxy is for.
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket))
    return socket
  }
  const server = createServer({ noDelay: true }, (client) => {
    keep(client)
    const of = faults(++counted.connections)
    if (of.blackHole) return client.resume()
    const upstream = keep(openSocket({ ...target, noDelay: true }))
    client.once('close', () => upstream.destroy())
    void carry(client, upstream, of.latency === undefined ? {} : { latency: of.latency })
    void carry(upstream, client, of, counted)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    host: '127.0.0.1',
    port: typeof address === 'object' && address ? address.port : 0,
    get connections() {
      return counted.connections
    },
    get bytes() {
      return counted.bytes
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function carry(from: Socket, to: Socket, faults: Faults, counted = { bytes: 0 }): Promise<void> {
  const { latency = 0, bytesPerSecond, slice = Number.POSITIVE_INFINITY, resetAfter, stallAfter } = faults
  const limit = Math.min(resetAfter ?? Number.POSITIVE_INFINITY, stallAfter ?? Number.POSITIVE_INFINITY)
  let carried = 0
  try {
    for await (const { bytes, due } of readAhead(from, latency)) {
      const early = due - performance.now()
      if (early > 0) await wait(early)
      for (let start = 0; start < bytes.length; ) {
        const piece = bytes.subarray(start, start + Math.min(slice, limit - carried))
        start += piece.length
        carried += piece.length
        counted.bytes += piece.length
        if (piece.length > 0 && !to.write(piece) && latency === 0) await drained(to)
        if (bytesPerSecond !== undefined) await wait((piece.length / bytesPerSecond) * 1_000)
        if (carried < limit) continue
        if (resetAfter !== undefined) to.resetAndDestroy()
        if (resetAfter !== undefined) from.destroy()
        return
      }
    }
    to.end()
  } catch {
    to.destroy()
  }
}

/** Reads on while earlier bytes are still under way: latency delays bytes, it does not make fewer of them. */
async function* readAhead(from: Socket, latency: number): AsyncGenerator<{ bytes: Buffer; due: number }> {
  const queue: { bytes: Buffer; due: number }[] = []
  let wake = () => {}
  let ended = false
  from.on('data', (bytes: Buffer) => {
    queue.push({ bytes, due: performance.now() + latency })
    if (latency === 0) from.pause()
    wake()
  })
  from.once('close', () => {
    ended = true
    wake()
  })
  for (;;) {
    const next = queue.shift()
    if (next) {
      yield next
      if (latency === 0) from.resume()
    } else if (ended) return
    else
      await new Promise<void>((resolve) => {
        wake = resolve
      })
  }
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('drain', resolve)
    socket.once('close', () => resolve())
  })
}
