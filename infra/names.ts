import { viewsOf } from '../functions/config/model-environment.ts'

/** Who logs in to the ledger. */
export const LEDGER_USERS = ['worker', 'api', 'notify', 'backfill', 'shadow', 'migrate'] as const

/** Cloud Run services. */
export const RUN_SERVICES = ['worker', 'api', 'notify'] as const

/** Cloud Run jobs. */
export const JOBS = ['backfill', 'shadow', 'migrate'] as const

/** Components with a service account of their own. */
export const COMPONENTS = [
  'worker',
  'api',
  'notify',
  'backfill',
  'shadow',
  'migrate',
  'push',
  'operator',
  'plan',
  'apply',
  'release',
] as const
/** Part of the deployment with a service account. */
export type Component = (typeof COMPONENTS)[number]

/** Purpose of each component, for the description of its account and the IAM page. */
export const COMPONENT_WORDS: Readonly<Record<Component, string>> = {
  worker: 'Cloud Run service that handles every message: looks, transforms, loads.',
  api: 'Cloud Run service that people and programs call: backfills, replays, status.',
  notify:
    'Cloud Run service that watches each minute and tells people; the one account that reaches mail, Slack and PagerDuty.',
  backfill: 'Cloud Run job that brings in long ranges from the raw archive.',
  shadow: 'Cloud Run job that replays a night with a new version and compares: reads, and writes nothing.',
  migrate: 'Cloud Run job of a release: brings the tables of the ledger up to date, and can do nothing else.',
  push: 'Signs the tokens of Pub/Sub pushes; may call the worker and the watch, and nothing else.',
  operator: 'Whom people act as when they call the API: a token of their own cannot name an audience.',
  plan: 'Reads everything and changes nothing: `infra:plan` in continuous integration.',
  apply: 'Changes infrastructure: `infra:apply`, after approval.',
  release: 'Builds images and moves traffic to them.',
}

/** Accounts of Google that act for a service in this project. */
const AGENTS = {
  pubsub: 'gcp-sa-pubsub',
  scheduler: 'gcp-sa-cloudscheduler',
  storage: 'gs-project-accounts',
  secrets: 'gcp-sa-secretmanager',
  run: 'serverless-robot-prod',
  sql: 'gcp-sa-cloud-sql',
  registry: 'gcp-sa-artifactregistry',
  logging: 'gcp-sa-logging',
  iap: 'gcp-sa-iap',
} as const
/** Service agent of Google. */
export type Agent = keyof typeof AGENTS | 'bigquery'

interface Place {
  readonly google: { readonly project: string; readonly region: string }
  readonly infra: { readonly projectNumber: string }
}

/** `daybreak-worker`: the id of an account, and of the service or job that runs as it. */
export function nameOf(component: Component): string {
  return `daybreak-${component}`
}

/** Address of the account of a component. */
export function accountEmail(component: Component, project: string): string {
  return `${nameOf(component)}@${project}.iam.gserviceaccount.com`
}

/** The account of a component as a principal of IAM. */
export function memberOf(component: Component, { google }: Place): string {
  return `serviceAccount:${accountEmail(component, google.project)}`
}

/** An account of Google as a principal of IAM. It exists once its service was used: docs/runbooks/first-deployment.md. */
export function agentMember(agent: Agent, { infra }: Place): string {
  if (agent === 'bigquery')
    return `serviceAccount:bq-${infra.projectNumber}@bigquery-encryption.iam.gserviceaccount.com`
  return `serviceAccount:service-${infra.projectNumber}@${AGENTS[agent]}.iam.gserviceaccount.com`
}

/**
 * Address of a Cloud Run service, known before it exists: it is made of the project's number. The audience of the tokens of all
 * pushes is the worker's.
 */
export function serviceUrl(component: Component, { google, infra }: Place): string {
  return `https://${nameOf(component)}-${infra.projectNumber}.${google.region}.run.app`
}

/** Address of the worker: where messages are pushed to, and the audience of their tokens. */
export function workerUrl(place: Place): string {
  return serviceUrl('worker', place)
}

/** Audience of the assertions that IAP sends to the API. */
export function iapAudience({ google, infra }: Place): string {
  return `/projects/${infra.projectNumber}/locations/${google.region}/services/${nameOf('api')}`
}

/** Network tag of the watch: the firewall lets it out to mail, Slack and PagerDuty. */
export const NOTIFY_TAG = 'daybreak-notify'

/** Network tag of the API in a perimeter: the firewall lets it out to the keys of Identity-Aware Proxy. */
export const API_TAG = 'daybreak-api'

/** Name under which Google publishes the keys of Identity-Aware Proxy. It is no name of an API. */
export const IAP_KEYS_HOST = 'www.gstatic.com.'

/** View of the log bucket of our lines. */
export function logView({ google }: Pick<Place, 'google'>): string {
  return `projects/${google.project}/locations/${google.region}/buckets/daybreak/views/_AllLogs`
}

