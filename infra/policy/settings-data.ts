import { toMilliseconds } from '../../functions/config/duration.ts'
import { connectionPlan } from '../connections.ts'
import type { Deployment } from '../deployment.ts'
import { recentDataset } from '../names.ts'
import { operationsSql } from '../stacks/observability.ts'
import { RECENT_DAYS, recentSql } from '../stacks/warehouse.ts'
import { type TableShape, tableShapes } from '../table-shape.ts'
import { as, type Expectation, is, like, listAs, type Settings } from './expect.ts'
import { type Json, type Resource, textAt } from './resource.ts'
import { keyOf } from './settings-project.ts'

const DAY = 86_400
const ABANDONED = { action: { type: 'AbortIncompleteMultipartUpload' }, condition: { age: 1 } }

/** Settings of the stacks storage, warehouse, secrets and ledger. */
export const DATA_SETTINGS: Settings = {
  google_storage_bucket: {
    uniform_bucket_level_access: is(true),
    public_access_prevention: is('enforced'),
    location: as(({ warehouse }) => warehouse.location.toUpperCase()),
    force_destroy: as(({ infra }) => !infra.protect),
    'lifecycle.prevent_destroy': as(({ infra }) => infra.protect),
    'soft_delete_policy.retention_duration_seconds': is(7 * DAY),
    encryption: as((deployment) => wrapped('default_kms_key_name', keyOf('objects', deployment))),
  },
  'google_storage_bucket.raw': {
    name: as(({ objects }) => objects.rawBucket),
    // Objects never change, so a version would only hide that one did.
    'versioning.enabled': is(false),
    'retention_policy.retention_period': as(({ infra }) => seconds(infra.rawRetention)),
    lifecycle_rule: as(({ infra }) => [
      colder('NEARLINE', 30),
      colder('COLDLINE', 120),
      ...deleted(infra.rawDeleteAfter),
      ABANDONED,
    ]),
  },
  'google_storage_bucket.parts': {
    name: as(({ objects }) => objects.partsBucket),
    'versioning.enabled': is(false),
    lifecycle_rule: as(({ infra }) => [colder('NEARLINE', 60), ...deleted(infra.partsDeleteAfter), ABANDONED]),
  },
  'google_storage_bucket.control': {
    name: as(({ objects }) => objects.controlBucket),
    'versioning.enabled': is(true),
    // Nothing here deletes the newest version of a manifest.
    lifecycle_rule: is([
      { action: { type: 'Delete' }, condition: { days_since_noncurrent_time: 30, with_state: 'ARCHIVED' } },
      ABANDONED,
    ]),
  },
  'google_storage_bucket.inbox': {
    'versioning.enabled': is(false),
    lifecycle_rule: is([{ action: { type: 'Delete' }, condition: { age: 14 } }, ABANDONED]),
  },
  'google_storage_bucket.source': {
    name: as(({ google }) => `${google.project}-build-source`),
    'versioning.enabled': is(false),
    lifecycle_rule: is([{ action: { type: 'Delete' }, condition: { age: 14 } }, ABANDONED]),
  },
  'google_storage_bucket.logs': {
    'versioning.enabled': is(false),
    'retention_policy.retention_period': is(30 * DAY),
    'retention_policy.is_locked': as(({ infra }) => infra.protect),
    lifecycle_rule: is([colder('COLDLINE', 30), { action: { type: 'Delete' }, condition: { age: 400 } }, ABANDONED]),
  },
  google_bigquery_dataset: {
    location: as(({ warehouse }) => warehouse.location),
    delete_contents_on_destroy: as(({ infra }) => !infra.protect),
    'lifecycle.prevent_destroy': as(({ infra }) => infra.protect),
    max_time_travel_hours: is('168'),
    // Only what is not published may go by itself.
    default_table_expiration_ms: as((_, resource) =>
      textAt(resource, 'dataset_id') === 'models_staging' ? DAY * 1000 : undefined,
    ),
    default_partition_expiration_ms: as(() => undefined),
    default_encryption_configuration: as((deployment) => wrapped('kms_key_name', keyOf('warehouse', deployment))),
  },
  google_bigquery_table: {
    dataset_id: table((shape, { id }) =>
      id.startsWith('table-')
        ? `\${google_bigquery_dataset.dataset-${shape.dataset}.dataset_id}`
        : `\${google_bigquery_dataset.dataset-${shape.dataset}-recent.dataset_id}`,
    ),
    description: table((shape, { id }) =>
      id.startsWith('table-') ? shape.description : `${shape.description} The last ${RECENT_DAYS} business dates.`,
    ),
    schema: table((shape, { id }) => (id.startsWith('table-') ? schemaOf(shape) : undefined)),
    clustering: table((shape, { id }) => (id.startsWith('table-') ? [...shape.clusterBy] : undefined)),
    time_partitioning: table((shape, { id }, { infra }) =>
      id.startsWith('table-') ? partitioning(shape, infra.partitionExpiration) : undefined,
    ),
    require_partition_filter: table((shape, { id }) => (id.startsWith('table-') ? shape.needsFilter : undefined)),
    deletion_protection: table((_, { id }, { infra }) => id.startsWith('table-') && infra.protect),
    view: table((shape, { id }, { google }) => (id.startsWith('view-') ? viewOf(shape, google.project) : undefined)),
    depends_on: table((_, { id }) =>
      id.startsWith('view-') ? [`google_bigquery_table.${id.replace('view-', 'table-')}`] : undefined,
    ),
  },
  google_data_catalog_taxonomy: {
    region: as(({ google }) => google.region),
    activated_policy_types: is(['FINE_GRAINED_ACCESS_CONTROL']),
  },
  google_data_catalog_policy_tag: { taxonomy: is('${google_data_catalog_taxonomy.privacy.id}') },
  google_secret_manager_secret: {
    'replication.user_managed.replicas': as((deployment) => [
      {
        ...(deployment.infra.encryptionKeys && {
          customer_managed_encryption: { kms_key_name: keyOf('secrets', deployment) ?? null },
        }),
        location: deployment.google.region,
      },
    ]),
    topics: is([{ name: '${google_pubsub_topic.rotation.id}' }]),
    'rotation.rotation_period': is(`${90 * DAY}s`),
    'rotation.next_rotation_time': is('${timeadd(plantimestamp(), "2160h")}'),
    'lifecycle.prevent_destroy': as(({ infra }) => infra.protect),
    'lifecycle.ignore_changes': is(['rotation[0].next_rotation_time']),
    depends_on: like1('google_pubsub_topic_iam_member.grant-agent-secretmanager-'),
  },
  google_sql_database_instance: {
    database_version: like(/^POSTGRES_1[5-9]$/),
    region: as(({ google }) => google.region),
    deletion_protection: as(({ infra }) => infra.protect),
    'lifecycle.prevent_destroy': as(({ infra }) => infra.protect),
    encryption_key_name: as((deployment) => keyOf('ledger', deployment)),
    'settings.tier': as(({ infra }) => infra.ledger.tier),
    'settings.edition': is('ENTERPRISE'),
    'settings.availability_type': as(({ infra }) => (infra.ledger.regional ? 'REGIONAL' : 'ZONAL')),
    'settings.disk_type': is('PD_SSD'),
    'settings.disk_size': as(({ infra }) => infra.ledger.diskGib),
    'settings.disk_autoresize': is(true),
    'settings.deletion_protection_enabled': as(({ infra }) => infra.protect),
    // No public address, and no client without a certificate: the proxy has one.
    'settings.ip_configuration': as(({ google }) => ({
      ipv4_enabled: false,
      private_network: `projects/${google.project}/global/networks/daybreak`,
      ssl_mode: 'TRUSTED_CLIENT_CERTIFICATE_REQUIRED',
    })),
    'settings.backup_configuration': as(({ infra }) => ({
      backup_retention_settings: { retained_backups: infra.protect ? 30 : 7, retention_unit: 'COUNT' },
      enabled: true,
      point_in_time_recovery_enabled: true,
      start_time: '18:00',
      transaction_log_retention_days: 7,
    })),
    'settings.maintenance_window': is({ day: 7, hour: 20, update_track: 'stable' }),
    'settings.insights_config': is({
      query_insights_enabled: true,
      record_application_tags: false,
      record_client_address: false,
    }),
    'settings.database_flags': listAs((deployment) => [
      { name: 'cloudsql.iam_authentication', value: 'on' },
      { name: 'log_min_duration_statement', value: '1000' },
      { name: 'log_connections', value: 'on' },
      { name: 'max_connections', value: String(connectionPlan(deployment)?.limit) },
    ]),
  },
  google_sql_database: {
    instance: is('${google_sql_database_instance.instance.name}'),
    deletion_policy: as(({ infra }) => (infra.protect ? 'ABANDON' : 'DELETE')),
  },
  google_sql_user: {
    instance: is('${google_sql_database_instance.instance.name}'),
    type: is('CLOUD_IAM_SERVICE_ACCOUNT'),
    depends_on: is(['google_sql_database.database']),
    deletion_policy: is('ABANDON'),
  },
}

