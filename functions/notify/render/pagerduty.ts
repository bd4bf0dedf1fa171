import { createHash } from 'node:crypto'
import { headline, type Message, type MessageKind } from '../message.ts'
import { cut } from './text.ts'

/** Event of the Events API v2, without the key of the service. */
export interface PagerdutyEvent {
  readonly event_action: 'trigger' | 'acknowledge' | 'resolve'
  readonly dedup_key: string
  readonly payload?: {
    readonly summary: string
    readonly source: string
    readonly severity: 'critical' | 'warning' | 'info'
    readonly timestamp: string
    readonly custom_details: Readonly<Record<string, string>>
  }
  readonly links?: readonly { readonly href: string; readonly text: string }[]
  readonly client?: 'Daybreak'
}

// Limits of PagerDuty.
const LONGEST_SUMMARY = 1_024
const LONGEST_KEY = 255

const SEVERITIES = { page: 'critical', ticket: 'warning', information: 'info' } as const

/** A message as an event. A trigger with the key of an open alert changes that alert. */
export function toPagerduty(message: Message): PagerdutyEvent {
  const key = { event_action: actionOf(message.kind), dedup_key: dedupKey(message.thread) }
  if (key.event_action !== 'trigger') return key
  return {
    ...key,
    payload: {
      summary: cut(headline(message), LONGEST_SUMMARY),
      source: 'daybreak',
      severity: SEVERITIES[message.urgency],
      timestamp: new Date(message.at).toISOString(),
      custom_details: { details: message.lines.join('\n') },
    },
    links: message.links.map(({ label, url }) => ({ href: url, text: label })),
    client: 'Daybreak',
  }
}

function actionOf(kind: MessageKind): PagerdutyEvent['event_action'] {
  if (kind === 'acknowledged') return 'acknowledge'
  return kind === 'resolved' ? 'resolve' : 'trigger'
}

/** The thread as a key that PagerDuty takes: a long one keeps its beginning and a hash of the whole. */
export function dedupKey(thread: string): string {
  const key = `daybreak/${thread}`
  if (key.length <= LONGEST_KEY) return key
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 32)
  return `${key.slice(0, LONGEST_KEY - hash.length - 1)}-${hash}`
}
