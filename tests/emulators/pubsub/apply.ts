import type { PubSub } from '@google-cloud/pubsub'
import { z } from 'zod'

const Seconds = z
  .string()
  .regex(/^\d+s$/)
  .transform((text) => ({ seconds: Number.parseInt(text, 10) }))

const TopicResource = z.object({ name: z.string() })

const SubscriptionResource = z.strictObject({
  name: z.string(),
  topic: z.string(),
  ack_deadline_seconds: z.int(),
  message_retention_duration: Seconds,
  expiration_policy: z.strictObject({ ttl: z.literal('') }),
  retry_policy: z.strictObject({ minimum_backoff: Seconds, maximum_backoff: Seconds }),
  push_config: z.strictObject({
    push_endpoint: z.url(),
    oidc_token: z.strictObject({ service_account_email: z.email(), audience: z.url() }),
  }),
  dead_letter_policy: z.strictObject({ dead_letter_topic: z.string(), max_delivery_attempts: z.int() }).optional(),
})

const Member = z.object({
  role: z.string(),
  member: z.string(),
  topic: z.string().optional(),
  subscription: z.string().optional(),
})

/** Declarations of a stack of infra/, as Terraform reads it: attributes by type and id. */
export const PubsubResources = z.object({
  google_pubsub_topic: z.record(z.string(), TopicResource),
  google_pubsub_subscription: z.record(z.string(), SubscriptionResource),
  google_pubsub_topic_iam_member: z.record(z.string(), Member).default({}),
  google_pubsub_subscription_iam_member: z.record(z.string(), Member).default({}),
})
export type PubsubResources = z.infer<typeof PubsubResources>

/**
 * Makes what a stack declares, with the real client. Endpoints are moved to this machine by `pushTo`; attributes of a
 * subscription that are not understood here are refused, so that none is overlooked.
 */
export async function apply(
  resources: PubsubResources,
  { pubsub, pushTo }: { readonly pubsub: PubSub; readonly pushTo: (endpoint: string) => string },
): Promise<void> {
  const topicOf = (reference: string) => {
    const [, id = ''] = /^\$\{google_pubsub_topic\.([\w-]+)\.id\}$/.exec(reference) ?? []
    return pubsub.topic(resources.google_pubsub_topic[id]?.name ?? `unknown-${id}`)
  }
  for (const { name } of Object.values(resources.google_pubsub_topic)) await pubsub.createTopic(name)
  for (const wanted of Object.values(resources.google_pubsub_subscription)) {
    const { push_config: push, retry_policy: retry, dead_letter_policy: dead } = wanted
    await topicOf(wanted.topic).createSubscription(wanted.name, {
      ackDeadlineSeconds: wanted.ack_deadline_seconds,
      messageRetentionDuration: wanted.message_retention_duration,
      expirationPolicy: {},
      retryPolicy: { minimumBackoff: retry.minimum_backoff, maximumBackoff: retry.maximum_backoff },
      pushConfig: {
        pushEndpoint: pushTo(push.push_endpoint),
        oidcToken: {
          serviceAccountEmail: push.oidc_token.service_account_email,
          audience: push.oidc_token.audience,
        },
      },
      ...(dead && {
        deadLetterPolicy: {
          deadLetterTopic: topicOf(dead.dead_letter_topic).name,
          maxDeliveryAttempts: dead.max_delivery_attempts,
        },
      }),
    })
  }
  for (const { topic = '', role, member } of Object.values(resources.google_pubsub_topic_iam_member))
    await addMember(pubsub.topic(topic), { role, member })
  for (const { subscription = '', role, member } of Object.values(resources.google_pubsub_subscription_iam_member))
    await addMember(pubsub.subscription(subscription), { role, member })
}

async function addMember(
  { iam }: Pick<ReturnType<PubSub['topic']>, 'iam'>,
  { role, member }: { readonly role: string; readonly member: string },
): Promise<void> {
  const [policy] = await iam.getPolicy()
  await iam.setPolicy({ ...policy, bindings: [...(policy.bindings ?? []), { role, members: [member] }] })
}
