import type { Hello, LiveMessage } from '../../../functions/api/contract/live-messages.ts'

/** Times of the channel, in milliseconds. */
export interface FollowPace {
  /** Shortest and longest pause before a socket is opened again. */
  readonly firstWait: number
  readonly longestWait: number
  /** Between two questions while no socket stays open. */
  readonly poll: number
  /** Between two questions of a hidden page. A page keeps its socket for as long after it was hidden. */
  readonly hidden: number
  /** A socket that is silent for longer has lost its line. The server beats every 25 seconds. */
  readonly silence: number
  /** Random part of a spread, from 0 to 1. */
  readonly random: () => number
}

const PACE: FollowPace = {
  firstWait: 500,
  longestWait: 30_000,
  poll: 10_000,
  hidden: 60_000,
  silence: 60_000,
  random: Math.random,
}
// A socket that keeps failing gives way to questions, and is tried again with every sixth of them.
const FAILURES_BEFORE_POLLING = 3
const POLLS_BEFORE_SOCKET = 6

interface FollowOptions {
  open(): WebSocket
  /** Changes after a cursor, for a page without a socket. */
  ask(after: string | null): Promise<{ cursor: string; reset: boolean; topics: readonly string[] }>
  /** Gets the topics of changes; `*` alone for all. */
  changed(topics: readonly string[]): void
  /** Gets whether the page knows of everything up to now. */
  say(isLive: boolean): void
  readonly pace?: FollowPace
}

/** A page that follows changes. */
export interface Follower {
  /** Sets whether the page is hidden. */
  hide(isHidden: boolean): void
  stop(): void
}

const ALL = ['*']

/** Follows the changes of a server: over a socket, or by questions where none stays open. No change is lost in between. */
export function followChanges({ open, ask, changed, say, pace = PACE }: FollowOptions): Follower {
  let cursor: string | null = null
  let failures = 0
  let polls = 0
  let isHidden = false
  let isStopped = false
  let spread = 0
  const next = createTimer()
  const told = gather(changed)
  const line = createLine({ open, silence: pace.silence, hear, lost, after: () => cursor })

  function hear(message: LiveMessage): void {
    if (message.type === 'bye') return
    if (message.type === 'ready') failures = 0
    if (message.type === 'ready' || message.type === 'beat') spread = message.spread
    // Without a cursor, changes between the first answers and now are unknown.
    if (message.type === 'reset' || (message.type === 'ready' && cursor === null)) told.add(ALL, 0)
    if (message.type === 'daybreak.changed.v1') told.add(message.data.topics, spread * pace.random())
    cursor = message.type === 'daybreak.changed.v1' ? message.id : message.cursor
    say(true)
  }

  function lost(): void {
    line.drop()
    // A page that asks is up to date without a socket.
    if (failures < FAILURES_BEFORE_POLLING) say(false)
    failures += 1
    goOn()
  }

  function goOn(): void {
    const wait = Math.min(pace.longestWait, pace.firstWait * 2 ** failures)
    if (isHidden) next.set(pace.hidden, poll)
    else if (failures >= FAILURES_BEFORE_POLLING) next.set(pace.poll, poll)
    else next.set(wait * (0.5 + pace.random() / 2), line.connect)
  }

  async function poll(): Promise<void> {
    polls += 1
    try {
      const answer = await ask(cursor)
      const topics = answer.reset || cursor === null ? ALL : answer.topics
      if (topics.length > 0) told.add(topics, 0)
      cursor = answer.cursor
      say(true)
    } catch {
      say(false)
    }
    if (isStopped || line.isOpen()) return
    if (!isHidden && polls % POLLS_BEFORE_SOCKET === 0) line.connect()
    else goOn()
  }

  const rest = () => {
    line.drop()
    void poll()
  }
  line.connect()
  return {
    hide(now) {
      if (isHidden === now) return
      isHidden = now
      next.clear()
      // An open socket keeps an instance of the server awake.
      if (isHidden) return next.set(pace.hidden, rest)
      if (!line.isOpen()) line.connect()
    },
    stop() {
      isStopped = true
      next.clear()
      told.stop()
      line.drop()
    },
  }
}

interface LineOptions extends Pick<FollowOptions, 'open'> {
  /** Milliseconds without a message after which the line is taken for lost. */
  readonly silence: number
  hear(message: LiveMessage): void
  lost(): void
  /** Cursor of the newest change that the page knows; null before the first. */
  after(): string | null
}

/** One socket at a time. What comes over one that was let go of is not heard. */
function createLine({ open, silence, hear, lost, after }: LineOptions) {
  let socket: WebSocket | null = null
  const silent = createTimer()
  const expectNews = () => silent.set(silence, lost)
  return {
    isOpen: () => socket !== null,
    connect() {
      const opened = open()
      socket = opened
      expectNews()
      opened.onopen = () => {
        const hello: Hello = { type: 'hello', after: after(), topics: ALL }
        opened.send(JSON.stringify(hello))
      }
      opened.onmessage = ({ data }) => {
        if (socket !== opened) return
        expectNews()
        hear(JSON.parse(String(data)))
      }
      opened.onclose = () => {
        if (socket === opened) lost()
      }
    },
    /** Lets go of the socket. A dead line may take minutes to close, so nothing waits for that. */
    drop() {
      silent.clear()
      const dropped = socket
      socket = null
      dropped?.close()
    },
  }
}

/** One thing to do later: another takes its place. */
function createTimer() {
  let timer: ReturnType<typeof setTimeout> | undefined
  const clear = () => clearTimeout(timer)
  return {
    set(ms: number, work: () => unknown): void {
      clear()
      timer = setTimeout(work, ms)
    },
    clear,
  }
}

/** Gathers topics until a moment comes, so that a thousand pages do not ask at one instant and none asks twice. */
function gather(changed: (topics: readonly string[]) => void) {
  const topics = new Set<string>()
  let timer: ReturnType<typeof setTimeout> | undefined
  const tell = () => {
    clearTimeout(timer)
    timer = undefined
    const all = [...topics]
    topics.clear()
    changed(all)
  }
  return {
    /** Tells them in so many milliseconds, or with those that wait already. */
    add(more: readonly string[], wait: number) {
      for (const topic of more) topics.add(topic)
      if (wait === 0) tell()
      else timer ??= setTimeout(tell, wait)
    },
    stop: () => clearTimeout(timer),
  }
}
