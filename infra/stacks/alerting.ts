import {
  MonitoringAlertPolicy,
  type MonitoringAlertPolicyConditions,
} from '@cdktf/provider-google/lib/monitoring-alert-policy/index.js'
import { MonitoringNotificationChannel } from '@cdktf/provider-google/lib/monitoring-notification-channel/index.js'
import { type TerraformStack, TerraformVariable } from 'cdktf'
import type { Deployment } from '../deployment.ts'
import { alertsOf, type Condition } from '../observability/alerts.ts'
import { resourceId } from '../stack.ts'

/** An alert policy per alert, each with the page that says what to do. */
export function declareAlerts(stack: TerraformStack, deployment: Deployment): void {
  const channels = declareChannels(stack, deployment)
  for (const alert of alertsOf(deployment)) {
    const told = alert.urgency === 'page' ? [...channels.everyone, ...channels.pages] : channels.everyone
    new MonitoringAlertPolicy(stack, resourceId('alert', alert.id), {
      displayName: `daybreak: ${alert.id}`,
      combiner: 'OR',
      // What is paused is silent on purpose.
      enabled: !deployment.infra.paused,
      severity: alert.urgency === 'page' ? 'CRITICAL' : 'WARNING',
      conditions: alert.conditions.map((condition) => ({ displayName: alert.means, ...conditionOf(condition) })),
      notificationChannels: told.map(({ id }) => id),
      alertStrategy: { autoClose: '86400s' },
      documentation: {
        mimeType: 'text/markdown',
        subject: `Daybreak ${deployment.environment}: ${alert.means}`,
        content: `${alert.means}\n\nWhat to do: ${runbookUrl(alert.id, deployment)}`,
      },
    })
  }
}

/** Page of a runbook, with the heading of an alert. */
export function runbookUrl(alert: string, { infra }: Deployment): string {
  const { owner, name, branch } = infra.repository
  return `https://github.com/${owner}/${name}/blob/${branch}/docs/runbooks/alerts.md#${alert}`
}

interface Channels {
  readonly everyone: readonly MonitoringNotificationChannel[]
  readonly pages: readonly MonitoringNotificationChannel[]
}

function declareChannels(stack: TerraformStack, { infra }: Deployment): Channels {
  const { emails, slackChannel, pagerduty } = infra.alerts
  const mails = emails.map(
    (address) =>
      new MonitoringNotificationChannel(stack, resourceId('channel', address), {
        type: 'email',
        displayName: address,
        labels: { email_address: address },
        forceDelete: false,
      }),
  )
  const slack = slackChannel === undefined ? [] : [declareSlack(stack, slackChannel)]
  return { everyone: [...mails, ...slack], pages: pagerduty ? [declarePagerduty(stack)] : [] }
}

function declareSlack(stack: TerraformStack, channel: string): MonitoringNotificationChannel {
  return new MonitoringNotificationChannel(stack, 'channel-slack', {
    type: 'slack',
    displayName: channel,
    labels: { channel_name: channel },
    sensitiveLabels: { authToken: secretVariable(stack, 'slack_token', 'Token of the Slack app of Cloud Monitoring.') },
    forceDelete: false,
    ...SECRET_ONCE,
  })
}

function declarePagerduty(stack: TerraformStack): MonitoringNotificationChannel {
  return new MonitoringNotificationChannel(stack, 'channel-pagerduty', {
    type: 'pagerduty',
    displayName: 'PagerDuty',
    sensitiveLabels: {
      serviceKey: secretVariable(stack, 'pagerduty_key', 'Integration key of the PagerDuty service.'),
    },
    forceDelete: false,
    ...SECRET_ONCE,
  })
}

// A plan of those who know no token must not show one as changed; another token is another channel: `terraform apply -replace`.
const SECRET_ONCE = { lifecycle: { ignoreChanges: ['sensitive_labels'] } }

// Cloud Monitoring takes them in no other way, so they are in the state: its bucket is for `plan` and `apply` alone.
function secretVariable(stack: TerraformStack, name: string, description: string): string {
  return new TerraformVariable(stack, name, { type: 'string', sensitive: true, nullable: false, description })
    .stringValue
}

function conditionOf(condition: Condition): Partial<MonitoringAlertPolicyConditions> {
  const duration = `${condition.lasts}s`
  if (condition.kind === 'query') {
    const evaluationInterval = `${condition.every}s`
    // A metric that never had a value is what these conditions are about; to be told that there is none is no help.
    const query = { query: condition.query, duration, evaluationInterval, disableMetricValidation: true }
    return { conditionPrometheusQueryLanguage: query }
  }
  const { filter, period, aligner, reducer, comparison, value, per } = condition
  const aggregations = [{ alignmentPeriod: `${period}s`, perSeriesAligner: aligner, crossSeriesReducer: reducer }]
  const ratio = per === undefined ? {} : { denominatorFilter: per, denominatorAggregations: aggregations }
  return {
    conditionThreshold: {
      ...{ filter, duration, comparison, thresholdValue: value, aggregations, trigger: { count: 1 } },
      ...ratio,
    },
  }
}
