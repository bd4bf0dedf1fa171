import { allStreams } from '../../functions/config/config.ts'
import { LOADS_TABLE } from '../../functions/sql/dialects/bigquery/columns.ts'
import { type Deployment, ledgerInstance } from '../deployment.ts'
import {
  accountEmail,
  COMPONENTS,
  CUSTOM_ROLES,
  deadLetterTopic,
  KEYS,
  nameOf,
  OPERATIONS_DATASET,
  pushSubscription,
  ROTATION_TOPIC,
  recentDataset,
  sourceBucket,
} from '../names.ts'
import { alertsOf } from '../observability/alerts.ts'
import { METRICS } from '../observability/metrics.ts'
import { AUDITED, SERVICES } from '../stacks/foundation.ts'
import { timeZonesOf } from '../stacks/schedule.ts'
import { remembered } from './remembered.ts'
import { type PolicyProblem, type Resource, textAt } from './resource.ts'

/** Attribute that tells resources of a type apart; several are joined with `/`. */
const IDENTITY: Readonly<Record<string, readonly string[]>> = {
  google_project_service: ['service'],
  google_project_iam_audit_config: ['service'],
  google_project_iam_custom_role: ['role_id'],
  google_service_account: ['account_id'],
  google_bigquery_dataset: ['dataset_id'],
  google_bigquery_table: ['table_id'],
  google_secret_manager_secret: ['secret_id'],
  google_artifact_registry_repository: ['repository_id'],
  google_iam_workload_identity_pool: ['workload_identity_pool_id'],
  google_iam_workload_identity_pool_provider: ['workload_identity_pool_provider_id'],
  google_monitoring_alert_policy: ['display_name'],
  google_monitoring_notification_channel: ['type'],
  google_monitoring_custom_service: ['service_id'],
  google_monitoring_slo: ['slo_id'],
  google_billing_budget: ['display_name'],
  google_logging_linked_dataset: ['link_id'],
  google_logging_project_bucket_config: ['bucket_id'],
  google_data_catalog_taxonomy: ['display_name'],
  google_data_catalog_policy_tag: ['display_name'],
  google_storage_notification: ['bucket'],
  google_monitoring_dashboard: [],
  google_service_networking_connection: ['service'],
  google_access_context_manager_service_perimeter: ['title'],
}

/** Resources that are absent or unexpected. Grants are another list: bindings.ts. */
export function inventoryProblems(resources: readonly Resource[], deployment: Deployment): readonly PolicyProblem[] {
  const found = resources.filter(({ type }) => !type.endsWith('_iam_member')).map(identityOf)
  const expected = expectedOf(deployment)
  return [
    ...missing(expected, found).map((name) => ({ where: 'inventory', message: `no stack declares ${name}` })),
    ...missing(found, expected).map((name) => ({ where: 'inventory', message: `the policy does not list ${name}` })),
  ]
}

function identityOf(resource: Resource): string {
  const paths = IDENTITY[resource.type] ?? ['name']
  return `${resource.type} ${paths.map((path) => textAt(resource, path)).join('/')}`
}

const expectedOf = remembered((deployment: Deployment) =>
  Object.entries(expectedNames(deployment)).flatMap(([type, names]) => names.map((name) => `${type} ${name}`)),
)

/** Members of the first list that the second lacks, with repetitions. */
function missing(wanted: readonly string[], among: readonly string[]): readonly string[] {
  const left = new Map<string, number>()
  for (const name of among) left.set(name, (left.get(name) ?? 0) + 1)
  return wanted.filter((name) => {
    const count = left.get(name) ?? 0
    left.set(name, count - 1)
    return count <= 0
  })
}

/** Every resource that an environment needs, from the same YAML and by no way that the stacks take. */
function expectedNames(deployment: Deployment): Readonly<Record<string, readonly string[]>> {
  return {
    ...projectNames(deployment),
    ...networkNames(deployment),
    ...dataNames(deployment),
    ...messageNames(deployment),
    ...computeNames(deployment),
    ...watchNames(deployment),
  }
}

function projectNames({ infra, environment }: Deployment): Readonly<Record<string, readonly string[]>> {
  return {
    google_project_service: SERVICES.map((name) => `${name}.googleapis.com`),
    google_project_iam_audit_config: AUDITED.map((name) => `${name}.googleapis.com`),
    google_project_iam_custom_role: Object.keys(CUSTOM_ROLES),
    google_service_account: COMPONENTS.map(nameOf),
    google_kms_key_ring: infra.encryptionKeys ? ['daybreak'] : [],
    google_kms_crypto_key: infra.encryptionKeys ? KEYS : [],
    google_artifact_registry_repository: ['daybreak'],
    google_cloudbuild_trigger: [`daybreak-release-${environment}`],
    google_iam_workload_identity_pool: ['daybreak'],
    google_iam_workload_identity_pool_provider: ['github'],
    google_billing_budget: [`daybreak ${environment}`],
    google_access_context_manager_service_perimeter: infra.accessPolicy ? [`daybreak_${environment}`] : [],
  }
}

