import { useSyncExternalStore } from 'react'
import type { TopicKind } from '../../../functions/api/contract/live-messages.ts'
import { ApiProblem, api } from './api.ts'
import { followChanges } from './follow-changes.ts'
import { queries } from './query.ts'

/** State of the channel that tells of changes. */
export interface LiveState {
  readonly isLive: boolean
  /** When the page last knew that it was up to date, in UTC. */
  readonly asOf: string
}

let state: LiveState = { isLive: false, asOf: new Date().toISOString() }
let isStarted = false
const listeners = new Set<() => void>()

function say(isLive: boolean): void {
  // A page that lost its line goes on to say when it last knew.
  state = { isLive, asOf: isLive || state.isLive ? new Date().toISOString() : state.asOf }
  for (const listener of listeners) listener()
}

const OF_SLICES =
  /\/api\/(status|slices|days|rejects|metrics|quality|checks|profiles|pipelines|lineage|catalog|sla|digests)/

/** Routes whose answers a topic touches: the first word of the topic names the resource. */
const TOUCHED: Readonly<Record<TopicKind, RegExp>> = {
  slice: OF_SLICES,
  slices: OF_SLICES,
  run: /\/api\/(runs|status|backfill|slices|costs|metrics)/,
  backfill: /\/api\/(backfill|runs)/,
  partition: /\/api\/(slices|tables|contracts|days|lineage|catalog|profiles|status)/,
  build: /\/api\/(models|lineage|catalog)/,
  incidents: /\/api\/(incidents|status)/,
  settings: /\/api\/(settings|on-call)/,
  'on-call': /\/api\/on-call/,
  notifications: /\/api\/(incidents|settings)/,
}

function refetch(topics: readonly string[]): void {
  const touched = topics.map((topic) => {
    const [kind = ''] = topic.split('/')
    return kind in TOUCHED ? TOUCHED[kind as TopicKind] : /./
  })
  void queries.invalidateQueries({
    predicate: ({ queryKey }) => touched.some((pattern) => pattern.test(String(queryKey[0]))),
  })
}

/** Asks for changes. Where the session has ended, the page asks who one is, and shows how one gets in again. */
async function ask(after: string | null) {
  try {
    return await api('GET /api/changes', { query: after === null ? {} : { after } })
  } catch (error) {
    if (error instanceof ApiProblem && error.problem.status === 401)
      void queries.invalidateQueries({ queryKey: ['me'] })
    throw error
  }
}

function start(): void {
  const follower = followChanges({
    open: () => new WebSocket(`${window.location.origin.replace(/^http/, 'ws')}/api/live`),
    ask,
    changed: refetch,
    say,
  })
  document.addEventListener('visibilitychange', () => follower.hide(document.hidden))
  follower.hide(document.hidden)
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  if (!isStarted) {
    isStarted = true
    start()
  }
  return () => listeners.delete(listener)
}

/** Follows the changes of the server while the page is open, and asks again for what they touch. */
export function useLive(): LiveState {
  return useSyncExternalStore(subscribe, () => state)
}
