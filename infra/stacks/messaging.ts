import { PubsubSubscription } from '@cdktf/provider-google/lib/pubsub-subscription/index.js'
import { PubsubTopic } from '@cdktf/provider-google/lib/pubsub-topic/index.js'
import type { App, TerraformResource, TerraformStack } from 'cdktf'
import { pushPath } from '../../functions/handlers/routes.ts'
import { kindOf } from '../../functions/pipeline/work/kinds.ts'
import type { Deployment } from '../deployment.ts'
import { emitGrants } from '../emit-grants.ts'
import { accountEmail, deadLetterTopic, keyName, pushSubscription, serviceUrl, workerUrl } from '../names.ts'
import { createStack, resourceId } from '../stack.ts'
import { REQUEST_SECONDS } from './compute.ts'
import { inboxNotification } from './storage.ts'

const DAY = 86_400

/** Topics, their push subscriptions, and a dead-letter topic with a subscription for each: nothing is ever only "gone". */
export function messagingStack(app: App, deployment: Deployment): TerraformStack {
  const stack = createStack(app, 'messaging', deployment)
  const declared = new Map<string, TerraformResource>()
  for (const [message, topicName] of Object.entries(deployment.topics)) {
    const dead = topic(stack, deadLetterTopic(topicName), { deployment, days: 31 })
    const live = topic(stack, topicName, { deployment, days: 7 })
    const push = subscription(stack, {
      ...{ deployment, topic: live, path: pushPath(message), deadLetters: dead },
      ...{ keep: kindOf(message)?.keep ?? 7 * DAY, host: serviceUrl(kindOf(message)?.service ?? 'worker', deployment) },
    })
    const deadPush = subscription(stack, {
      ...{ deployment, topic: dead, path: pushPath('dead_letter') },
      ...{ keep: 31 * DAY, host: workerUrl(deployment) },
    })
    for (const each of [dead, live, push, deadPush]) declared.set(each.nameInput ?? '', each)
  }
  const grants = emitGrants(['topic', 'subscription'], { stack, deployment, declared })
  const publishing = grants.filter(({ node }) => node.id.startsWith('grant-agent-gs'))
  inboxNotification(stack, deployment, publishing)
  return stack
}

function topic(
  stack: TerraformStack,
  name: string,
  { deployment, days }: { deployment: Deployment; days: number },
): PubsubTopic {
  const { google, infra } = deployment
  return new PubsubTopic(stack, resourceId('topic', name), {
    name,
    messageRetentionDuration: `${days * DAY}s`,
    messageStoragePolicy: { allowedPersistenceRegions: [google.region] },
    ...(infra.encryptionKeys && { kmsKeyName: keyName('messages', deployment) }),
  })
}

interface Subscribing {
  readonly deployment: Deployment
  readonly topic: PubsubTopic
  readonly path: string
  /** Seconds. */
  readonly keep: number
  /** Address of the service that is pushed to. */
  readonly host: string
  readonly deadLetters?: PubsubTopic
}

function subscription(
  stack: TerraformStack,
  { deployment, topic, path, keep, host, deadLetters }: Subscribing,
): PubsubSubscription {
  const name = pushSubscription(topic.nameInput ?? '')
  const audience = workerUrl(deployment)
  return new PubsubSubscription(stack, resourceId('subscription', name), {
    name,
    topic: topic.id,
    // The deadline is the timeout of the push. The handler gives up before it (`http.time_budget`).
    ackDeadlineSeconds: REQUEST_SECONDS,
    messageRetentionDuration: `${keep}s`,
    // Otherwise an idle subscription is deleted after 31 days, and what is sent then is lost.
    expirationPolicy: { ttl: '' },
    retryPolicy: { minimumBackoff: '10s', maximumBackoff: '600s' },
    pushConfig: {
      pushEndpoint: `${host}${path}`,
      oidcToken: { serviceAccountEmail: accountEmail('push', deployment.google.project), audience },
    },
    ...(deadLetters && { deadLetterPolicy: { deadLetterTopic: deadLetters.id, maxDeliveryAttempts: 10 } }),
  })
}
