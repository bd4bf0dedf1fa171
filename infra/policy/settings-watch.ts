import { alertsOf } from '../observability/alerts.ts'
import { dashboardJson } from '../observability/dashboard.ts'
import { METRICS, OUR_LINES } from '../observability/metrics.ts'
import { runbookUrl } from '../stacks/alerting.ts'
import { as, is, like, type Settings } from './expect.ts'
import { type Json, type Resource, textAt } from './resource.ts'

/** Settings of the stack observability. */
export const WATCH_SETTINGS: Settings = {
  google_logging_project_bucket_config: {
    project: as(({ google }) => google.project),
    location: as(({ google }) => google.region),
    retention_days: is(90),
    enable_analytics: is(true),
  },
  google_logging_project_sink: { unique_writer_identity: is(true) },
  'google_logging_project_sink.log-route': {
    destination: is('logging.googleapis.com/${google_logging_project_bucket_config.log.id}'),
    filter: is(OUR_LINES),
  },
  'google_logging_project_sink.audit': {
    destination: as(({ infra }) => `storage.googleapis.com/${infra.logsBucket}`),
    filter: is('logName:"cloudaudit.googleapis.com"'),
  },
  google_logging_project_exclusion: {
    // Only what is kept elsewhere may be left out here.
    filter: as((_, { id }) =>
      id === 'exclusion-daybreak-lines' ? OUR_LINES : 'logName:"cloudaudit.googleapis.com%2Fdata_access"',
    ),
    disabled: as(() => undefined),
  },
  google_logging_linked_dataset: { bucket: is('${google_logging_project_bucket_config.log.id}') },
  google_logging_metric: {
    filter: as((_, resource) => metricOf(resource)?.filter),
    value_extractor: as((_, resource) => extractorOf(resource)),
    bucket_options: as((_, resource) => (extractorOf(resource) ? BUCKETS : undefined)),
    label_extractors: as((_, resource) => ({ ...metricOf(resource)?.labels })),
    metric_descriptor: as((_, resource) => descriptorOf(resource)),
  },
  google_monitoring_dashboard: {
    dashboard_json: as(({ environment }) => dashboardJson(environment)),
  },
  google_monitoring_alert_policy: {
    combiner: is('OR'),
    enabled: as(({ infra }) => !infra.paused),
    severity: as((deployment, resource) =>
      alertsOf(deployment).find(({ id }) => resource.id === `alert-${id}`)?.urgency === 'page' ? 'CRITICAL' : 'WARNING',
    ),
    conditions: as((deployment, resource) => {
      const alert = alertsOf(deployment).find(({ id }) => resource.id === `alert-${id}`)
      return alert && conditionsOf(alert)
    }),
    // Who is told is told by mail at least; what cannot wait pages as well, where there is a pager.
    notification_channels: {
      words: 'mail, Slack, and for pages PagerDuty, as far as they exist',
      holds: (value, { deployment: { infra }, resource }) => {
        const told = JSON.stringify(value ?? [])
        const isPage = textAt(resource, 'severity') === 'CRITICAL'
        const names = [
          ...infra.alerts.emails.map((email) => `channel-${email.replaceAll(/[^A-Za-z0-9-]+/g, '-')}`),
          ...(infra.alerts.slackChannel ? ['channel-slack'] : []),
          ...(isPage && infra.alerts.pagerduty ? ['channel-pagerduty'] : []),
        ]
        return told === JSON.stringify(names.map((name) => `\${google_monitoring_notification_channel.${name}.id}`))
      },
    },
    'alert_strategy.auto_close': is('86400s'),
    'documentation.mime_type': is('text/markdown'),
    'documentation.content': {
      words: 'a link to what to do',
      holds: (value, { deployment, resource }) =>
        String(value).endsWith(runbookUrl(resource.id.replace('alert-', ''), deployment)),
    },
  },
  google_monitoring_notification_channel: {
    force_delete: is(false),
    labels: as((_, resource) => labelsOf(resource)),
    display_name: as(({ infra: { alerts } }, { id }) => {
      const mail = alerts.emails.find((email) => id === `channel-${email.replaceAll(/[^A-Za-z0-9-]+/g, '-')}`)
      return mail ?? (id === 'channel-slack' ? alerts.slackChannel : 'PagerDuty')
    }),
  },
  'google_monitoring_notification_channel.channel-slack': {
    // A variable that Terraform hides; never the token.
    sensitive_labels: is({ auth_token: '${var.slack_token}' }),
    'lifecycle.ignore_changes': is(['sensitive_labels']),
  },
  'google_monitoring_notification_channel.channel-pagerduty': {
    sensitive_labels: is({ service_key: '${var.pagerduty_key}' }),
    'lifecycle.ignore_changes': is(['sensitive_labels']),
  },
  google_monitoring_slo: {
    service: is('${google_monitoring_custom_service.service.service_id}'),
    rolling_period_days: is(28),
  },
  'google_monitoring_slo.runs-end-well': {
    goal: is(0.995),
    'request_based_sli.good_total_ratio.good_service_filter': like(
      /^metric\.type="logging\.googleapis\.com\/user\/daybreak\/runs_succeeded" AND resource\.type="cloud_run_revision"$/,
    ),
    'request_based_sli.good_total_ratio.total_service_filter': like(
      /^metric\.type="logging\.googleapis\.com\/user\/daybreak\/runs" AND resource\.type="cloud_run_revision"$/,
    ),
  },
  'google_monitoring_slo.days-complete': {
    goal: is(0.99),
    'windows_based_sli.window_period': is('86400s'),
    'windows_based_sli.good_total_ratio_threshold': is({
      performance: {
        good_total_ratio: {
          good_service_filter:
            'metric.type="logging.googleapis.com/user/daybreak/looks_complete" AND resource.type="cloud_run_revision"',
          total_service_filter:
            'metric.type="logging.googleapis.com/user/daybreak/looks" AND resource.type="cloud_run_revision"',
        },
      },
      threshold: 1,
    }),
  },
}

