import { BigqueryTable } from '@cdktf/provider-google/lib/bigquery-table/index.js'
import { LoggingLinkedDataset } from '@cdktf/provider-google/lib/logging-linked-dataset/index.js'
import { LoggingProjectBucketConfig } from '@cdktf/provider-google/lib/logging-project-bucket-config/index.js'
import { LoggingProjectExclusion } from '@cdktf/provider-google/lib/logging-project-exclusion/index.js'
import { LoggingProjectSink } from '@cdktf/provider-google/lib/logging-project-sink/index.js'
import { MonitoringCustomService } from '@cdktf/provider-google/lib/monitoring-custom-service/index.js'
import { MonitoringDashboard } from '@cdktf/provider-google/lib/monitoring-dashboard/index.js'
import { MonitoringSlo } from '@cdktf/provider-google/lib/monitoring-slo/index.js'
import type { App, TerraformStack } from 'cdktf'
import { BUSINESS_DATE } from '../../functions/contract/carried.ts'
import type { Deployment } from '../deployment.ts'
import { emitGrants } from '../emit-grants.ts'
import { OPERATIONS_DATASET, recentDataset } from '../names.ts'
import { ours } from '../observability/alerts.ts'
import { dashboardJson } from '../observability/dashboard.ts'
import { OUR_LINES } from '../observability/metrics.ts'
import { createStack, resourceId } from '../stack.ts'
import { declareAlerts } from './alerting.ts'
import { RECENT_DAYS } from './warehouse.ts'

/** Days that our log lines can be asked about. */
const LOG_DAYS = 90

/** Metrics, dashboard, objectives and alerts; and the log as a table. */
export function observabilityStack(app: App, deployment: Deployment): TerraformStack {
  const stack = createStack(app, 'observability', deployment)
  declareOperations(stack, deployment)
  declareAuditSink(stack, deployment)
  declareExclusions(stack)
  new MonitoringDashboard(stack, 'dashboard', { dashboardJson: dashboardJson(deployment.environment) })
  declareAlerts(stack, deployment)
  declareObjectives(stack)
  return stack
}

/** Our lines in a bucket of their own that BigQuery reads in place: the operations table, with nothing to load. */
function declareOperations(stack: TerraformStack, deployment: Deployment): void {
  const { google, project } = deployment
  const bucket = new LoggingProjectBucketConfig(stack, 'log', {
    project: google.project,
    location: google.region,
    bucketId: 'daybreak',
    retentionDays: LOG_DAYS,
    enableAnalytics: true,
  })
  new LoggingProjectSink(stack, 'log-route', {
    name: 'daybreak',
    destination: `logging.googleapis.com/${bucket.id}`,
    filter: OUR_LINES,
    uniqueWriterIdentity: true,
  })
  const linked = new LoggingLinkedDataset(stack, 'operations', { linkId: OPERATIONS_DATASET, bucket: bucket.id })
  emitGrants(['operations'], { stack, deployment, declared: new Map([[OPERATIONS_DATASET, linked]]) })
  for (const pipeline of project.pipelines.keys()) {
    new BigqueryTable(stack, resourceId('view', pipeline, 'operations'), {
      datasetId: recentDataset(pipeline),
      tableId: 'operations',
      description: `What runs of ${pipeline} said, one row per line, the last ${RECENT_DAYS} days.`,
      deletionProtection: false,
      view: { query: operationsSql(google.project, pipeline), useLegacySql: false },
      dependsOn: [linked],
    })
  }
}

/** BigQuery SQL over the linked log: the fields of our lines as columns. */
export function operationsSql(project: string, pipeline: string): string {
  const text = (field: string) => `JSON_VALUE(json_payload.${field}) AS ${field}`
  const count = (field: string) => `SAFE_CAST(JSON_VALUE(json_payload.counts.${field}) AS INT64) AS ${field}`
  const columns = [
    'timestamp',
    'severity',
    'operation.id AS run_id',
    ...['step', 'code', 'stream', 'location', 'message'].map(text),
    `SAFE_CAST(JSON_VALUE(json_payload.${BUSINESS_DATE}) AS DATE) AS ${BUSINESS_DATE}`,
    'SAFE_CAST(JSON_VALUE(json_payload.milliseconds) AS INT64) AS milliseconds',
    ...['rows', 'rejected', 'missing', 'quarantined'].map(count),
  ]
  return [
    `SELECT ${columns.join(', ')}`,
    `FROM \`${project}.${OPERATIONS_DATASET}._AllLogs\``,
    `WHERE timestamp >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL ${RECENT_DAYS} DAY)`,
    // A line of a process that fails before it has work is about every pipeline.
    `AND IFNULL(JSON_VALUE(json_payload.pipeline), '${pipeline}') = '${pipeline}'`,
  ].join(' ')
}

/**
 * What lies elsewhere is not stored a second time in the bucket `_Default`: our lines have a bucket, audit logs of data another.
 * Metrics and sinks see excluded lines all the same.
 */
const EXCLUSIONS: Readonly<Record<string, { readonly description: string; readonly filter: string }>> = {
  'daybreak-lines': { description: 'In the log bucket daybreak.', filter: OUR_LINES },
  'daybreak-data-access': {
    description: 'In the bucket of audit logs.',
    filter: 'logName:"cloudaudit.googleapis.com%2Fdata_access"',
  },
}

function declareExclusions(stack: TerraformStack): void {
  for (const [name, { description, filter }] of Object.entries(EXCLUSIONS))
    new LoggingProjectExclusion(stack, resourceId('exclusion', name), { name, description, filter })
}

/** The audit log, where the accounts that it is about cannot delete it. */
function declareAuditSink(stack: TerraformStack, { infra }: Deployment): void {
  new LoggingProjectSink(stack, 'audit', {
    name: 'daybreak-audit',
    destination: `storage.googleapis.com/${infra.logsBucket}`,
    filter: 'logName:"cloudaudit.googleapis.com"',
    uniqueWriterIdentity: true,
  })
}

/** Objectives over thirty days: runs succeed, and days are complete. */
function declareObjectives(stack: TerraformStack): void {
  const service = new MonitoringCustomService(stack, 'service', { serviceId: 'daybreak', displayName: 'Daybreak' })
  const common = { service: service.serviceId, rollingPeriodDays: 28 }
  new MonitoringSlo(stack, 'runs-end-well', {
    ...common,
    sloId: 'runs-end-well',
    displayName: '99.5 % of runs end well',
    goal: 0.995,
    requestBasedSli: {
      goodTotalRatio: { goodServiceFilter: ours('runs_succeeded'), totalServiceFilter: ours('runs') },
    },
  })
  new MonitoringSlo(stack, 'days-complete', {
    ...common,
    sloId: 'days-complete',
    displayName: 'On 99 % of days nothing is late',
    goal: 0.99,
    windowsBasedSli: {
      windowPeriod: '86400s',
      goodTotalRatioThreshold: {
        threshold: 1,
        performance: {
          goodTotalRatio: { goodServiceFilter: ours('looks_complete'), totalServiceFilter: ours('looks') },
        },
      },
    },
  })
}
