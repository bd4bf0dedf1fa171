import { Temporal } from 'temporal-polyfill'
import { z } from 'zod'
import { DaybreakError } from '../../errors.ts'
import type { Instant } from '../../pipeline/entities.ts'

const Attributes = z.record(z.string(), z.string())

const PushRequest = z.object({
  message: z.object({
    messageId: z.string().min(1),
    publishTime: z.iso.datetime({ offset: true }),
    data: z.base64().optional(),
    attributes: Attributes.optional(),
  }),
  subscription: z.string().regex(/^projects\/[^/]+\/subscriptions\/[^/]+$/, 'expected projects/P/subscriptions/S'),
  deliveryAttempt: z.int().min(1).optional(),
})

/** A message as Pub/Sub pushed it. */
export interface Push {
  /** Pub/Sub's name of the message; a duplicate delivery has the same. */
  readonly id: string
  /** The kind of work: the attribute `kind`, or else the member `kind` of the data; null when neither is there. */
  readonly kind: string | null
  /** `projects/P/subscriptions/S`. */
  readonly subscription: string
  readonly publishTime: Instant
  /** Approximate, from 1; null where the subscription has no dead letter policy. */
  readonly deliveryAttempt: number | null
  readonly attributes: Readonly<Record<string, string>>
  /** The JSON of the message; null when it carries no data. */
  readonly data: unknown
}

/** Where a dead letter comes from. */
interface DeadLetterSource {
  /** Name of the subscription that gave up, without its project. */
  readonly subscription: string
  readonly deliveries: number | null
  /** When the message was published first. */
  readonly publishTime: Instant | null
}

/**
 * The body of a push request, parsed from JSON, as the message in it.
 * @throws {DaybreakError} MESSAGE_INVALID when it is not a wrapped Pub/Sub message, or its data is not JSON in UTF-8.
 */
export function parsePush(body: unknown): Push {
  const { message, subscription, deliveryAttempt } = checked(PushRequest, body, 'the request is no push of Pub/Sub')
  const data = message.data ? parseData(message.data, message.messageId) : null
  const attributes = message.attributes ?? {}
  return {
    id: message.messageId,
    kind: attributes['kind'] ?? kindOf(data),
    subscription,
    publishTime: Temporal.Instant.from(message.publishTime).epochMilliseconds,
    deliveryAttempt: deliveryAttempt ?? null,
    attributes,
    data,
  }
}

/**
 * The id of the ledger's message that a push stands for.
 * @throws {DaybreakError} MESSAGE_INVALID when its data is anything else.
 */
export function messageIdOf({ id, data }: Push): string {
  return checked(OutboxData, data, `the data of message ${id} names no message of the ledger`).messageId
}

const OutboxData = z.strictObject({ messageId: z.string().min(1).max(200) })

/** Where a dead letter comes from; null for a message that Pub/Sub did not give up on. */
export function deadLetterSource({ attributes }: Pick<Push, 'attributes'>): DeadLetterSource | null {
  const subscription = attributes['CloudPubSubDeadLetterSourceSubscription']
  if (subscription === undefined) return null
  const deliveries = z.coerce.number().int().safeParse(attributes['CloudPubSubDeadLetterSourceDeliveryCount'])
  const published = z.iso
    .datetime({ offset: true })
    .safeParse(attributes['CloudPubSubDeadLetterSourceTopicPublishTime'])
  return {
    subscription,
    deliveries: deliveries.success ? deliveries.data : null,
    publishTime: published.success ? Temporal.Instant.from(published.data).epochMilliseconds : null,
  }
}

function parseData(base64: string, id: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(base64, 'base64')))
  } catch {
    // The parser's own error quotes what it read, which may be anything; so it is no cause of this one.
    throw new DaybreakError('MESSAGE_INVALID', `the data of message ${id} is not JSON in UTF-8`)
  }
}

function kindOf(data: unknown): string | null {
  const parsed = z.object({ kind: z.string() }).safeParse(data)
  return parsed.success ? parsed.data.kind : null
}

function checked<Value>(schema: z.ZodType<Value>, value: unknown, failure: string): Value {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const place = issue?.path.join('.') || 'the whole'
  throw new DaybreakError('MESSAGE_INVALID', `${failure}: ${place}: ${issue?.message}`)
}
