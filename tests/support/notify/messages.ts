import type { Message } from '../../../functions/notify/message.ts'

/** A message with hostile parts, as file names and values from outside may bring them. */
export function exampleMessage(changes: Partial<Message> = {}): Message {
  return {
    kind: 'opened',
    urgency: 'page',
    topic: '29 Nov is not complete',
    title: '29 Nov is not complete: 2 of 40 locations (5 %).',
    lines: [
      'Store 7 and Store 19: all 7 files missing since 05:00 local.',
      'Found instead: "<img src=x onerror=alert(1)>.csv" <!channel> & more.',
    ],
    links: [{ label: 'Open', url: 'https://daybreak.example.com/incidents/0193?tz=UTC&q=1' }],
    attachments: [],
    thread: 'prod/late/toast/2026-11-29/0193',
    at: Date.UTC(2026, 10, 30, 10, 0, 0),
    ...changes,
  }
}
