import type { PubSub } from '@google-cloud/pubsub'
import { publishError } from './errors.ts'

/** Project and server of Pub/Sub. */
interface PubsubSettings {
  readonly project: string
  /** `host:port` of a server to use instead of Google's, without credentials. */
  readonly endpoint?: string | undefined
}

/** A topic and its subscriptions. */
interface TopicState {
  readonly exists: boolean
  /** Names of its subscriptions, and where each sends what it gave up on; null when nowhere. */
  readonly subscriptions: readonly { readonly name: string; readonly deadLetterTopic: string | null }[]
}

/** Looks at topics; asking changes nothing. @throws {DaybreakError} QUEUE_FAILED. */
export async function topicStates(
  { project, endpoint }: PubsubSettings,
  names: readonly string[],
): Promise<ReadonlyMap<string, TopicState>> {
  const { PubSub } = await import('@google-cloud/pubsub')
  const client = new PubSub({
    projectId: project,
    ...(endpoint !== undefined && {
      apiEndpoint: endpoint,
      emulatorMode: true,
      clientOptions: { universeDomain: 'googleapis.com' },
    }),
  })
  try {
    return new Map(await Promise.all(names.map(async (name) => [name, await stateOf(client, name)] as const)))
  } finally {
    await client.close()
  }
}

async function stateOf(client: PubSub, name: string): Promise<TopicState> {
  try {
    const topic = client.topic(name)
    const [exists] = await topic.exists()
    if (!exists) return { exists, subscriptions: [] }
    const [subscriptions] = await topic.getSubscriptions()
    const described = subscriptions.map(async (subscription) => {
      const [{ deadLetterPolicy }] = await subscription.getMetadata()
      return { name: last(subscription.name), deadLetterTopic: last(deadLetterPolicy?.deadLetterTopic ?? '') || null }
    })
    return { exists, subscriptions: await Promise.all(described) }
  } catch (error) {
    throw publishError(error, `a question about the topic ${name}`)
  }
}

function last(name: string): string {
  return name.split('/').at(-1) ?? ''
}