/** Custom roles: their permissions, and what Google's own role would have carried too much. */
export const CUSTOM_ROLES = {
  daybreakLoader: {
    title: 'Daybreak: replace partitions',
    // Rights to load into an existing table, to read it back, and to write the rows of a build. No deletion, no IAM.
    permissions: [
      'bigquery.datasets.get',
      'bigquery.tables.create',
      'bigquery.tables.get',
      'bigquery.tables.getData',
      'bigquery.tables.update',
      'bigquery.tables.updateData',
    ],
    instead: 'roles/bigquery.dataEditor, which deletes tables and makes routines and models',
  },
  daybreakBuilder: {
    title: 'Daybreak: build models',
    // As the loader's; and a version that no view shows, and the views of an environment that is removed, are deleted.
    permissions: [
      'bigquery.datasets.get',
      'bigquery.tables.create',
      'bigquery.tables.delete',
      'bigquery.tables.get',
      'bigquery.tables.getData',
      'bigquery.tables.update',
      'bigquery.tables.updateData',
    ],
    instead: 'roles/bigquery.dataEditor, which makes routines and models of BigQuery ML',
  },
  daybreakReader: {
    title: 'Daybreak: read tables',
    permissions: ['bigquery.datasets.get', 'bigquery.tables.get', 'bigquery.tables.getData', 'bigquery.tables.list'],
    instead: 'roles/bigquery.dataViewer, which exports tables and copies snapshots',
  },
  daybreakWriter: {
    title: 'Daybreak: create objects and read them back',
    permissions: ['storage.objects.create', 'storage.objects.get', 'storage.objects.list'],
    instead: 'roles/storage.objectUser, which deletes and overwrites',
  },
  daybreakRunner: {
    title: 'Daybreak: start the backfill job',
    permissions: [
      'run.jobs.get',
      'run.jobs.run',
      'run.jobs.runWithOverrides',
      'run.executions.get',
      'run.executions.list',
    ],
    instead: 'roles/run.developer, which changes services and jobs',
  },
  daybreakOperator: {
    title: 'Daybreak: operate',
    permissions: [
      'cloudscheduler.jobs.enable',
      'cloudscheduler.jobs.get',
      'cloudscheduler.jobs.list',
      'cloudscheduler.jobs.pause',
      'cloudscheduler.jobs.run',
      'cloudscheduler.locations.list',
      'cloudsql.backupRuns.list',
      'cloudsql.instances.get',
      'cloudsql.instances.list',
      'compute.addresses.get',
      'run.executions.get',
      'run.executions.list',
      'run.jobs.list',
      'run.operations.get',
      'run.revisions.get',
      'run.revisions.list',
      'run.services.list',
    ],
    instead:
      'roles/cloudscheduler.admin, roles/cloudsql.viewer and roles/run.viewer, which change or show more than runbooks ask for',
  },
  daybreakScanner: {
    title: 'Daybreak: have an image looked through',
    permissions: [
      'ondemandscanning.operations.get',
      'ondemandscanning.scans.analyzePackages',
      'ondemandscanning.scans.listVulnerabilities',
    ],
    instead: 'roles/ondemandscanning.admin, which cancels and deletes what others have scanned',
  },
} as const
/** Name of a custom role. */
export type CustomRole = keyof typeof CUSTOM_ROLES

/** Full name of a custom role of the project. */
export function customRole(role: CustomRole, { google }: Place): string {
  return `projects/${google.project}/roles/${role}`
}

/** Bucket of the sources that a person gives to a build; builds of a trigger need none. */
export function sourceBucket({ google }: Pick<Place, 'google'>): string {
  return `${google.project}-build-source`
}

/** Topics of Secret Manager's reminders; those of messages are in the environment file. */
export const ROTATION_TOPIC = 'daybreak-secret-rotation'
/** Name of the repository of container images. */
export const REPOSITORY = 'daybreak'
/** Name of the network. */
export const NETWORK = 'daybreak'
/** Name of the subnetwork that containers send from. */
export const SUBNETWORK = 'daybreak-egress'

/** Name of the topic that dead letters of a topic go to. */
export function deadLetterTopic(topic: string): string {
  return `${topic}-dead-letter`
}

/** Name of the push subscription of a topic. */
export function pushSubscription(topic: string): string {
  return `${topic}-push`
}

/** Dataset whose views keep analysts from asking for all of time. */
export function recentDataset(pipeline: string): string {
  return `${pipeline}_recent`
}
/** Datasets of models: views that people read, the tables behind them, and rows that are not published yet. */
export const MODEL_DATASETS = { views: 'models', data: 'models_data', staging: 'models_staging' } as const
/** Datasets of views of models: that of everybody, and one for each environment of models alone. */
export function viewDatasets(environments: readonly string[]): readonly string[] {
  return [MODEL_DATASETS.views, ...environments.map(viewsOf)]
}
/** Name of the dataset of logs and costs. */
export const OPERATIONS_DATASET = 'daybreak_operations'
/** Name of the key ring. */
export const KEY_RING = 'daybreak'

/** Data that each service encrypts with a key of its own, if the environment has own keys. */
export const KEYS = ['objects', 'warehouse', 'messages', 'secrets', 'ledger', 'images'] as const
/** Name of an encryption key. */
export type Key = (typeof KEYS)[number]

/** Full name of an encryption key. */
export function keyName(key: Key, { google }: Place): string {
  return `projects/${google.project}/locations/${google.region}/keyRings/${KEY_RING}/cryptoKeys/${key}`
}
