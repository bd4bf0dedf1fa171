import type { Held, Published } from './backlog.ts'
import type { Subscription } from './resources.ts'

/** A subscription whose dead letters have somewhere to go. */
export interface Policing {
  readonly config: Subscription
  readonly deadLetterPolicy: NonNullable<Subscription['deadLetterPolicy']>
}

/** Milliseconds before a message that failed so often is due again: from the minimum of the policy, doubling, to its maximum. */
export function pauseAfter(failures: number, { retryPolicy }: Subscription): number {
  if (!retryPolicy) return 0
  const { minimumBackoff, maximumBackoff } = retryPolicy
  return Math.min(maximumBackoff, minimumBackoff * 2 ** Math.min(failures - 1, 40))
}

/** The new message that carries one that was given up, with where it comes from in its attributes. */
export function deadLetterOf(
  { message, counted }: Held,
  { name }: Subscription,
): Pick<Published, 'data' | 'attributes'> {
  const [, project = '', , subscription = ''] = name.split('/')
  return {
    data: message.data,
    attributes: {
      ...message.attributes,
      CloudPubSubDeadLetterSourceDeliveryCount: String(counted),
      CloudPubSubDeadLetterSourceSubscription: subscription,
      CloudPubSubDeadLetterSourceSubscriptionProject: project,
      CloudPubSubDeadLetterSourceTopicPublishTime: new Date(message.publishTime).toISOString().replace('Z', '+00:00'),
    },
  }
}
