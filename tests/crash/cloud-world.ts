import { PubSub } from '@google-cloud/pubsub'
import { openSqliteLedger } from '../../functions/adapters/sqlite/ledger.ts'
import { createContext } from '../../functions/compose/context.ts'
import { compose, type Daybreak } from '../../functions/compose.ts'
import { EnvironmentConfig, LocationsConfig } from '../../functions/config/config.ts'
import type { Project } from '../../functions/config/project.ts'
import type { Ports, Transformer } from '../../functions/pipeline/ports.ts'
import { startBigqueryServer } from '../emulators/bigquery/server.ts'
import { type IdentityServer, startIdentityServer } from '../emulators/identity/server.ts'
import { provision } from '../emulators/pubsub/provision.ts'
import { type PubsubServer, startPubsubServer } from '../emulators/pubsub/server.ts'
import { type StorageServer, startStorageServer } from '../emulators/storage/server.ts'
import { type Fate, type Gate, startGate } from '../support/gate.ts'
import { serve } from '../support/pushes.ts'
import { createWorld, type FinalState, ledgerState, silent, type World, withoutManifests } from '../support/world.ts'
import { DATE, STEPS } from './story.ts'

const PROJECT = 'acme-daybreak'
const AUDIENCE = 'https://daybreak.example'
const PUSHER = 'push@acme-daybreak.iam.gserviceaccount.com'
const TOPICS = {
  tick: 'daybreak-tick',
  ingest: 'daybreak-ingest',
  load: 'daybreak-load',
  'file-arrival': 'daybreak-file-arrival',
}
const BUCKETS = { raw: 'acme-raw', parts: 'acme-parts', control: 'acme-control', inbox: 'acme-inbox' }
const STREAMS_OFF = ['check_details', 'item_selection_details', 'all_items_report', 'kitchen_timings', 'cash_entries']
const { locations: LOCATIONS } = LocationsConfig.parse({
  version: 1,
  locations: [
    {
      ...{ id: '185001', name: 'East', time_zone: 'America/New_York' },
      ...{ active_from: DATE, active_to: DATE, streams_off: STREAMS_OFF },
    },
  ],
})
const NOW = Date.parse('2025-02-06T12:00:00Z')
const SWEEP = 16 * 60_000

/** A Google Cloud, and a Daybreak on it whose processes can be replaced: the real client libraries, the real handlers. */
export interface CloudWorld {
  readonly world: World
  readonly pubsub: PubsubServer
  /** Puts what the server shows at a step into the inbox, and says that it arrived. */
  bringIn(step: number): Promise<void>
  publish(topic: keyof typeof TOPICS, data: unknown): Promise<void>
  /** Delivers everything; then two sweeps come, and what they begin is delivered. */
  settle(): Promise<void>
  state(): Promise<FinalState>
  close(): Promise<void>
}

export interface CloudWorldOptions {
  readonly transformer: Transformer
  /** The issuer of tokens; its clock is that of the newest world. */
  readonly issuer: Issuer
  /** Around the ports of every process. */
  readonly wrap?: (ports: Ports, storage: StorageServer) => Ports
  /** True when the process at hand is dead: the next request finds another one. */
  readonly isDead?: () => boolean
  /** Fate of a request to Cloud Storage or BigQuery. */
  readonly decide?: (request: string) => Fate
  /** Workers that take requests in turn; one unless told. */
  readonly workers?: number
}

export interface Issuer {
  readonly identity: IdentityServer
  clock: { now(): number }
}

/** Makes keys once: that takes longer than a night. */
export async function createIssuer(): Promise<Issuer> {
  const issuer: { clock: { now(): number }; identity?: IdentityServer } = { clock: { now: () => NOW } }
  const identity = await startIdentityServer({ now: () => issuer.clock.now() })
  return Object.assign(issuer, { identity })
}

