import { PubSub } from '@google-cloud/pubsub'
import { openPubsubQueue } from '../../functions/adapters/pubsub/queue.ts'
import { createContext } from '../../functions/compose/context.ts'
import type { Daybreak } from '../../functions/compose.ts'
import { EnvironmentConfig } from '../../functions/config/config.ts'
import type { LogEntry, Ports } from '../../functions/pipeline/ports.ts'
import { byKind } from '../../functions/pipeline/work/kinds.ts'
import { type IdentityServer, startIdentityServer } from '../emulators/identity/server.ts'
import { provision } from '../emulators/pubsub/provision.ts'
import { type PubsubServer, startPubsubServer } from '../emulators/pubsub/server.ts'
import { serve } from './pushes.ts'
import type { World } from './world.ts'

const PROJECT = 'daybreak-test'
const AUDIENCE = 'https://worker.example'
const PUSHER = 'push@daybreak-test.iam.gserviceaccount.com'
const OPERATOR = 'operator@example.com'
export const TOPICS = byKind((kind) => `daybreak-${kind}`)

/** A world whose messages go through Pub/Sub: its real client, pushes over HTTP with tokens, the real handlers. */
export interface PubsubWorld {
  readonly daybreak: Daybreak
  readonly server: PubsubServer
  readonly logs: readonly LogEntry[]
  /** The real client, for other publishers. */
  readonly client: PubSub
  /** Requests that handlers are at work on. */
  active(): number
  /** Publishes a message, as Cloud Scheduler does. */
  send(topic: keyof typeof TOPICS, data: unknown): Promise<string>
  /** A request of an operator. */
  call(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>
  /** Messages that a topic still has to bring. */
  waiting(): number
  /** Lets Pub/Sub's own account forward dead letters. */
  grant(): Promise<void>
  close(): Promise<void>
}

export interface PubsubWorldOptions {
  readonly wrap?: (ports: Ports) => Ports
  /** False: Pub/Sub lacks the permission to forward dead letters. */
  readonly granted?: boolean
  readonly firstOutstanding?: number
}

/** Starts one process of the world behind a Pub/Sub of its own; deadlines and pauses are of the world's clock. */
export async function openPubsubWorld(world: World, options: PubsubWorldOptions = {}): Promise<PubsubWorld> {
  const { wrap = (ports) => ports, granted = true, firstOutstanding = 1 } = options
  const { clock } = world
  const logs: LogEntry[] = []
  const log = (entry: LogEntry) => void logs.push(entry)
  const identity = await startIdentityServer({ now: clock.now })
  const server = await startPubsubServer({ identity, clock, firstOutstanding })
  const { endpoint } = server
  const queue = openPubsubQueue({ project: PROJECT, topics: TOPICS, endpoint, clock, log, random: () => 0.5 })
  const daybreak = await world.open((ports) => wrap({ ...ports, queue }), { log })
  const stopping = new AbortController()
  const project = { ...world.project, environment: withTokens(world.project.environment, identity) }
  const handlers = await serve(createContext(daybreak.worker, project, { stopping: stopping.signal }))
  const base = `http://127.0.0.1:${handlers.port}`
  const places = {
    endpoint,
    project: PROJECT,
    topics: TOPICS,
    pushTo: (topic: string) => `${base}/${topic.replace('daybreak-', '')}`,
    pushDeadLettersTo: () => `${base}/dead-letter`,
    oidc: { serviceAccountEmail: PUSHER, audience: AUDIENCE },
  }
  await provision({ ...places, ...(granted && { serviceAgent: server.serviceAgent }) })
  const client = new PubSub({
    projectId: PROJECT,
    apiEndpoint: endpoint,
    emulatorMode: true,
    clientOptions: { universeDomain: 'googleapis.com' },
  })
  return {
    daybreak,
    server,
    logs,
    client,
    active: handlers.active,
    send: (topic, data) => client.topic(TOPICS[topic]).publishMessage({ data: Buffer.from(JSON.stringify(data)) }),
    call: (path, body, headers = {}) =>
      fetch(`${base}${path}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${identity.token({ aud: AUDIENCE, email: OPERATOR })}`,
          ...headers,
        },
        body: JSON.stringify(body),
      }),
    waiting: () =>
      Object.values(TOPICS)
        .flatMap((topic) => [topic, `${topic}-dead-letter`])
        .reduce((sum, name) => sum + server.backlog(`projects/${PROJECT}/subscriptions/${name}`).length, 0),
    async grant() {
      const members = [server.serviceAgent]
      for (const topic of Object.values(TOPICS)) {
        const letters = client.topic(`${topic}-dead-letter`)
        await letters.iam.setPolicy({ bindings: [{ role: 'roles/pubsub.publisher', members }] })
        const subscription = client.subscription(topic)
        await subscription.iam.setPolicy({ bindings: [{ role: 'roles/pubsub.subscriber', members }] })
      }
    },
    async close() {
      await client.close()
      await queue.close()
      await server.close()
      await handlers.drain(100, () => stopping.abort())
      await daybreak.close()
      await identity.close()
    },
  }
}

function withTokens(environment: EnvironmentConfig, { issuer }: IdentityServer): EnvironmentConfig {
  const { http, google } = EnvironmentConfig.in.shape
  return {
    ...environment,
    http: http.parse({ audience: AUDIENCE, push_accounts: [PUSHER], caller_accounts: [OPERATOR] }),
    google: google.parse({ project: PROJECT, region: 'us-central1', endpoints: { identity: issuer } }),
  }
}