const BUCKETS: Json = { exponential_buckets: { growth_factor: 2, num_finite_buckets: 40, scale: 1 } }

/** Mail is named after its address, so a changed one is seen; the inventory counts them. */
function labelsOf(resource: Resource): Json | undefined {
  const type = textAt(resource, 'type')
  if (type === 'email') return { email_address: textAt(resource, 'display_name') }
  return type === 'slack' ? { channel_name: textAt(resource, 'display_name') } : undefined
}

function metricOf(resource: Resource) {
  return Object.values(METRICS).find(({ name }) => name === textAt(resource, 'name'))
}

function extractorOf(resource: Resource): string | undefined {
  const metric = metricOf(resource)
  return metric && 'value' in metric ? metric.value : undefined
}

function descriptorOf(resource: Resource): Json | undefined {
  const metric = metricOf(resource)
  if (!metric) return undefined
  return {
    labels: Object.keys(metric.labels).map((key) => ({ key, value_type: 'STRING' })),
    metric_kind: 'DELTA',
    unit: metric.unit,
    value_type: 'value' in metric ? 'DISTRIBUTION' : 'INT64',
  }
}

function conditionsOf({ conditions, means }: ReturnType<typeof alertsOf>[number]): Json {
  return conditions.map((condition): Json => {
    const duration = `${condition.lasts}s`
    if (condition.kind === 'query') {
      const evaluation_interval = `${condition.every}s`
      const query = { disable_metric_validation: true, duration, evaluation_interval, query: condition.query }
      return { condition_prometheus_query_language: query, display_name: means }
    }
    const { filter, period, aligner, reducer, comparison, value, per } = condition
    const aggregations = [
      { alignment_period: `${period}s`, cross_series_reducer: reducer, per_series_aligner: aligner },
    ]
    const ratio = per === undefined ? {} : { denominator_aggregations: aggregations, denominator_filter: per }
    return {
      condition_threshold: {
        ...{ aggregations, comparison, ...ratio, duration, filter },
        ...{ threshold_value: value, trigger: { count: 1 } },
      },
      display_name: means,
    }
  })
}
