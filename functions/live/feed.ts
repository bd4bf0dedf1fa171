import { setTimeout as wait } from 'node:timers/promises'
import { toDaybreakError } from '../errors.ts'
import type { ChangesAnswer } from '../pipeline/people/reads.ts'
import type { Log, LogEntry } from '../pipeline/ports.ts'
import { type ReadChanges, readOn } from './read-on.ts'

/** A listener to the changes of the ledger. */
export interface Listener {
  /** Cursor that it goes on from; null for now. */
  readonly after: string | null
  /** Gets everything after its cursor, once, before anything else. */
  welcome(answer: ChangesAnswer): void
  /** Gets each following answer, in their order. */
  hear(answer: ChangesAnswer): void
}

/** The one reader of changes in a process. It reads only while there is a listener. */
export interface Feed {
  /** Adds a listener. Returns what removes it. */
  join(listener: Listener): () => void
  /** Cursor up to which all listeners heard everything; null while the ledger does not answer. */
  cursor(): string | null
  /** Removes all listeners, and resolves when nothing is read any more. */
  close(): Promise<void>
}

interface FeedOptions {
  readonly read: ReadChanges
  /** Milliseconds between two reads: changes within them are one answer. */
  readonly every: number
  readonly log: Log
}

// A ledger that is away is asked less often.
const SLOWEST = 5_000

/** Opens the feed. It reads nothing before the first listener. */
export function createFeed({ read, every, log }: FeedOptions): Feed {
  const state: FeedState = { members: new Set(), waiting: new Set(), cursor: null, failures: 0, round: null }

  async function pass(): Promise<void> {
    try {
      await tick(state, read)
      state.failures = 0
    } catch (error) {
      state.failures += 1
      if (state.failures === 1) log(warning(error))
    }
  }

  async function run(): Promise<void> {
    while (state.members.size + state.waiting.size > 0) {
      state.round = pass()
      await state.round
      // A process that ends does not wait for the pause.
      await wait(Math.min(SLOWEST, every * 2 ** Math.min(state.failures, 10)), undefined, { ref: false })
    }
    state.round = null
  }

  return {
    join(listener) {
      state.waiting.add(listener)
      if (state.round === null) void run()
      return () => {
        state.waiting.delete(listener)
        state.members.delete(listener)
      }
    },
    cursor: () => (state.failures === 0 ? state.cursor : null),
    async close() {
      state.members.clear()
      state.waiting.clear()
      await state.round
    },
  }
}

interface FeedState {
  readonly members: Set<Listener>
  readonly waiting: Set<Listener>
  cursor: string | null
  failures: number
  /** The read at hand or the last one; null while nothing is read. */
  round: Promise<void> | null
}

/** Tells members the news, and then lets in those that wait. */
async function tick(state: FeedState, read: ReadChanges): Promise<void> {
  const { members, waiting } = state
  const news = await readOn(read, members.size === 0 ? null : state.cursor)
  if (news.state === 'reset' || news.changes.length > 0) for (const member of members) member.hear(news)
  state.cursor = news.cursor
  // These reads follow the one above: what they do not find is newer, and the next tick tells it.
  for (const [after, group] of Map.groupBy(waiting, (listener) => listener.after)) {
    const answer = await missedBy(after, news.cursor, read)
    for (const listener of group) {
      if (!waiting.delete(listener)) continue
      members.add(listener)
      listener.welcome(answer)
    }
  }
}

function missedBy(after: string | null, cursor: string, read: ReadChanges): Promise<ChangesAnswer> {
  if (after === null || after === cursor) return Promise.resolve({ state: 'ok', changes: [], cursor })
  return readOn(read, after)
}

function warning(error: unknown): LogEntry {
  const { code, message } = toDaybreakError(error)
  return { severity: 'WARNING', code, message: `The live channel waits for the ledger: ${message}` }
}
