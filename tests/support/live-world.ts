import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { openSqliteLedger } from '../../functions/adapters/sqlite/ledger.ts'
import type { LiveMessage } from '../../functions/api/contract/live-messages.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { expectOwn, type Seen } from '../../functions/http/guard.ts'
import { startServer } from '../../functions/http/server.ts'
import { LAPTOP_PACE, type LivePace, openLive } from '../../functions/live/channel.ts'
import type { PeopleLedger } from '../../functions/pipeline/people/reads.ts'
import type { Change, LogEntry } from '../../functions/pipeline/ports.ts'
import { testFolder } from './folder.ts'
import { aRun, aSlice } from './ledger-rows.ts'

/** Tokens that a live world knows, and the shards that each may see. */
export const CALLERS: Readonly<Record<string, readonly string[] | null>> = { all: null, east: ['1'], none: [] }

/** Milliseconds between reads of a test. */
const QUICK: LivePace = { ...LAPTOP_PACE, readEvery: 5 }

interface LiveWorldOptions {
  readonly pace?: Partial<LivePace>
  readonly ledger?: PeopleLedger
  /** File of an empty ledger to copy: faster than a new one. */
  readonly from?: string
  /** Default: by the tokens of CALLERS. */
  readonly admit?: (seen: Seen) => { readonly shards: readonly string[] | null }
}

/** A server with a live channel over a ledger. */
export async function liveWorld({ pace, ledger: given, from, admit }: LiveWorldOptions = {}) {
  const ledger = given ?? (await openCopy(from))
  const logged: LogEntry[] = []
  const callers = new Map(Object.entries(CALLERS))
  let reads = 0
  const live = openLive({
    read(after) {
      reads += 1
      return ledger.reads.changesAfter(after)
    },
    admit: async (seen) => admit?.(seen) ?? { shards: shardsOf(seen, callers) },
    log: (entry) => void logged.push(entry),
    pace: { ...QUICK, ...pace },
  })
  const server = await startServer({
    handler: (_, response) => void response.end('here'),
    host: '127.0.0.1',
    port: 0,
    maxBodyBytes: 1_000,
    upgrades: live,
  })
  const close = () => server.drain(3_000, () => undefined)
  onTestFinished(async () => {
    await close()
    if (!given) await ledger.close()
  })
  return {
    ...{ ledger, live, port: server.port, logged, callers, close },
    reads: () => reads,
    connect: (token: string | null = 'all', headers = {}) => connect(server.port, { token, headers }),
  }
}

async function openCopy(from: string | undefined): Promise<PeopleLedger> {
  const path = join(await testFolder(), 'ledger.sqlite')
  if (from !== undefined) await copyFile(from, path)
  return await openSqliteLedger({ path })
}

function shardsOf(seen: Seen, callers: ReadonlyMap<string, readonly string[] | null>) {
  for (const [token, shards] of callers)
    try {
      expectOwn(seen, token)
      return shards
    } catch (error) {
      if (error instanceof DaybreakError && error.code === 'UNAUTHENTICATED') continue
      throw error
    }
  throw new DaybreakError('UNAUTHENTICATED', 'the request carries no token that is known')
}

// A busy machine is slow, and no test waits so long when it succeeds.
const PATIENCE = 30_000

/** Asks until the answer is as expected. */
export const eventually = <Answer>(ask: () => Answer) => expect.poll(ask, { timeout: PATIENCE, interval: 10 })

/** A client of the channel, with everything that it was told. */
export interface LiveClient {
  readonly socket: WebSocket
  readonly messages: LiveMessage[]
  /** Topics of all changes so far. */
  topics(): readonly string[]
  hello(after?: string | null, topics?: readonly string[]): void
  /** Resolves when the client was told of what the question looks for. */
  until(isThere: (messages: readonly LiveMessage[]) => boolean): Promise<void>
  /** Code and reason of its end. */
  readonly ended: Promise<{ readonly code: number; readonly reason: string }>
}

/** Opens a client. @throws {Error} with the status for one that was refused. */
export async function connect(
  port: number,
  { token, headers }: { readonly token: string | null; readonly headers: Readonly<Record<string, string>> },
): Promise<LiveClient> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/live`, token === null ? [] : ['bearer', token], { headers })
  const messages: LiveMessage[] = []
  const ended = Promise.withResolvers<{ code: number; reason: string }>()
  let tell = () => {}
  socket.on('message', (data) => {
    messages.push(JSON.parse(String(data)))
    tell()
  })
  socket.on('close', (code, reason) => {
    ended.resolve({ code, reason: String(reason) })
    tell()
  })
  await new Promise<void>((resolve, reject) => {
    socket.on('open', () => resolve())
    socket.on('unexpected-response', (_, response) => reject(new Error(`status ${response.statusCode}`)))
    socket.on('error', reject)
  })
  onTestFinished(() => socket.terminate())
  return {
    ...{ socket, messages, ended: ended.promise },
    topics: () => messages.flatMap((one) => (one.type === 'daybreak.changed.v1' ? one.data.topics : [])),
    hello: (after = null, topics = ['*']) => socket.send(JSON.stringify({ type: 'hello', after, topics })),
    until: (isThere) =>
      new Promise((resolve, reject) => {
        const fail = (why: string) => reject(new Error(`${why}; told so far: ${JSON.stringify(messages)}`))
        const timer = setTimeout(() => fail('no such message came'), PATIENCE)
        tell = () => {
          if (isThere(messages)) resolve()
          else if (socket.readyState === WebSocket.CLOSED) fail('the socket was closed')
          else return
          clearTimeout(timer)
        }
        tell()
      }),
  }
}

/** Cursor of the last message that has one. */
export function cursorOf(messages: readonly LiveMessage[]): string {
  const last = messages.findLast((one) => one.type !== 'bye')
  if (last === undefined) throw new Error('no message has a cursor')
  return last.type === 'daybreak.changed.v1' ? last.id : last.cursor
}

/** A change of a slice of a shard. */
export function sliceChange(shard: string): Change {
  return { change: 'slice', slice: aSlice({ shard }) }
}

/** A change of a run. */
export function runChange(id: string): Change {
  return { change: 'run', run: aRun({ id }) }
}