function networkNames(deployment: Deployment): Readonly<Record<string, readonly string[]>> {
  const hasSftp = Object.values(deployment.sources).some(({ kind }) => kind === 'sftp')
  const hasLedger = ledgerInstance(deployment) !== null
  const host = deployment.infra.accessPolicy ? 'restricted.googleapis.com.' : 'private.googleapis.com.'
  return {
    google_compute_network: ['daybreak'],
    google_compute_subnetwork: ['daybreak-egress'],
    google_compute_address: ['daybreak-egress'],
    google_compute_router: ['daybreak'],
    google_compute_router_nat: ['daybreak'],
    google_compute_firewall: [
      'daybreak-deny-all',
      'daybreak-allow-apis',
      ...(hasSftp ? ['daybreak-allow-sftp'] : []),
      ...(isReachedOutside(deployment) ? ['daybreak-allow-notify'] : []),
      ...(deployment.auth && deployment.infra.accessPolicy ? ['daybreak-allow-iap-keys'] : []),
      ...(hasLedger ? ['daybreak-allow-ledger'] : []),
    ],
    google_dns_managed_zone: ['daybreak-googleapis', ...(deployment.auth ? ['daybreak-iap-keys'] : [])],
    google_dns_record_set: [host, '*.googleapis.com.', ...(deployment.auth ? ['www.gstatic.com.'] : [])],
    google_compute_global_address: hasLedger ? ['daybreak-ledger'] : [],
    google_service_networking_connection: hasLedger ? ['servicenetworking.googleapis.com'] : [],
  }
}

function dataNames(deployment: Deployment): Readonly<Record<string, readonly string[]>> {
  const { objects, infra, project, secrets, ledger, google } = deployment
  const instance = ledgerInstance(deployment)
  const pipelines = [...project.pipelines.values()]
  const users = (['worker', 'api', 'notify', 'backfill', 'shadow', 'migrate'] as const).map((name) =>
    accountEmail(name, google.project).replace('.gserviceaccount.com', ''),
  )
  return {
    google_storage_bucket: [
      objects.rawBucket,
      objects.partsBucket,
      objects.controlBucket,
      infra.inboxBucket,
      infra.logsBucket,
      sourceBucket(deployment),
    ],
    google_bigquery_dataset: [
      ...pipelines.flatMap(({ pipeline }) => [pipeline, recentDataset(pipeline)]),
      ...['models', 'models_data', 'models_staging'],
      ...deployment.project.modelEnvironments.map((environment) => `models_${environment}`),
    ],
    // Once as a table and once as a view; the operations are a view alone.
    google_bigquery_table: pipelines.flatMap((pipeline) => [
      ...allStreams(pipeline),
      'rejects',
      'profiles',
      LOADS_TABLE.name,
      ...allStreams(pipeline),
      'rejects',
      'profiles',
      LOADS_TABLE.name,
      'operations',
    ]),
    google_data_catalog_taxonomy: ['daybreak-privacy'],
    google_data_catalog_policy_tag: ['private'],
    google_secret_manager_secret: secrets,
    google_sql_database_instance: instance === null ? [] : [instance],
    google_sql_database: instance === null ? [] : [ledger.database],
    google_sql_user: instance === null ? [] : users,
  }
}

function messageNames({ topics, infra }: Deployment): Readonly<Record<string, readonly string[]>> {
  const all = Object.values(topics).flatMap((topic) => [topic, deadLetterTopic(topic)])
  return {
    google_pubsub_topic: [...all, ROTATION_TOPIC],
    google_pubsub_subscription: [...all.map(pushSubscription), `${ROTATION_TOPIC}-hold`],
    google_storage_notification: [infra.inboxBucket],
  }
}

function computeNames(deployment: Deployment): Readonly<Record<string, readonly string[]>> {
  const pipelines = [...deployment.project.pipelines.values()]
  const jobs = pipelines.flatMap((config) => [
    ...timeZonesOf(config, deployment).map((zone) => `daybreak-${config.pipeline}-first-look-${zone}`),
    `daybreak-${config.pipeline}-sweep`,
  ])
  return {
    google_cloud_run_v2_service: ['daybreak-worker', 'daybreak-api', 'daybreak-notify'],
    google_cloud_run_v2_job: [nameOf('backfill'), nameOf('shadow'), nameOf('migrate')],
    google_cloud_scheduler_job: [...jobs, 'daybreak-watch'].map((name) =>
      name.replaceAll(/[^A-Za-z0-9-]+/g, '-').toLowerCase(),
    ),
  }
}

function watchNames(deployment: Deployment): Readonly<Record<string, readonly string[]>> {
  const { emails, slackChannel, pagerduty } = deployment.infra.alerts
  return {
    google_logging_metric: Object.values(METRICS).map(({ name }) => name),
    google_logging_project_sink: ['daybreak', 'daybreak-audit'],
    google_logging_project_exclusion: ['daybreak-lines', 'daybreak-data-access'],
    google_logging_project_bucket_config: ['daybreak'],
    google_logging_linked_dataset: [OPERATIONS_DATASET],
    google_monitoring_alert_policy: alertsOf(deployment).map(({ id }) => `daybreak: ${id}`),
    google_monitoring_notification_channel: [
      ...emails.map(() => 'email'),
      ...(slackChannel ? ['slack'] : []),
      ...(pagerduty ? ['pagerduty'] : []),
    ],
    google_monitoring_custom_service: ['daybreak'],
    google_monitoring_slo: ['runs-end-well', 'days-complete'],
    google_monitoring_dashboard: [''],
  }
}

function isReachedOutside({ project: { notify } }: Deployment): boolean {
  return notify !== null && (notify.heartbeat !== undefined || Object.keys(notify.channels).length > 0)
}
