import { PubSub } from '@google-cloud/pubsub'
import { afterEach, expect, it } from 'vitest'
import { deadLetterSource, parsePush } from '../../functions/adapters/pubsub/envelope.ts'
import { createVirtualClock } from '../../functions/lib/virtual-clock.ts'
import { startIdentityServer } from '../emulators/identity/server.ts'
import { apply, PubsubResources } from '../emulators/pubsub/apply.ts'
import { startPubsubServer } from '../emulators/pubsub/server.ts'
import { CLOUD_ENVIRONMENTS, deploymentFor, synthesize } from '../support/deployment.ts'
import { startPushEndpoint } from '../support/push-endpoint.ts'

const HOUR = 3_600_000

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

/** Pub/Sub as a stack of infra/ declares it, with an endpoint that takes dead letters and fails at everything else. */
async function declared(environment: string, edit: (resources: PubsubResources) => PubsubResources = (each) => each) {
  const deployment = await deploymentFor(environment)
  const stacks = synthesize(deployment)
  const resources = PubsubResources.parse(stacks.find(({ name }) => name === 'messaging')?.json.resource)
  const identity = await startIdentityServer()
  const clock = createVirtualClock({ now: Date.UTC(2025, 1, 6) })
  const server = await startPubsubServer({ identity, clock, projectNumber: projectNumberOf(resources) })
  const endpoint = await startPushEndpoint(({ path }) => (path === '/dead-letter' ? 204 : 500))
  const pubsub = new PubSub({
    projectId: deployment.google.project,
    apiEndpoint: server.endpoint,
    emulatorMode: true,
    clientOptions: { universeDomain: 'googleapis.com' },
  })
  closing.push(identity.close, endpoint.close, server.close, () => pubsub.close())
  const pushTo = (address: string) => `${endpoint.url}${new URL(address).pathname.slice(1)}`
  await apply(edit(resources), { pubsub, pushTo })
  return { server, endpoint, pubsub, clock, topics: Object.values(deployment.topics) }
}

function projectNumberOf({ google_pubsub_topic_iam_member: members }: PubsubResources): string {
  const agents = Object.values(members).map(({ member }) => /service-(\d+)@gcp-sa-pubsub/.exec(member)?.[1])
  return agents.find(Boolean) ?? ''
}

it.each(CLOUD_ENVIRONMENTS)(
  'fault 55: what %s declares brings the poison of every topic to the handler of dead letters',
  async (environment) => {
    const { server, endpoint, pubsub, clock, topics } = await declared(environment)
    for (const topic of topics) await pubsub.topic(topic).publishMessage({ data: Buffer.from('{}') })
    await server.drain({ until: clock.now() + 24 * HOUR })
    const letters = endpoint.received.filter(({ path }) => path === '/dead-letter')
    const sources = letters.map(({ body }) => deadLetterSource(parsePush(JSON.parse(body))))
    expect(sources.map((source) => source?.subscription).toSorted()).toEqual(
      topics.map((topic) => `${topic}-push`).toSorted(),
    )
    expect(sources.every((source) => source?.deliveries === 10)).toBe(true)
    expect(endpoint.received.every(({ headers }) => headers.authorization?.startsWith('Bearer '))).toBe(true)
  },
)

it.each(['google_pubsub_topic_iam_member', 'google_pubsub_subscription_iam_member'] as const)(
  'fault 55: without its %s nothing would',
  async (type) => {
    const { server, endpoint, pubsub, clock, topics } = await declared('prod', (resources) => ({
      ...resources,
      [type]: {},
    }))
    for (const topic of topics) await pubsub.topic(topic).publishMessage({ data: Buffer.from('{}') })
    await server.drain({ until: clock.now() + 6 * HOUR })
    expect(endpoint.received.filter(({ path }) => path === '/dead-letter')).toEqual([])
    expect(endpoint.received.length).toBeGreaterThan(topics.length * 20)
  },
)