export async function createCloudWorld(options: CloudWorldOptions): Promise<CloudWorld> {
  const { transformer, issuer, wrap = (ports) => ports, isDead = () => false, workers = 1 } = options
  const world = await createWorld({ now: NOW, transformer })
  const { clock } = world
  issuer.clock = clock
  const { identity } = issuer
  const pubsub = await startPubsubServer({ identity, clock, firstOutstanding: 20 })
  const storage = await startStorageServer({
    buckets: Object.values(BUCKETS).map((name) => ({ name, location: 'US' })),
  })
  const bigquery = await startBigqueryServer({
    ...{ project: PROJECT, datasets: ['toast'], now: () => clock.now() },
    objects: (uri) => {
      const [, bucket = '', name = ''] = /^gs:\/\/([^/]+)\/(.+)$/.exec(uri) ?? []
      return storage.bucket(bucket).get(name)?.content ?? null
    },
  })
  const { decide = () => 'pass' as const } = options
  const gates = [await startGate(storage.url, { decide }), await startGate(bigquery.url, { decide })] as const
  const project = onCloud(world.project, { identity, pubsub, gates })
  const opened: Daybreak[] = []
  const stopping = new AbortController()
  const start = async () => {
    const daybreak = await compose(project, {
      models: new Map(),
      ...{ clock, log: silent, transformer, locations: LOCATIONS },
      wrap: (ports) => wrap(ports, storage),
    })
    opened.push(daybreak)
    return createContext(daybreak.worker, project, { stopping: stopping.signal })
  }
  let turn = 0
  const running = new Map<number, ReturnType<typeof start>>()
  const handlers = await serve(async () => {
    const worker = turn++ % workers
    if (isDead()) running.delete(worker)
    const context = running.get(worker) ?? start()
    running.set(worker, context)
    return await context
  })
  await provision({
    ...{ endpoint: pubsub.endpoint, project: PROJECT, serviceAgent: pubsub.serviceAgent, topics: TOPICS },
    pushTo: (topic) => `http://127.0.0.1:${handlers.port}/${topic.replace('daybreak-', '')}`,
    pushDeadLettersTo: () => `http://127.0.0.1:${handlers.port}/dead-letter`,
    oidc: { serviceAccountEmail: PUSHER, audience: AUDIENCE },
  })
  const client = new PubSub({
    ...{ projectId: PROJECT, apiEndpoint: pubsub.endpoint, emulatorMode: true },
    clientOptions: { universeDomain: 'googleapis.com' },
  })
  const publish: CloudWorld['publish'] = async (topic, data) => {
    await client.topic(TOPICS[topic]).publishMessage({ data: Buffer.from(JSON.stringify(data)) })
  }
  let brought = 0
  return {
    world,
    pubsub,
    publish,
    async bringIn(step) {
      const time = clock.now() - 3_600_000 + ++brought * 60_000
      for (const { name, bytes } of STEPS[step]!)
        storage.bucket(BUCKETS.inbox).put(`185001/${DATE.replaceAll('-', '')}/${name}`, bytes, { at: time })
      await publish('file-arrival', { location: '185001', date: DATE })
    },
    async settle() {
      await pubsub.drain()
      for (let sweep = 0; sweep < 2; sweep++) {
        await pubsub.advance(SWEEP)
        await publish('tick', { pipeline: 'toast' })
        await pubsub.drain()
      }
    },
    async state() {
      const ledger = await openSqliteLedger({ path: ledgerPath(project) })
      try {
        const tables: Record<string, unknown> = {}
        for (const { stream } of await ledger.partitions({}))
          tables[stream] ??= toTexts(
            await bigquery.rows(
              `SELECT COLUMNS(c -> c NOT IN ('_run_id', '_loaded_at')) FROM "toast"."${stream}" ORDER BY ALL`,
            ),
          )
        const names = [BUCKETS.raw, BUCKETS.parts].flatMap((bucket) => storage.bucket(bucket).names())
        return { ...(await ledgerState(ledger)), objects: withoutManifests(names), tables }
      } finally {
        await ledger.close()
      }
    },
    async close() {
      await client.close()
      await pubsub.close()
      await handlers.drain(100, () => stopping.abort())
      for (const daybreak of opened) await daybreak.close()
      await Promise.all([...gates, storage, bigquery].map((server) => server.close()))
      await world.close()
    },
  }
}

interface Servers {
  readonly identity: IdentityServer
  readonly pubsub: PubsubServer
  readonly gates: readonly [storage: Gate, bigquery: Gate]
}

/** The project of a world, moved to the cloud; its ledger stays a file. */
function onCloud(project: Project, { identity, pubsub, gates: [storage, bigquery] }: Servers): Project {
  const { google, objects, warehouse, queue, http, sources } = EnvironmentConfig.in.shape
  const endpoints = {
    ...{ storage: storage.url, bigquery: bigquery.url, pubsub: pubsub.endpoint, identity: identity.issuer },
    secret_manager: '127.0.0.1:1',
  }
  const environment = {
    ...project.environment,
    google: google.parse({ project: PROJECT, region: 'us-central1', endpoints }),
    sources: sources.parse({ toast: { kind: 'gcs', bucket: BUCKETS.inbox } }),
    objects: objects.parse({
      ...{ kind: 'gcs', raw_bucket: BUCKETS.raw, parts_bucket: BUCKETS.parts, control_bucket: BUCKETS.control },
    }),
    warehouse: warehouse.parse({ kind: 'bigquery', location: 'US', create_tables: true }),
    queue: queue.parse({ kind: 'pubsub' }),
    http: http.parse({
      ...{ audience: AUDIENCE, push_accounts: [PUSHER], caller_accounts: ['operator@example.com'], gather: '1s' },
    }),
  }
  return { ...project, environment }
}

function ledgerPath({ environment: { ledger } }: Project): string {
  if (ledger.kind === 'sqlite') return ledger.path
  throw new TypeError('the ledger of this world is a file')
}

/** Rows that can be compared and shown: DuckDB's integers are no JSON. */
function toTexts(rows: readonly (readonly unknown[])[]): readonly unknown[] {
  return JSON.parse(JSON.stringify(rows, (_, value) => (typeof value === 'bigint' ? String(value) : value)))
}
