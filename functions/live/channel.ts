import { WebSocket, WebSocketServer } from 'ws'
import type { LiveMessage } from '../api/contract/live-messages.ts'
import { DaybreakError, toDaybreakError } from '../errors.ts'
import type { Seen } from '../http/guard.ts'
import { refuseUpgrade, seenOfUpgrade, type Upgrade, type Upgrades } from '../http/upgrade.ts'
import type { ChangesAnswer } from '../pipeline/people/reads.ts'
import type { Log } from '../pipeline/ports.ts'
import { createFeed, type Feed, type Listener } from './feed.ts'
import type { ReadChanges } from './read-on.ts'
import type { Hearer } from './topics.ts'
import { messageOf, parseHello } from './wire.ts'

/** Times and limits of the channel. */
export interface LivePace {
  /** Milliseconds between two reads of the ledger. Changes within them are one message. */
  readonly readEvery: number
  /** Milliseconds between two pings, each with a beat and a new look at who listens. */
  readonly beatEvery: number
  /** Milliseconds that a client has to say hello. */
  readonly helloWithin: number
  /** Milliseconds that clients have to answer a goodbye. */
  readonly leaveWithin: number
  /** Bytes of a message of a client. */
  readonly mostReceived: number
  /** Bytes that a client has not taken yet. */
  readonly mostUnsent: number
  readonly mostSockets: number
  /** Milliseconds that each further client adds to the time over which all of them ask after a change. */
  readonly spreadPerClient: number
  /** Most of them. */
  readonly mostSpread: number
}

/** Pace of a process on one machine. */
export const LAPTOP_PACE: LivePace = {
  readEvery: 250,
  beatEvery: 25_000,
  helloWithin: 10_000,
  leaveWithin: 1_000,
  mostReceived: 4_096,
  mostUnsent: 1_048_576,
  mostSockets: 2_000,
  spreadPerClient: 10,
  mostSpread: 10_000,
}

/** Pace of a service: its ledger is asked over a network, by several processes. */
export const SERVICE_PACE: LivePace = { ...LAPTOP_PACE, readEvery: 1_000 }

interface LiveOptions {
  readonly read: ReadChanges
  /** Says who asks. @throws {DaybreakError} REQUEST_FOREIGN, UNAUTHENTICATED, FORBIDDEN. */
  readonly admit: (seen: Seen) => Promise<Pick<Hearer, 'shards'>>
  readonly log: Log
  readonly pace?: LivePace
}

/** The channel that tells clients of changes. */
export interface LiveChannel extends Upgrades {
  /** Clients that are connected. */
  clients(): number
}

/** Why the server closes a socket: codes of RFC 6455, and 4401 for a caller who may listen no longer. */
const CLOSE = { goingAway: 1001, violation: 1008, restart: 1012, unauthenticated: 4401 } as const
// A client that answers neither of two pings is gone.
const MOST_MISSED = 2
const PATH = '/api/live'

/** Opens the channel. The caller hands it the upgrades of an HTTP server. */
export function openLive({ read, admit, log, pace = LAPTOP_PACE }: LiveOptions): LiveChannel {
  const feed = createFeed({ read, every: pace.readEvery, log })
  const clients = new Set<WebSocket>()
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: pace.mostReceived,
    perMessageDeflate: false,
    // The token must not be sent back as the protocol that was chosen.
    handleProtocols: (offered) => (offered.has('bearer') ? 'bearer' : false),
  })
  const spread = () => Math.min(pace.mostSpread, Math.max(0, clients.size - 1) * pace.spreadPerClient)
  const channel = { feed, pace, admit, spread, toText: createTexts() }
  let isLeaving = false

  async function welcome(upgrade: Upgrade): Promise<void> {
    const seen = seenOfUpgrade(upgrade.request)
    const { shards } = await admit(seen)
    if (seen.target.split('?')[0] !== PATH) throw new DaybreakError('NOT_FOUND', `the only WebSocket is ${PATH}`)
    if (isLeaving) throw new DaybreakError('CANCELLED', 'the process is ending')
    if (clients.size >= pace.mostSockets)
      throw new DaybreakError('RATE_LIMITED', `${clients.size} clients are connected, as many as this process takes`)
    server.handleUpgrade(upgrade.request, upgrade.socket, upgrade.head, (socket) => {
      clients.add(socket)
      socket.on('close', () => clients.delete(socket))
      serve(socket, { ...channel, seen, shards })
    })
  }

  return {
    clients: () => clients.size,
    take(upgrade) {
      const { socket } = upgrade
      const end = () => socket.destroy()
      socket.on('error', end)
      welcome(upgrade)
        .catch((error) => {
          const { code, message } = toDaybreakError(error)
          log({ severity: 'NOTICE', code, message: `GET ${PATH} was refused: ${message}` })
          refuseUpgrade(upgrade, error)
        })
        .finally(() => socket.off('error', end))
    },
    async leave() {
      isLeaving = true
      await feed.close()
      await Promise.all([...clients].map((socket) => sayBye(socket, pace.leaveWithin)))
    },
  }
}

