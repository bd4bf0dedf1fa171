import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type HttpFunction, http } from '@google-cloud/functions-framework'
import { getTestServer } from '@google-cloud/functions-framework/testing'
import { DaybreakError } from '../errors.ts'
import { readBody } from './body.ts'
import { answerMalformed } from './malformed.ts'
import { COME_AGAIN, toProblem } from './problem.ts'
import { refuseUpgrade, type Upgrades } from './upgrade.ts'
import { createWaiting } from './waiting.ts'

/** Times and limits for callers that send or take slowly. */
export interface ServerPace {
  /** Milliseconds until the headers of a request are here, from the opening of the connection or their first byte. */
  readonly headersWithin: number
  /** Milliseconds until a whole request is here, from the same instant. At least `headersWithin`. */
  readonly requestWithin: number
  /** Milliseconds between two looks at these times. */
  readonly checkEvery: number
  /** Milliseconds without a byte that the caller takes of an answer that has bytes for it. */
  readonly stalledAfter: number
  /** Connections of one address without a request that is worked on. */
  readonly mostWaiting: number
  /** Connections of all addresses, WebSockets included. Further ones are closed at once. */
  readonly mostConnections: number
}

/** Handler, address and limit of a server. */
interface ServerOptions {
  readonly handler: HttpFunction
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** A larger body is refused before it is read. */
  readonly maxBodyBytes: number
  /** Takes requests for a WebSocket. Without it they are answered as if they asked for none. */
  readonly upgrades?: Upgrades
  readonly pace?: ServerPace
}

/** Server that listens. */
export interface RunningServer {
  readonly port: number
  /** Requests that are being answered now, or still worked on after the caller has hung up. */
  active(): number
  /**
   * Refuses new requests, and resolves when all work on earlier ones has ended. After 65 % of `time` it calls `abort`, so that
   * work stops at a safe place and answers. At the end of `time` it cuts the connections.
   */
  drain(time: number, abort: () => void): Promise<void>
}

// Of the time to drain, so much is left for what was aborted to record where it stopped, and to answer.
const FAREWELL = 0.35
const PACE: ServerPace = {
  headersWithin: 15_000,
  requestWithin: 60_000,
  checkEvery: 5_000,
  stalledAfter: 60_000,
  // A proxy is one address for all its callers, and keeps a connection per request of the busiest second.
  mostWaiting: 1_000,
  mostConnections: 10_000,
}
// A thousand ids of locations in the address of a list.
const MOST_HEADER_BYTES = 32_768
// Longer than any proxy in front of it keeps a connection, which would otherwise send a request into one that closes.
const KEEP_ALIVE = 620_000
// After a body is refused, the rest of it is discarded for this long. A caller that sends on is cut off.
const LINGER = 1_000

/**
 * Serves a function of the Functions Framework on a server of our own: the framework's reads bodies of a gigabyte before
 * anybody can refuse them, and leaves the moment it is told to end.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { handler, host, port, maxBodyBytes, upgrades, pace = PACE } = options
  // A queue hangs up at its deadline, and the work goes on: it has to end at a safe place as well.
  const working = new Set<unknown>()
  http('daybreak', async (request, response) => {
    working.add(response)
    try {
      await handler(request, response)
    } finally {
      working.delete(response)
      idle()
    }
  })
  const framework = getTestServer('daybreak')
  const active = new Set<ServerResponse>()
  let idle = () => {}
  let isDraining = false
  const waiting = createWaiting(pace.mostWaiting)

  const server = createServer(
    {
      headersTimeout: pace.headersWithin,
      requestTimeout: pace.requestWithin,
      connectionsCheckingInterval: pace.checkEvery,
      keepAliveTimeout: KEEP_ALIVE,
      maxHeaderSize: MOST_HEADER_BYTES,
    },
    (request, response) => {
      response.shouldKeepAlive &&= !isDraining
      if (isDraining) return refuse(response, COME_AGAIN)
      const { socket } = request
      active.add(response)
      response.on('close', () => {
        active.delete(response)
        const isBusy = [...active].some((other) => other.req.socket === socket)
        if (!isBusy && !socket.destroyed) waiting.add(socket)
        if (isDraining) server.closeIdleConnections()
      })
      cutWhenStalled(response, pace.stalledAfter)
      void pass(request, response, { framework, maxBodyBytes, arrived: () => waiting.remove(socket) })
    },
  )
  server.maxConnections = pace.mostConnections
  server.on('connection', (socket) => {
    waiting.add(socket)
    socket.once('close', () => waiting.remove(socket))
  })
  server.on('clientError', (error, socket) => {
    const isAnswering = [...active].some((response) => response.socket === socket && response.headersSent)
    answerMalformed(error, socket, { isAnswering, mostHeaderBytes: MOST_HEADER_BYTES, linger: LINGER })
  })
  if (upgrades)
    server.on('upgrade', (request, socket, head) => {
      const upgrade = { request, socket, head }
      waiting.remove(request.socket)
      if (isDraining) refuseUpgrade(upgrade, new DaybreakError('CANCELLED', 'the process is ending'))
      else upgrades.take(upgrade)
    })
  await new Promise<void>((resolve, reject) => server.on('error', reject).listen(port, host, resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : port,
    active: () => new Set<unknown>([...active, ...working]).size,
    async drain(time, abort) {
      isDraining = true
      const deadline = performance.now() + time
      for (const response of active) response.shouldKeepAlive = false
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeIdleConnections()
      const left = upgrades?.leave()
      const timers = [setTimeout(abort, time * (1 - FAREWELL)), setTimeout(() => server.closeAllConnections(), time)]
      await Promise.all([closed, left])
      const ended = new Promise<void>((resolve) => {
        idle = () => working.size === 0 && resolve()
        timers.push(setTimeout(resolve, Math.max(0, deadline - performance.now())))
        idle()
      })
      await ended
      for (const timer of timers) clearTimeout(timer)
    },
  }
}

/** Cuts a connection whose caller takes nothing of an answer. A handler that still works has nothing unsent, and may take its time. */
function cutWhenStalled(response: ServerResponse, after: number): void {
  const { socket } = response.req
  // Node.js forgets this time when the answer has ended.
  socket.setTimeout(after)
  response.on('timeout', () => {
    if (socket.writableLength > 0) socket.destroy()
    else socket.setTimeout(after)
  })
}

interface Passing {
  readonly framework: Server
  readonly maxBodyBytes: number
  /** Called when the whole request is here. */
  readonly arrived: () => void
}

/** Hands a request on once its body is here; the framework finds it read already. */
async function pass(
  request: IncomingMessage,
  response: ServerResponse,
  { framework, maxBodyBytes, arrived }: Passing,
): Promise<void> {
  try {
    const rawBody = await readBody(request, maxBodyBytes)
    arrived()
    framework.emit('request', Object.assign(request, { rawBody, body: null }), response)
  } catch (error) {
    const { status } = toProblem(error)
    refuse(response, status, error)
    request.resume()
    setTimeout(() => request.complete || request.destroy(), LINGER).unref()
  }
}

function refuse(response: ServerResponse, status: number, error?: unknown): void {
  if (response.headersSent) return
  const body = error === undefined ? '' : JSON.stringify(toProblem(error))
  const headers = { 'content-type': 'application/problem+json', 'content-length': Buffer.byteLength(body) }
  response.writeHead(status, { ...headers, connection: 'close' }).end(body)
}
