import type { Message } from '../message.ts'

/** A CloudEvent that tells of a message. */
export interface WebhookEvent {
  readonly specversion: '1.0'
  readonly id: string
  readonly source: 'daybreak'
  readonly type: 'daybreak.notification.v1'
  readonly subject: string
  readonly time: string
  readonly datacontenttype: 'application/json'
  readonly data: Pick<Message, 'kind' | 'urgency' | 'topic' | 'title' | 'lines' | 'links'>
}

/** A message as a CloudEvent. A copy has the same id. */
export function toWebhook(message: Message, id: string): WebhookEvent {
  const { kind, urgency, topic, title, lines, links } = message
  return {
    specversion: '1.0',
    id,
    source: 'daybreak',
    type: 'daybreak.notification.v1',
    subject: message.thread,
    time: new Date(message.at).toISOString(),
    datacontenttype: 'application/json',
    data: { kind, urgency, topic, title, lines, links },
  }
}
