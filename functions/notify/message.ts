import type { Instant } from '../pipeline/entities.ts'

/** Urgency of a message: a page wakes a person, a ticket waits for the morning, information needs no action. */
export type Urgency = 'page' | 'ticket' | 'information'

/** Reason for a message. */
export type MessageKind = (typeof MESSAGE_KINDS)[number]

/** All reasons for a message. */
export const MESSAGE_KINDS = [
  'opened',
  'escalated',
  'worse',
  'larger',
  'deadline',
  'ack_expired',
  'acknowledged',
  'resolved',
  'digest',
  'report',
  'test',
] as const

/** An address to go to from a message. */
export interface Link {
  readonly label: string
  readonly url: string
}

/** A file that mail carries. */
export interface Attachment {
  readonly name: string
  readonly type: string
  readonly content: string
}

/** A message before a channel gives it its form. All texts are plain; some quote what came from outside. */
export interface Message {
  readonly kind: MessageKind
  readonly urgency: Urgency
  /** Subject of all messages about one root: it stays the same, so that mail makes one thread of them. */
  readonly topic: string
  /** How it stands now, in one sentence. */
  readonly title: string
  /** Further facts, a sentence or two per line. */
  readonly lines: readonly string[]
  readonly links: readonly Link[]
  readonly attachments: readonly Attachment[]
  /** Environment and root: messages about one root have the same. */
  readonly thread: string
  readonly at: Instant
}

/** First word of a message in capitals, such as PAGE. */
export function labelOf({ kind, urgency }: Pick<Message, 'kind' | 'urgency'>): string {
  if (kind === 'test') return 'TEST'
  if (kind === 'resolved') return 'RESOLVED'
  if (kind === 'digest' || kind === 'report') return ''
  return urgency === 'page' ? 'PAGE' : urgency === 'ticket' ? 'TICKET' : 'NOTE'
}

/** Label and title. */
export function headline(message: Pick<Message, 'kind' | 'urgency' | 'title'>): string {
  return [labelOf(message), message.title].filter((part) => part !== '').join(' ')
}

/** True for a message that tells of a root for the first time at its place. */
export function isFirst({ kind }: Pick<Message, 'kind'>): boolean {
  return FIRST.includes(kind)
}

const FIRST: readonly MessageKind[] = ['opened', 'escalated', 'digest', 'report', 'test']

/** A copy of a message that was asked for by a person: it says that it is a test, and is in a thread of its own. */
export function toTest(message: Message, id: string): Message {
  const { title, topic, thread } = message
  return { ...message, title: `Test: ${title}`, topic: `Test: ${topic}`, thread: `${thread}/test/${id}` }
}

/** A message that only proves that a channel works. */
export function testMessage({
  environment,
  channel,
  at,
}: {
  environment: string
  channel: string
  at: Instant
}): Message {
  return {
    kind: 'test',
    urgency: 'information',
    topic: 'Daybreak test',
    title: `Daybreak can send through ${channel}.`,
    lines: [`Environment ${environment}. No action is needed.`],
    links: [],
    attachments: [],
    thread: `${environment}/test/${channel}/${at}`,
    at,
  }
}
