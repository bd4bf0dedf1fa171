import { z } from 'zod'
import { CrossCheck, Identifier } from '../contract/contract.ts'
import { yamlObject } from '../lib/yaml-object.ts'
import { byKind } from '../pipeline/work/kinds.ts'
import { AuthConfig } from './auth-config.ts'
import { CatalogConfig } from './catalog-config.ts'
import { BigqueryDestination, ConnectionMembers, DuckdbDestination, SourceConfig } from './connections.ts'
import { PIECE_BYTES } from './defaults.ts'
import { FilesSchedule } from './files-schedule.ts'
import { HookRights } from './hooks-config.ts'
import { InfraConfig } from './infra-config.ts'
import { LineageConfig } from './lineage-config.ts'
import { Bucket, Duration, FILES_PATH, Memory, Secret, ShardId } from './scalars.ts'
import { TablePipeline } from './table-pipeline.ts'

const pipelineBase = {
  version: z.literal(1).describe('Schema version. Must be 1.'),
  pipeline: Identifier.describe('Name in the command line, the API and the ledger; also the schema of its tables.'),
  description: z.string().min(1).describe('One sentence for people.'),
  owner: z.string().min(1).optional().describe('Who answers questions about its streams.'),
  source: z.string().min(1).describe('Name of a connection that files come from.'),
  destination: z
    .string()
    .min(1)
    .optional()
    .describe('Name of a connection that tables are loaded into. Default: the `warehouse` of the environment.'),
  streams: z
    .array(Identifier)
    .min(1)
    .describe('Contracts in config/contracts/<pipeline>/. Each is expected every day.'),
  optional_streams: z
    .array(Identifier)
    .default([])
    .describe('More contracts. Their files are read where they are delivered; an absent one is not missing.'),
  profiles: z
    .boolean()
    .default(true)
    .describe(
      'Count the columns of every file when it becomes a part, and load the counts as the table `profiles`: docs/quality.md.',
    ),
  headline: yamlObject({
    stream: Identifier.describe('Stream of the amount.'),
    sum: Identifier.describe('Column that is summed.'),
    label: z.string().min(1).describe('What people call it, e.g. `net sales`.'),
  })
    .optional()
    .describe('The amount that stands for a day in digests and on screens.'),
  reject_budget: z
    .number()
    .min(0)
    .max(1)
    .default(0.001)
    .describe('Share of rejected rows above which a slice is held back.'),
  reject_allowance: z
    .int()
    .min(0)
    .default(5)
    .describe('Rows that may be rejected in a file too small for shares, up to a twentieth of it.'),
  signed_days: z
    .enum(['hold', 'load'])
    .default('hold')
    .describe(
      'A change of a day that was signed: `hold` it until it is accepted, or `load` it and say so at the signature.',
    ),
  checks: z.array(CrossCheck).prefault([]).describe('Rules that join several streams of one location and day.'),
}

/** A pipeline whose files come by night, one folder per location and business date. */
export const NightlyPipeline = yamlObject({
  kind: z
    .literal('nightly')
    .optional()
    .describe('A folder per location and business date; `nightly` where it is absent.'),
  ...pipelineBase,
  schedule: yamlObject({
    first_look: z
      .string()
      .regex(/^([01]\d|2[0-3]):[0-5]\d$/)
      .default('04:30')
      .describe('Local time of each location.'),
    sweep_every: Duration.default('15m').describe('What is still absent is looked for again so often.'),
    late_after: Duration.default('3h').describe(
      'After the first look; what is still absent then is missing, and what still changes is read as it is.',
    ),
    look_back: Duration.default('7d').describe('Re-listed every night for corrections.'),
    retention: Duration.default('7d').describe('How long the server keeps a day folder.'),
  })
    .prefault({})
    .describe('When files are looked for.'),
})
export type NightlyPipeline = z.infer<typeof NightlyPipeline>