function seconds(duration: string): number {
  return toMilliseconds(duration) / 1000
}

function colder(storage_class: string, age: number): Json {
  return { action: { storage_class, type: 'SetStorageClass' }, condition: { age } }
}

function deleted(after: string | undefined): readonly Json[] {
  return after === undefined ? [] : [{ action: { type: 'Delete' }, condition: { age: seconds(after) / DAY } }]
}

function wrapped(name: string, value: Json | undefined): Json | undefined {
  return value === undefined ? undefined : { [name]: value }
}

function like1(prefix: string): Expectation {
  return {
    words: `one name that starts with ${prefix}`,
    holds: (value) => Array.isArray(value) && value.length === 1 && String(value[0]).startsWith(prefix),
  }
}

type Wanted = (shape: TableShape, resource: Resource, deployment: Deployment) => Json | undefined

/** The contract of a table. The view of operations has no contract. */
function table(wanted: Wanted): Expectation {
  const ofTable = as((deployment, resource) => {
    const shape = [...deployment.project.pipelines.keys()]
      .flatMap((pipeline) => tableShapes(deployment.project, pipeline))
      .find(
        ({ dataset, name }) =>
          resource.id === `table-${dashed(dataset, name)}` || resource.id === `view-${dashed(dataset, name)}`,
      )
    return shape ? wanted(shape, resource, deployment) : undefined
  })
  return {
    words: 'what the contract says',
    holds: (value, context) =>
      context.resource.id.endsWith('-operations')
        ? isOperations(context.resource, context.deployment)
        : ofTable.holds(value, context),
  }
}