interface Serving {
  readonly feed: Feed
  readonly pace: LivePace
  readonly admit: LiveOptions['admit']
  readonly spread: () => number
  readonly toText: Texts
  readonly seen: Seen
  readonly shards: readonly string[] | null
}

/** One client, from its hello to its end. */
function serve(socket: WebSocket, serving: Serving): void {
  const { feed, pace } = serving
  const tooLate = setTimeout(() => socket.close(CLOSE.violation, 'no hello came'), pace.helloWithin)
  const stopBeating = beat(socket, serving)
  let leave = () => {}
  socket.once('message', (data, isBinary) => {
    clearTimeout(tooLate)
    try {
      const { after, topics } = parseHello(isBinary ? '' : String(data))
      leave = feed.join(listenerOf(socket, { after, hearer: { shards: serving.shards, topics }, serving }))
      socket.on('message', () => socket.close(CLOSE.violation, 'a client says hello and nothing else'))
    } catch (error) {
      // A reason has at most 123 bytes.
      socket.close(
        CLOSE.violation,
        toDaybreakError(error)
          .message.replaceAll(/[^ -~]/g, '?')
          .slice(0, 120),
      )
    }
  })
  // Its message is the reason of the close that follows.
  socket.on('error', () => undefined)
  socket.on('close', () => {
    clearTimeout(tooLate)
    stopBeating()
    leave()
  })
}

interface Listening {
  readonly after: string | null
  readonly hearer: Hearer
  readonly serving: Serving
}

function listenerOf(socket: WebSocket, { after, hearer, serving }: Listening): Listener {
  const { pace, spread, toText } = serving
  const tell = (answer: ChangesAnswer) => {
    const text = toText(answer, hearer)
    if (text !== null) send(socket, text, pace)
  }
  return {
    after,
    welcome(answer) {
      // A client keeps the cursor of each message, so `ready` must not run ahead of what was told.
      if (answer.state === 'reset') tell(answer)
      const cursor = answer.state === 'ok' && answer.changes.length > 0 && after !== null ? after : answer.cursor
      send(socket, encode({ type: 'ready', cursor, spread: spread() }), pace)
      if (answer.state === 'ok') tell(answer)
    },
    hear: tell,
  }
}

/** Looks in turns whether the client is there and may still listen, and tells it how far it is. Returns what ends that. */
function beat(socket: WebSocket, { feed, pace, admit, spread, seen, shards }: Serving): () => void {
  let missed = 0
  socket.on('pong', () => {
    missed = 0
  })
  const timer = setInterval(() => {
    if (missed >= MOST_MISSED) return socket.terminate()
    missed += 1
    socket.ping()
    admit(seen).then(
      (now) => {
        if (JSON.stringify(now.shards) !== JSON.stringify(shards)) socket.close(CLOSE.restart, 'access has changed')
        const cursor = feed.cursor()
        if (cursor !== null) send(socket, encode({ type: 'beat', cursor, spread: spread() }), pace)
      },
      (error) => socket.close(CLOSE.unauthenticated, toDaybreakError(error).code),
    )
  }, pace.beatEvery)
  return () => clearInterval(timer)
}

function send(socket: WebSocket, text: Buffer, { mostUnsent }: LivePace): void {
  if (socket.readyState !== WebSocket.OPEN) return
  // Unsent bytes stay in memory. The client comes back with its cursor.
  if (socket.bufferedAmount > mostUnsent) socket.terminate()
  else socket.send(text, { binary: false })
}

async function sayBye(socket: WebSocket, within: number): Promise<void> {
  const closed = Promise.withResolvers<void>()
  socket.on('close', () => closed.resolve())
  if (socket.readyState === WebSocket.OPEN) socket.send(encode({ type: 'bye' }), { binary: false })
  socket.close(CLOSE.goingAway, 'the server ends')
  const timer = setTimeout(() => socket.terminate(), within)
  await closed.promise
  clearTimeout(timer)
}

/** An answer as the bytes for a hearer; null for nothing. */
type Texts = (answer: ChangesAnswer, hearer: Hearer) => Buffer | null

/** A thousand clients that may hear the same get the same bytes, written once. */
function createTexts(): Texts {
  const kept = new WeakMap<ChangesAnswer, Map<string, Buffer | null>>()
  return (answer, hearer) => {
    const texts = kept.get(answer) ?? new Map<string, Buffer | null>()
    kept.set(answer, texts)
    const key = JSON.stringify([hearer.shards, hearer.topics])
    const known = texts.get(key)
    if (known !== undefined) return known
    const message = messageOf(answer, hearer)
    const text = message === null ? null : encode(message)
    texts.set(key, text)
    return text
  }
}

function encode(message: LiveMessage): Buffer {
  return Buffer.from(JSON.stringify(message))
}