/** A pipeline whose files lie where a path says. */
export const FilesPipeline = yamlObject({
  kind: z.literal('files').describe('Files that lie where `path` says.'),
  ...pipelineBase,
  path: z
    .string()
    .regex(FILES_PATH, 'expected a path such as `{shard}/{window}/{file}`, with the shard and the window')
    .describe(
      'Where the files are, below the root of the source. `{shard}` is the id of a shard, `{window}` the name of a window: its first day as 2026-03-01, of hours 2026-03-01T05. `{yyyy}`, `{mm}`, `{dd}` and `{hh}` are parts of it, `{yyyymmdd}` its day, `{week}` an ISO week as 2026-W09. `{file}` is the `file` of a contract.',
    ),
  shards: z
    .union([
      z
        .literal('discover')
        .describe('Shards are what stands for `{shard}` at the source at each look; an absent one is not missing.'),
      z
        .array(
          yamlObject({
            id: ShardId.describe('What stands for `{shard}` in the path.'),
            name: z.string().min(1).optional().describe('What people call it; its id if absent.'),
            active_from: z.iso.date().optional().describe('First window; earlier ones are not expected.'),
            active_to: z.iso.date().optional().describe('Last window; later ones are not expected.'),
            closed: z.array(z.iso.date()).default([]).describe('Windows without files: waived, not missing.'),
            streams_off: z.array(Identifier).default([]).describe('Streams that this shard does not deliver.'),
          }),
        )
        .min(1),
    ])
    .describe('Shares of a window that are read, landed and tried again on their own, e.g. one per store.'),
  schedule: FilesSchedule.prefault({}).describe('How long windows are, and when their files are looked for.'),
})
export type FilesPipeline = z.infer<typeof FilesPipeline>

const FilePipeline = z.discriminatedUnion('kind', [NightlyPipeline, FilesPipeline])
/** File of config/pipelines. */
export const PipelineConfig = z.union([FilePipeline, TablePipeline])
export type PipelineConfig = z.infer<typeof PipelineConfig>

/** The schema of a pipeline: streams of tables are a mapping, those of files a list. */
export function pipelineSchema(value: unknown): z.ZodType<PipelineConfig> {
  return TableShape.safeParse(value).success ? TablePipeline : FilePipeline
}

const TableShape = z.union([
  z.looseObject({ kind: z.literal('table') }),
  z.looseObject({ kind: z.undefined().optional(), streams: z.record(z.string(), z.unknown()) }),
])

/** Shards that a pipeline lists by name; none of a nightly one, or where they are discovered. */
export function listedShards(pipeline: PipelineConfig | null): Exclude<FilesPipeline['shards'], 'discover'> {
  return pipeline?.kind !== 'files' || pipeline.shards === 'discover' ? [] : pipeline.shards
}

/** All streams of a pipeline, the expected before the optional ones. */
export function allStreams({
  streams,
  optionalStreams,
}: Pick<PipelineConfig, 'streams' | 'optionalStreams'>): readonly string[] {
  return [...streams, ...optionalStreams]
}

/** File config/locations.yaml. */
export const LocationsConfig = yamlObject({
  version: z.literal(1).describe('Schema version. Must be 1.'),
  locations: z
    .array(
      yamlObject({
        id: z
          .string()
          .regex(/^\d{1,20}$/, 'expected the export id: 1 to 20 digits')
          .describe('Export id: the name of its folder on the server. In quotes, because it is no number.'),
        name: z.string().min(1).describe('What people call it.'),
        time_zone: z.string().min(1).describe('IANA name, e.g. America/New_York.'),
        closeout_hour: z
          .int()
          .min(0)
          .max(11)
          .default(4)
          .describe('Hour of the next local day at which a business date ends.'),
        pipelines: z.array(Identifier).default(['toast']).describe('Pipelines that it takes part in.'),
        active_from: z.iso.date().optional().describe('First business date; earlier ones are not expected.'),
        active_to: z.iso.date().optional().describe('Last business date; later ones are not expected.'),
        closed: z.array(z.iso.date()).default([]).describe('Business dates without an export: waived, not missing.'),
        streams_off: z.array(Identifier).default([]).describe('Streams this location does not export.'),
        tags: z
          .array(z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'expected a tag such as `franchise-b`'))
          .optional()
          .describe('Words for a group of locations, for `access` of config/notify.yaml.'),
        contacts: z
          .array(
            yamlObject({
              name: z.string().min(1).describe('Who to ask.'),
              role: z.string().min(1).optional().describe('E.g. general manager.'),
              email: z.email().optional().describe('Address.'),
              phone: z
                .string()
                .regex(/^\+?[0-9 ()-]{5,30}$/, 'expected a number such as +1 212 555 0100')
                .optional()
                .describe('Number to call.'),
            }),
          )
          .optional()
          .describe(
            'People to ask about missing files, in this order. The dashboard shows them, and messages about missing files name the first; nothing is sent to them.',
          ),
      }),
    )
    .describe('One entry per restaurant; `[]` before the first.'),
})
export type LocationsConfig = z.infer<typeof LocationsConfig>
/** Location in config/locations.yaml. */
export type LocationConfig = LocationsConfig['locations'][number]

