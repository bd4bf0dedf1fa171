import { z } from 'zod'
import type { Broker } from './broker.ts'
import type { Faults } from './faults.ts'
import type { Policies } from './policies.ts'
import { nameOf, PublishRequest, Topic, topicToWire } from './resources.ts'
import { type Method, Refusal } from './wire.ts'

const TopicRequest = z.object({ topic: nameOf('topics') })

interface Publishing {
  readonly broker: Broker
  readonly faults: Faults
  readonly policies: Policies
}

/** The service google.pubsub.v1.Publisher, as far as it is done here. */
export function publisherMethods({ broker, faults, policies }: Publishing): Readonly<Record<string, Method>> {
  const { topics } = broker
  const find = (name: string): Topic => {
    const topic = topics.get(name)
    if (!topic) throw notFound(name)
    return topic
  }
  return {
    CreateTopic(request) {
      const topic = Topic.parse(request)
      if (topics.has(topic.name)) throw alreadyExists(topic.name)
      topics.set(topic.name, topic)
      return topicToWire(topic)
    },
    GetTopic: (request) => topicToWire(find(TopicRequest.parse(request).topic)),
    ListTopics(request) {
      const { project } = z.object({ project: z.string() }).parse(request)
      return { topics: [...topics.values()].filter(({ name }) => name.startsWith(`${project}/`)).map(topicToWire) }
    },
    ListTopicSubscriptions(request) {
      const { name } = find(TopicRequest.parse(request).topic)
      const all = broker.subscriptions().filter(({ config }) => config.topic === name)
      return { subscriptions: all.map(({ config }) => config.name) }
    },
    DeleteTopic(request) {
      const { name } = find(TopicRequest.parse(request).topic)
      topics.delete(name)
      policies.forget(name)
      for (const attached of broker.subscriptions())
        if (attached.config.topic === name) attached.config = { ...attached.config, topic: '_deleted-topic_' }
      return {}
    },
    Publish(request) {
      const { topic, messages } = PublishRequest.parse(request)
      find(topic)
      if (messages.some(({ data, attributes }) => data.length === 0 && Object.keys(attributes).length === 0))
        throw new Refusal('INVALID_ARGUMENT', 'Some messages are empty')
      if (messages.some(({ attributes }) => Object.keys(attributes).length > 100))
        throw new Refusal('INVALID_ARGUMENT', 'Some messages have more than 100 attributes')
      if (messages.reduce((sum, { data }) => sum + data.length, 0) > 10_000_000)
        throw new Refusal('INVALID_ARGUMENT', 'Request payload size exceeds the limit: 10000000 bytes.')
      return faults.publish(() => ({ messageIds: broker.publish(topic, messages) }))
    },
  }
}

export function notFound(name: string): Refusal {
  return new Refusal('NOT_FOUND', `Resource not found (resource=${name.split('/').at(-1)}).`)
}

export function alreadyExists(name: string): Refusal {
  return new Refusal('ALREADY_EXISTS', `Resource already exists in the project (resource=${name.split('/').at(-1)}).`)
}
