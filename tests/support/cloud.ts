import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PubSub } from '@google-cloud/pubsub'
import { COMPILED, CompiledModels, type QueryText } from '../../functions/models/compiled.ts'
import { DATASETS } from '../../functions/pipeline/build/task.ts'
import { type BigqueryServer, startBigqueryServer } from '../emulators/bigquery/server.ts'
import { type IdentityServer, startIdentityServer } from '../emulators/identity/server.ts'
import { provision } from '../emulators/pubsub/provision.ts'
import { type PubsubServer, startPubsubServer } from '../emulators/pubsub/server.ts'
import { type SecretManagerServer, startSecretManagerServer } from '../emulators/secret-manager/server.ts'
import { type StorageServer, startStorageServer } from '../emulators/storage/server.ts'
import { queriesOf } from './models.ts'
import { hasPostgres, type Postgres, startPostgres } from './postgres.ts'
import { ROOT } from './world.ts'

const PROJECT = 'acme-daybreak'
const AUDIENCE = 'https://daybreak.example'
const PUSHER = 'push@acme-daybreak.iam.gserviceaccount.com'
export const OPERATOR = 'operator@acme.test'
const TOPICS = ['tick', 'ingest', 'load', 'build', 'lineage', 'file-arrival', 'notify'] as const
const BUCKETS = ['acme-raw', 'acme-parts', 'acme-control', 'acme-inbox'] as const
const INBOX = 'acme-inbox'

/** A Google Cloud on this machine, and a project whose environment `cloud` stands on it. */
export interface LocalCloud {
  readonly projectDir: string
  /** For processes of the project. */
  readonly env: Record<string, string>
  readonly identity: IdentityServer
  readonly storage: StorageServer
  readonly bigquery: BigqueryServer
  readonly pubsub: PubsubServer
  readonly secrets: SecretManagerServer
  /** The server behind the ledger; null where the ledger is a file. */
  readonly postgres: Postgres | null
  /** The header of a request of an operator. */
  authorization(email?: string): Record<string, string>
  /** Makes topics and subscriptions that push to the service on a port. */
  pushTo(port: number): Promise<void>
  publish(topic: (typeof TOPICS)[number], data: unknown): Promise<void>
  /** Uploads a file to the inbox. */
  upload(name: string, content: Uint8Array): Promise<void>
  close(): Promise<void>
}

export interface CloudOptions {
  /** Time zone etc. of the locations; config/locations.yaml of the checkout unless told. */
  readonly locations?: string
  /** Settings of the server behind the ledger. */
  readonly postgres?: Readonly<Record<string, string | number>>
  /** Pushes of a subscription at a time at most. */
  readonly maxOutstanding?: number
  /** Members of the environment that take the place of those here. */
  readonly environment?: Readonly<Record<string, unknown>>
  /** Datasets of BigQuery; that of the pipeline `toast` unless told. */
  readonly datasets?: readonly string[]
}

