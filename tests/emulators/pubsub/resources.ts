import { z } from 'zod'
import { Duration, toWire } from './time.ts'
import { Refusal } from './wire.ts'

const DAY = 86_400_000

/** `projects/P/topics/T` or `projects/P/subscriptions/S`, as Pub/Sub allows them. */
export function nameOf(kind: 'topics' | 'subscriptions'): z.ZodType<string> {
  const pattern = new RegExp(`^projects/[a-z][a-z0-9-]{4,28}[a-z0-9]/${kind}/(?!goog)[A-Za-z][\\w.~+%-]{2,254}$`)
  return z.string().regex(pattern, `Invalid [${kind}] name`)
}

/** A member that changes how messages are delivered, and is not done here. */
const absent = (name: string) =>
  z
    .unknown()
    .optional()
    .superRefine((value) => {
      if (value === undefined || value === null || value === '' || value === false) return
      if (Array.isArray(value) && value.length === 0) return
      throw new Refusal('UNIMPLEMENTED', `the local Pub/Sub does not do ${name}`)
    })

export const Topic = z.object({
  name: nameOf('topics'),
  labels: z.record(z.string(), z.string()).optional(),
  messageRetentionDuration: Duration.optional(),
  schemaSettings: absent('schemas'),
  ingestionDataSourceSettings: absent('ingestion from other sources'),
  messageTransforms: absent('message transforms'),
})
export type Topic = z.infer<typeof Topic>

export const PushConfig = z.object({
  pushEndpoint: z.string().default(''),
  attributes: z.record(z.string(), z.string()).optional(),
  oidcToken: z.object({ serviceAccountEmail: z.string(), audience: z.string().default('') }).nullish(),
  noWrapper: absent('pushing without the envelope'),
})
export type PushConfig = z.infer<typeof PushConfig>

const bounded = (name: string, { low, high }: { low: number; high: number }) =>
  Duration.refine((value) => value >= low && value <= high, {
    error: ({ input }) =>
      `The value for ${name} is out of bounds. You passed ${Number(input) / 1000}s in the request, but the value must be between ${low / 1000}s and ${high / 1000}s.`,
  })

const RetryPolicy = z.object({
  minimumBackoff: bounded('minimum_backoff', { low: 0, high: 600_000 }).default(10_000),
  maximumBackoff: bounded('maximum_backoff', { low: 0, high: 600_000 }).default(600_000),
})

const DeadLetterPolicy = z.object({
  deadLetterTopic: nameOf('topics'),
  maxDeliveryAttempts: z
    .int()
    .default(0)
    .transform((value) => (value === 0 ? 5 : value))
    .refine((value) => value >= 5 && value <= 100, {
      error: ({ input }) => `The value for max_delivery_attempts must be between 5 and 100. You passed ${input}.`,
    }),
})

export const Subscription = z.object({
  name: nameOf('subscriptions'),
  topic: nameOf('topics').or(z.literal('_deleted-topic_')),
  pushConfig: PushConfig.nullish(),
  ackDeadlineSeconds: z
    .int()
    .default(0)
    .transform((value) => (value === 0 ? 10 : value))
    .refine((value) => value >= 10 && value <= 600, {
      error: ({ input }) => `The value for ack_deadline_seconds must be between 10 and 600. You passed ${input}.`,
    }),
  messageRetentionDuration: bounded('message_retention_duration', { low: 600_000, high: 31 * DAY }).default(7 * DAY),
  labels: z.record(z.string(), z.string()).optional(),
  expirationPolicy: z.object({ ttl: Duration.nullish() }).nullish(),
  deadLetterPolicy: DeadLetterPolicy.nullish(),
  retryPolicy: RetryPolicy.nullish(),
  filter: absent('filters'),
  retainAckedMessages: absent('keeping acknowledged messages'),
  enableMessageOrdering: absent('message ordering'),
  enableExactlyOnceDelivery: absent('exactly-once delivery'),
  bigqueryConfig: absent('export to BigQuery'),
  cloudStorageConfig: absent('export to Cloud Storage'),
  bigtableConfig: absent('export to Bigtable'),
  messageTransforms: absent('message transforms'),
})
export type Subscription = z.infer<typeof Subscription>

export const PublishRequest = z.object({
  topic: nameOf('topics'),
  messages: z
    .array(
      z.object({
        data: z.instanceof(Uint8Array).default(() => Buffer.alloc(0)),
        attributes: z
          .record(
            z
              .string()
              .min(1)
              .max(256)
              .regex(/^(?!goog)/),
            z.string().max(1024),
          )
          .default({}),
        orderingKey: absent('message ordering'),
      }),
    )
    .min(1, 'The request contains no messages.')
    .max(1000, 'The request contains more than 1000 messages.'),
})

/** How long a subscription may lie unused, in milliseconds; infinite when it never expires. */
export function lifetimeOf({ expirationPolicy }: Subscription): number {
  if (!expirationPolicy) return 31 * DAY
  return expirationPolicy.ttl ?? Number.POSITIVE_INFINITY
}

/** True for a subscription that pushes; false for one that waits to be asked. */
export function isPush({ pushConfig }: Subscription): boolean {
  return Boolean(pushConfig?.pushEndpoint)
}

/** A subscription as it is answered. */
export function subscriptionToWire(subscription: Subscription): unknown {
  const { retryPolicy, expirationPolicy, messageRetentionDuration } = subscription
  return {
    ...subscription,
    state: 'ACTIVE',
    messageRetentionDuration: toWire(messageRetentionDuration),
    ...(expirationPolicy && { expirationPolicy: expirationPolicy.ttl ? { ttl: toWire(expirationPolicy.ttl) } : {} }),
    ...(retryPolicy && {
      retryPolicy: {
        minimumBackoff: toWire(retryPolicy.minimumBackoff),
        maximumBackoff: toWire(retryPolicy.maximumBackoff),
      },
    }),
  }
}

/** A topic as it is answered. */
export function topicToWire(topic: Topic): unknown {
  const { messageRetentionDuration } = topic
  return { ...topic, ...(messageRetentionDuration && { messageRetentionDuration: toWire(messageRetentionDuration) }) }
}