const WORK_TOPICS = byKind((name, { topic }) => z.string().min(3).default(`daybreak-${name}`).describe(topic))

const LoadWait = Duration.default('5m').describe(
  'Longest time that a partition waits for open locations of its date, so that it is loaded once for all of them.',
)

/** File of config/environments. */
export const EnvironmentConfig = yamlObject({
  version: z.literal(1).describe('Schema version. Must be 1.'),
  environment: Identifier.describe('Name of the file; starts the ids of load jobs.'),
  connections: z
    .record(Identifier, ConnectionMembers)
    .prefault({})
    .describe(
      'Connections of this environment, by the name that pipelines use. Members replace those of the same connection in config/connections.yaml; another `kind` replaces it whole.',
    ),
  sources: z
    .record(Identifier, SourceConfig)
    .prefault({})
    .describe('Another name of `connections` until 1.0, for whole connections that files come from.'),
  objects: z
    .discriminatedUnion('kind', [
      yamlObject({
        kind: z.literal('folder').describe('A folder on this disk.'),
        root: z.string().min(1).describe('Folder for raw objects, parts and manifests.'),
      }),
      yamlObject({
        kind: z
          .literal('gcs')
          .describe('Cloud Storage. One bucket per kind of object, because each is kept differently.'),
        raw_bucket: Bucket.describe('Raw objects: kept longest, never overwritten.'),
        parts_bucket: Bucket.describe('Parts and rejects: can be made again from raw objects.'),
        control_bucket: Bucket.describe('Manifests and everything else.'),
      }),
    ])
    .describe('Object storage.'),
  warehouse: z.discriminatedUnion('kind', [DuckdbDestination, BigqueryDestination]).describe('Where the tables are.'),
  ledger: z
    .discriminatedUnion('kind', [
      yamlObject({
        kind: z.literal('sqlite').describe('An SQLite file.'),
        path: z.string().min(1).describe('The file; made by the first run.'),
      }),
      yamlObject({
        kind: z.literal('postgres').describe('A PostgreSQL server.'),
        host: z
          .string()
          .min(1)
          .describe('Name or address, or the folder of a socket: `/cloudsql/PROJECT:REGION:INSTANCE`.'),
        port: z
          .union([z.int(), z.string()])
          .pipe(z.coerce.number<string | number>().int().min(1).max(65_535))
          .default(5432)
          .describe('TCP port.'),
        database: z.string().min(1).default('daybreak').describe('Name of the database; it must exist.'),
        user: z.string().min(1).describe('Login; for `iam` the service account without `.gserviceaccount.com`.'),
        role: z
          .string()
          .regex(/^[a-z_][a-z0-9_]{0,62}$/, 'expected a role such as `daybreak_owner`')
          .optional()
          .describe('Role that every connection acts as. Several logins then own the tables together.'),
        auth: z
          .enum(['password', 'iam', 'none'])
          .default('iam')
          .describe(
            '`iam` sends an access token of Google as the password; `none` sends nothing (a socket on this machine).',
          ),
        password: Secret.optional(),
        tls: z
          .enum(['off', 'verify'])
          .default('off')
          .describe('`verify` wants a certificate that this machine trusts. A Cloud SQL socket is encrypted already.'),
        migrations: z
          .enum(['on_open', 'by_command'])
          .default('on_open')
          .describe(
            'Who changes the tables for a release: the first process that opens the ledger, or `daybreak ledger migrate` alone.',
          ),
        connections: z.int().min(1).max(100).default(4).describe('Maximum connections of one instance.'),
      }),
    ])
    .describe('Where slices, runs, rejects and incidents are recorded.'),
  google: yamlObject({
    project: z
      .string()
      .regex(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/, 'expected a project id such as `acme-daybreak-prod`')
      .describe('Project id.'),
    region: z
      .string()
      .regex(/^[a-z]+-[a-z]+\d{1,2}$/, 'expected a region such as `us-central1`')
      .describe('Where services run and messages are kept.'),
    endpoints: yamlObject({
      storage: z.url().optional().describe('Cloud Storage.'),
      bigquery: z.url().optional().describe('BigQuery.'),
      pubsub: z.string().min(1).optional().describe('Pub/Sub, as `host:port`.'),
      secret_manager: z.string().min(1).optional().describe('Secret Manager, as `host:port`.'),
      logging: z.string().min(1).optional().describe('Cloud Logging, as `host:port`.'),
      datalineage: z.url().optional().describe('Data Lineage API.'),
      identity: z.url().optional().describe('Issuer of the tokens that pushes carry.'),
      iap: z.url().optional().describe('Keys of Identity-Aware Proxy.'),
    })
      .optional()
      .describe('Servers to use instead of those of Google, without credentials: a local Google Cloud.'),
  })
    .optional()
    .describe('Needed by everything of the kinds `gcs`, `bigquery`, `pubsub` and `secret-manager`.'),
  secrets: z
    .discriminatedUnion('kind', [
      yamlObject({ kind: z.literal('folder').describe('Files in DAYBREAK_SECRETS_DIR.') }),
      yamlObject({
        kind: z.literal('secret-manager').describe('Secret Manager; a reference without a version means the latest.'),
        refresh: Duration.default('5m').describe(
          'A secret is read again after so long, so that a rotation needs no restart.',
        ),
      }),
    ])
    .prefault({ kind: 'folder' })
    .describe('What `secret://NAME` means.'),
  http: yamlObject({
    audience: z.url().describe('What tokens must be made for: the address of the service.'),
    caller_audience: z
      .url()
      .optional()
      .describe('The same for backfills and replays, where another service takes them.'),
    push_accounts: z.array(z.email()).min(1).describe('Service accounts whose tokens are accepted for messages.'),
    caller_accounts: z
      .array(z.email())
      .default([])
      .describe('Accounts whose tokens are accepted for backfills and replays.'),
    signatures: z
      .enum(['verify', 'platform'])
      .default('verify')
      .describe(
        '`platform` also accepts tokens whose signature Cloud Run has checked and removed; only on Cloud Run, and only for services that demand a caller with a role.',
      ),
    max_body_bytes: z.int().min(1024).max(33_554_432).default(1_048_576).describe('A larger request is refused.'),
    time_budget: Duration.default('540s').describe(
      'A message is worked on for so long; the rest goes back to the queue. Less than the acknowledgement deadline.',
    ),
    drain: Duration.default('9s').describe('How long work may go on after SIGTERM.'),
    gather: Duration.default('5s').describe('Files that arrive within so long are brought in by one look.'),
  })
    .optional()
    .describe('How the handlers are reached; needed by `queue: { kind: pubsub }`.'),
  auth: AuthConfig.optional().describe(
    'Who may use the API and the dashboard of a service; without it no service answers them. Roles are in config/notify.yaml.',
  ),
  catalog: CatalogConfig.optional().describe('Names of the catalog in other systems.'),
  lineage: LineageConfig.optional().describe('Receivers of run events of OpenLineage, of each load and build.'),
  privacy: yamlObject({
    hash_key: Secret.describe('Key of the privacy class `hash`: `secret://NAME`, or the path of a file.'),
  }).describe('Secrets that protect personal data.'),
  engine: yamlObject({
    lanes: z.int().min(1).max(16).default(2).describe('Pieces transformed at a time; one per processor.'),
    piece_bytes: z.int().min(65_536).default(PIECE_BYTES).describe('Size of the pieces that a large file is cut into.'),
    memory_limit: Memory.default('512MB').describe('Most memory that the engine takes, all lanes together.'),
  })
    .prefault({})
    .describe('How files are transformed.'),
  hooks: HookRights.prefault({}).describe('What hooks of pipelines may do here.'),
  queue: z
    .discriminatedUnion('kind', [
      yamlObject({
        kind: z.literal('local').describe('In this process.'),
        max_attempts: z
          .int()
          .min(1)
          .max(100)
          .default(5)
          .describe('Deliveries of a message before it is a dead letter.'),
        min_backoff: Duration.default('10s').describe('Pause before the second delivery; it doubles from there.'),
        max_backoff: Duration.default('10m').describe('Longest pause between deliveries.'),
        load_wait: LoadWait,
      }),
      yamlObject({
        kind: z.literal('pubsub').describe('Topics of Pub/Sub with push subscriptions.'),
        topics: z
          .strictObject({
            ...WORK_TOPICS,
            file_arrival: z.string().min(3).default('daybreak-file-arrival').describe('Files that have arrived.'),
          })
          .prefault({})
          .describe(
            'Names of the topics; the dead letters of each go to the topic with `-dead-letter` after its name.',
          ),
        load_wait: LoadWait,
      }),
    ])
    .prefault({ kind: 'local' })
    .describe('How work that failed is tried again.'),
  infra: InfraConfig.optional().describe('What `npm run infra:synth` builds; no program reads it at run time.'),
})
export type EnvironmentConfig = z.infer<typeof EnvironmentConfig>
