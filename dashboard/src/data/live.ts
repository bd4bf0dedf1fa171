import { useSyncExternalStore } from 'react'
import { api } from './api.ts'
import { queries } from './query.ts'

/** State of the channel that tells of changes. */
export interface LiveState {
  readonly isLive: boolean
  /** When the page last knew that it was up to date, in UTC. */
  readonly asOf: string
}

// A socket that keeps failing gives way to questions; a hidden tab asks once a minute.
const FAILURES_BEFORE_POLLING = 3
const POLL_MS = 10_000
const HIDDEN_POLL_MS = 60_000
const LONGEST_WAIT_MS = 30_000

let state: LiveState = { isLive: false, asOf: new Date().toISOString() }
let cursor: string | null = null
let failures = 0
let isStarted = false
const listeners = new Set<() => void>()

function say(isLive: boolean): void {
  state = { isLive, asOf: new Date().toISOString() }
  for (const listener of listeners) listener()
}

/** Routes whose answers a topic touches: the first word of the topic names the resource. */
const TOUCHED: Readonly<Record<string, RegExp>> = {
  slice: /\/api\/(status|slices|days|rejects|metrics|quality)/,
  slices: /\/api\/(status|slices|days|rejects|metrics|quality)/,
  run: /\/api\/(runs|status|backfill)/,
  incident: /\/api\/(incidents|status)/,
  backfill: /\/api\/(backfill|runs)/,
  partition: /\/api\/(slices|tables|days)/,
  setting: /\/api\/(settings|on-call)/,
}

function refetch(topics: readonly string[] | 'all'): void {
  const touched = topics === 'all' ? null : topics.map((topic) => TOUCHED[topic.split('/')[0] ?? ''] ?? /./)
  void queries.invalidateQueries({
    predicate: ({ queryKey }) => touched === null || touched.some((pattern) => pattern.test(String(queryKey[0]))),
  })
}

async function poll(): Promise<void> {
  const changes = await api('GET /api/changes', { query: cursor === null ? {} : { after: cursor } })
  if (changes.reset) refetch('all')
  else if (changes.topics.length > 0) refetch(changes.topics)
  cursor = changes.cursor
  say(true)
}

function pollLater(): void {
  const wait = document.hidden ? HIDDEN_POLL_MS : POLL_MS
  setTimeout(() => {
    poll()
      .catch(() => say(false))
      .finally(() => (document.hidden || failures >= FAILURES_BEFORE_POLLING ? pollLater() : connect()))
  }, wait)
}

function connect(): void {
  const socket = new WebSocket(`${window.location.origin.replace(/^http/, 'ws')}/api/live`)
  socket.onopen = () => socket.send(JSON.stringify({ type: 'hello', after: cursor, topics: ['*'] }))
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(String(data))
    if (message.type === 'ready') {
      failures = 0
      // Changes between the first answer and now are not known without a cursor.
      if (cursor === null) refetch('all')
      cursor = message.cursor
    } else if (message.type === 'reset') {
      cursor = null
      refetch('all')
    } else if (message.type === 'daybreak.changed.v1') {
      cursor = message.id
      refetch(message.data.topics)
    }
    say(true)
  }
  socket.onclose = () => {
    say(false)
    failures += 1
    if (document.hidden || failures >= FAILURES_BEFORE_POLLING) return pollLater()
    const wait = Math.min(LONGEST_WAIT_MS, 500 * 2 ** failures)
    setTimeout(connect, wait * (0.5 + Math.random() / 2))
  }
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  if (!isStarted) {
    isStarted = true
    connect()
  }
  return () => listeners.delete(listener)
}

/** Follows the changes of the server while the page is open, and asks again for what they touch. */
export function useLive(): LiveState {
  return useSyncExternalStore(subscribe, () => state)
}