function isOperations(resource: Resource, { google }: Deployment): boolean {
  const pipeline = resource.id.replace(/^view-|-operations$/g, '')
  const view = { query: operationsSql(google.project, pipeline), use_legacy_sql: false }
  return (
    textAt(resource, 'dataset_id') === recentDataset(pipeline) &&
    JSON.stringify(resource.attributes['view']) === JSON.stringify(view) &&
    resource.attributes['deletion_protection'] === false &&
    JSON.stringify(resource.attributes['depends_on']) === '["google_logging_linked_dataset.operations"]'
  )
}

function dashed(...parts: readonly string[]): string {
  return parts.join('-').replaceAll('_', '-')
}

function schemaOf({ columns }: TableShape): string {
  const tag = { names: ['${google_data_catalog_policy_tag.privacy-private.name}'] }
  return JSON.stringify(
    columns.map(({ isPrivate, ...column }) => ({
      ...column,
      ...(isPrivate && { policyTags: tag }),
    })),
  )
}

function partitioning({ partitionBy }: TableShape, expiration: string | undefined): Json | undefined {
  if (partitionBy === null) return undefined
  const expires = expiration === undefined ? {} : { expiration_ms: toMilliseconds(expiration) }
  return { ...expires, field: partitionBy, type: 'DAY' }
}

function viewOf(shape: TableShape, project: string): Json {
  const { dataset, name } = shape
  return { query: `SELECT * FROM \`${project}.${dataset}.${name}\`${recentSql(shape)}`, use_legacy_sql: false }
}
