import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { Instant } from '../pipeline/entities.ts'

/** An acknowledgement that a person gave in PagerDuty. */
export interface PagerdutyAck {
  /** Id of the event. A delivery that is repeated has the same. */
  readonly eventId: string
  /** Key of the alert, as the event that triggered it had. */
  readonly dedupKey: string
  readonly at: Instant
  /** Name of the person in PagerDuty. */
  readonly by: string
}

// Of other types only the type is read.
const Typed = z.object({ event: z.object({ event_type: z.string() }) })
const Acknowledged = z.object({
  event: z.object({
    id: z.string().min(1).max(200),
    event_type: z.literal('incident.acknowledged'),
    occurred_at: z.iso.datetime({ offset: true }),
    agent: z.object({ summary: z.string().max(200).optional() }).nullish(),
    data: z.object({ incident_key: z.string().min(1).max(255) }),
  }),
})

/** Pure: true when one of the signatures of the header was made of these bytes with one of the secrets. */
export function isSignedBy(secrets: readonly Uint8Array[], body: Uint8Array, header: string): boolean {
  const expected = secrets.map((secret) => createHmac('sha256', secret).update(body).digest())
  const sent = header.split(',').flatMap((part) => {
    const [, hex] = /^\s*v1=([0-9a-f]{64})\s*$/i.exec(part) ?? []
    return hex === undefined ? [] : [Buffer.from(hex, 'hex')]
  })
  return expected.some((one) => sent.some((other) => timingSafeEqual(one, other)))
}

/** Pure: the acknowledgement in an event of PagerDuty's webhooks v3; null for an event of another type, undefined for no event. */
export function ackOf(event: unknown): PagerdutyAck | null | undefined {
  const parsed = Acknowledged.safeParse(event)
  if (!parsed.success) {
    const typed = Typed.safeParse(event)
    return typed.success && typed.data.event.event_type !== 'incident.acknowledged' ? null : undefined
  }
  const { id, occurred_at: at, agent, data } = parsed.data.event
  return { eventId: id, dedupKey: data.incident_key, at: Date.parse(at), by: agent?.summary ?? 'a person' }
}
