import { PubSub } from '@google-cloud/pubsub'

export interface Provision {
  /** `host:port` of the server. */
  readonly endpoint: string
  /** The account that forwards dead letters; without it none may: fault 55. */
  readonly serviceAgent?: string
  readonly project: string
  readonly topics: Readonly<Record<string, string>>
  /** Where the messages of a topic are pushed to. */
  readonly pushTo: (topic: string) => string
  /** Where its dead letters are pushed to; without it they wait to be pulled. */
  readonly pushDeadLettersTo?: (topic: string) => string
  /** Whose token the pushes carry, and for whom. */
  readonly oidc?: { readonly serviceAccountEmail: string; readonly audience: string }
  readonly ackDeadlineSeconds?: number
  readonly maxDeliveryAttempts?: number
  /** Seconds. */
  readonly minimumBackoff?: number
  readonly maximumBackoff?: number
}

/**
 * Makes topics with a push subscription of the same name each, and for each a topic and a subscription of dead letters,
 * named with `-dead-letter` after it, with all permissions: what infra/ makes on Google Cloud.
 */
export async function provision(wanted: Provision): Promise<void> {
  const { endpoint, project, topics } = wanted
  const pubsub = new PubSub({
    projectId: project,
    apiEndpoint: endpoint,
    emulatorMode: true,
    // Or it asks the machine's network for the universe it lives in.
    clientOptions: { universeDomain: 'googleapis.com' },
  })
  for (const topic of Object.values(topics)) await provisionTopic(topic, pubsub, wanted)
  await pubsub.close()
}

async function provisionTopic(name: string, pubsub: PubSub, wanted: Provision): Promise<void> {
  const { pushTo, pushDeadLettersTo, serviceAgent, ackDeadlineSeconds = 600 } = wanted
  const deadLetters = `${name}-dead-letter`
  const [deadLetterTopic] = await pubsub.createTopic(deadLetters)
  await deadLetterTopic.createSubscription(deadLetters, {
    expirationPolicy: {},
    ackDeadlineSeconds,
    ...(pushDeadLettersTo && pushConfig(pushDeadLettersTo(name), wanted)),
  })
  const [topic] = await pubsub.createTopic(name)
  const [subscription] = await topic.createSubscription(name, {
    ...pushConfig(pushTo(name), wanted),
    ackDeadlineSeconds,
    expirationPolicy: {},
    retryPolicy: {
      minimumBackoff: { seconds: wanted.minimumBackoff ?? 10 },
      maximumBackoff: { seconds: wanted.maximumBackoff ?? 600 },
    },
    deadLetterPolicy: { deadLetterTopic: deadLetterTopic.name, maxDeliveryAttempts: wanted.maxDeliveryAttempts ?? 5 },
  })
  if (!serviceAgent) return
  await deadLetterTopic.iam.setPolicy({ bindings: [{ role: 'roles/pubsub.publisher', members: [serviceAgent] }] })
  await subscription.iam.setPolicy({ bindings: [{ role: 'roles/pubsub.subscriber', members: [serviceAgent] }] })
}

function pushConfig(pushEndpoint: string, { oidc }: Provision): { pushConfig: object } {
  return { pushConfig: { pushEndpoint, ...(oidc && { oidcToken: oidc }) } }
}