/** Starts everything. The ledger is a real PostgreSQL where this machine has one, else a file. */
export async function startCloud({
  locations,
  postgres: settings = {},
  maxOutstanding = 1000,
  environment: more = {},
  datasets = ['toast'],
}: CloudOptions = {}): Promise<LocalCloud> {
  const identity = await startIdentityServer()
  const pubsub = await startPubsubServer({ identity, firstOutstanding: 20, maxOutstanding })
  const client = new PubSub({
    projectId: PROJECT,
    apiEndpoint: pubsub.endpoint,
    emulatorMode: true,
    clientOptions: { universeDomain: 'googleapis.com' },
  })
  const storage = await startStorageServer({
    buckets: BUCKETS.map((name) => ({ name, location: 'US' })),
    onFinalize: ({ attributes, data }) =>
      void client.topic('daybreak-file-arrival').publishMessage({ data, attributes: { ...attributes } }),
  })
  const bigquery = await startBigqueryServer({
    project: PROJECT,
    datasets: [...datasets, ...Object.values(DATASETS)],
    queries: await shippedQueries(),
    objects: (uri) => {
      const [, bucket = '', name = ''] = /^gs:\/\/([^/]+)\/(.+)$/.exec(uri) ?? []
      return storage.bucket(bucket).get(name)?.content ?? null
    },
  })
  const secrets = await startSecretManagerServer(PROJECT)
  secrets.secrets.add('hash-key', 'a planted hash key of 32 bytes or more')
  const postgres = hasPostgres ? await startPostgres({ settings }) : null
  const projectDir = await mkdtemp(join(tmpdir(), 'daybreak-cloud-'))
  await cp(join(ROOT, 'config'), join(projectDir, 'config'), { recursive: true })
  if (locations) await writeFile(join(projectDir, 'config', 'locations.yaml'), locations)
  const environment = { identity, pubsub, storage, bigquery, secrets, ledger: await ledgerOf(postgres) }
  await writeFile(join(projectDir, 'config', 'environments', 'cloud.yaml'), environmentText(environment, more))
  await mkdir(join(projectDir, '.daybreak'))
  return {
    projectDir,
    env: { DAYBREAK_ENV: 'cloud' },
    identity,
    storage,
    bigquery,
    pubsub,
    secrets,
    postgres,
    authorization: (email = OPERATOR) => ({
      authorization: `Bearer ${identity.token({ aud: AUDIENCE, email })}`,
    }),
    async pushTo(port) {
      const base = `http://127.0.0.1:${port}`
      await provision({
        endpoint: pubsub.endpoint,
        project: PROJECT,
        serviceAgent: pubsub.serviceAgent,
        topics: Object.fromEntries(TOPICS.map((topic) => [topic, `daybreak-${topic}`])),
        pushTo: (topic) => `${base}/${topic.replace('daybreak-', '')}`,
        pushDeadLettersTo: () => `${base}/dead-letter`,
        oidc: { serviceAccountEmail: PUSHER, audience: AUDIENCE },
        minimumBackoff: 1,
      })
      storage.bucket(INBOX).notify(`//pubsub.googleapis.com/projects/${PROJECT}/topics/daybreak-file-arrival`)
    },
    async publish(topic, data) {
      await client.topic(`daybreak-${topic}`).publishMessage({ data: Buffer.from(JSON.stringify(data)) })
    },
    async upload(name, content) {
      const query = new URLSearchParams({ uploadType: 'media', name })
      const address = `${storage.url}/upload/storage/v1/b/${INBOX}/o?${query}`
      const headers = { 'content-type': 'text/csv' }
      const { status } = await fetch(address, { method: 'POST', headers, body: Buffer.from(content) })
      if (status !== 200) throw new Error(`the upload of ${name} answered ${status}`)
    },
    async close() {
      await client.close()
      await Promise.all([pubsub, storage, bigquery, secrets, identity].map((server) => server.close()))
      await postgres?.close()
      await rm(projectDir, { recursive: true, force: true })
    },
  }
}

/** Queries of the shipped models and of their checks. */
export async function shippedQueries(): Promise<readonly QueryText[]> {
  const { models } = CompiledModels.parse(JSON.parse(await readFile(join(ROOT, COMPILED), 'utf8')))
  return queriesOf(Object.values(models))
}

async function ledgerOf(postgres: Postgres | null): Promise<unknown> {
  if (postgres === null) return { kind: 'sqlite', path: '.daybreak/ledger.sqlite' }
  const { user, port, database } = await postgres.createLogin()
  return { kind: 'postgres', host: postgres.socket, port, database, user, auth: 'none' }
}

interface Endpoints extends Pick<LocalCloud, 'identity' | 'storage' | 'bigquery' | 'pubsub' | 'secrets'> {
  readonly ledger: unknown
}

/** JSON is YAML as well. */
function environmentText(
  { identity, storage, bigquery, pubsub, secrets, ledger }: Endpoints,
  more: Readonly<Record<string, unknown>> = {},
): string {
  return JSON.stringify({
    version: 1,
    environment: 'cloud',
    google: {
      project: PROJECT,
      region: 'us-central1',
      endpoints: {
        storage: storage.url,
        bigquery: bigquery.url,
        pubsub: pubsub.endpoint,
        secret_manager: secrets.address,
        identity: identity.issuer,
      },
    },
    sources: { toast: { kind: 'gcs', bucket: INBOX } },
    objects: { kind: 'gcs', raw_bucket: BUCKETS[0], parts_bucket: BUCKETS[1], control_bucket: BUCKETS[2] },
    warehouse: { kind: 'bigquery', location: 'US', create_tables: true },
    ledger,
    secrets: { kind: 'secret-manager' },
    privacy: { hash_key: 'secret://hash-key' },
    queue: { kind: 'pubsub' },
    http: { audience: AUDIENCE, push_accounts: [PUSHER], caller_accounts: [OPERATOR], gather: '300ms', drain: '3s' },
    ...more,
  })
}
