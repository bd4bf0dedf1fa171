import { type Deployment, ledgerInstance } from '../deployment.ts'
import { deadLetterTopic, nameOf, pushSubscription, ROTATION_TOPIC } from '../names.ts'
import { type MetricWord, metricType } from './metrics.ts'

/** When somebody is told. `page` is for the night, `ticket` for the morning. */
export interface Alert {
  /** Also the heading of docs/runbooks/alerts.md that says what to do. */
  readonly id: string
  readonly urgency: 'page' | 'ticket'
  readonly means: string
  readonly condition: Threshold | Absence
}

interface Series {
  readonly filter: string
  /** Seconds that values are gathered over. */
  readonly period: number
  readonly aligner:
    | 'ALIGN_DELTA'
    | 'ALIGN_MAX'
    | 'ALIGN_MEAN'
    | 'ALIGN_MIN'
    | 'ALIGN_COUNT_TRUE'
    | 'ALIGN_PERCENTILE_99'
    | 'ALIGN_SUM'
    | 'ALIGN_RATE'
  readonly reducer: 'REDUCE_SUM' | 'REDUCE_MAX' | 'REDUCE_MIN'
}

interface Threshold extends Series {
  readonly kind: 'threshold'
  readonly comparison: 'COMPARISON_GT' | 'COMPARISON_LT'
  readonly value: number
  /** Seconds that it must last. */
  readonly lasts: number
  /** Divides by this one. */
  readonly per?: string
}

interface Absence extends Series {
  readonly kind: 'absence'
  /** Seconds without a value; Cloud Monitoring takes up to 23.5 hours. */
  readonly lasts: number
}

const MINUTE = 60
const HOUR = 3600

/** Every alert of a deployment. */
export function alertsOf(deployment: Deployment): readonly Alert[] {
  return [
    ...absenceAlerts(deployment),
    ...messageAlerts(deployment),
    ...dataAlerts(),
    ...sourceAlerts(),
    ...machineAlerts(),
    ...(ledgerInstance(deployment) === null ? [] : ledgerAlerts()),
  ]
}

/** What does not happen raises no error; only its absence can. */
function absenceAlerts({ topics }: Deployment): readonly Alert[] {
  const series = { aligner: 'ALIGN_DELTA', reducer: 'REDUCE_SUM' } as const
  return [
    {
      id: 'nothing-loaded',
      urgency: 'page',
      means: 'No partition was loaded for almost a day.',
      condition: { ...series, kind: 'absence', filter: ours('loads'), period: 15 * MINUTE, lasts: 23 * HOUR },
    },
    {
      id: 'no-ticks',
      urgency: 'page',
      means: 'No tick was sent for an hour: the schedule does not fire.',
      condition: {
        ...series,
        kind: 'absence',
        filter: `metric.type="pubsub.googleapis.com/topic/send_message_operation_count" AND resource.type="pubsub_topic" AND resource.labels.topic_id="${topics.tick}"`,
        ...{ period: 5 * MINUTE, lasts: HOUR },
      },
    },
    {
      id: 'no-runs',
      urgency: 'page',
      means: 'No run ended for almost a day: ticks arrive and lead to nothing.',
      condition: { ...series, kind: 'absence', filter: ours('runs'), period: 15 * MINUTE, lasts: 23 * HOUR },
    },
  ]
}

function messageAlerts({ topics }: Deployment): readonly Alert[] {
  const live = Object.values(topics).map(pushSubscription)
  const dead = Object.values(topics).map((topic) => pushSubscription(deadLetterTopic(topic)))
  const oldest = 'pubsub.googleapis.com/subscription/oldest_unacked_message_age'
  const among = (metric: string, names: readonly string[]) =>
    `metric.type="${metric}" AND resource.type="pubsub_subscription" AND resource.labels.subscription_id=one_of(${names.map((name) => `"${name}"`).join(',')})`
  return [
    above('dead-letters', 'page', 'A message failed ten times and was put aside.', {
      filter: among('pubsub.googleapis.com/subscription/dead_letter_message_count', live),
    }),
    above('dead-letters-unrecorded', 'page', 'A dead letter could not be recorded for 15 minutes.', {
      ...{ filter: among(oldest, dead), aligner: 'ALIGN_MAX', reducer: 'REDUCE_MAX', value: 15 * MINUTE },
    }),
    above('messages-stuck', 'page', 'A message has been waiting for half an hour.', {
      ...{ filter: among(oldest, live), aligner: 'ALIGN_MAX', reducer: 'REDUCE_MAX', value: 30 * MINUTE },
    }),
    above('secret-due', 'ticket', 'Secret Manager says that a secret is to be rotated.', {
      filter: `metric.type="pubsub.googleapis.com/topic/send_message_operation_count" AND resource.type="pubsub_topic" AND resource.labels.topic_id="${ROTATION_TOPIC}"`,
    }),
  ]
}

function dataAlerts(): readonly Alert[] {
  return [
    above('not-reconciled', 'page', 'Numbers that must be equal are not.', {
      filter: coded('NOT_RECONCILED', 'OBJECT_CONFLICT'),
    }),
    above('run-failed', 'page', 'A run failed.', { filter: `${ours('runs')} AND metric.labels.state="failed"` }),
    above('load-rejected', 'page', 'BigQuery refuses a partition.', { filter: coded('LOAD_REJECTED') }),
    above('files-missing', 'ticket', 'Files are late.', {
      filter: ours('missing'),
      period: HOUR,
    }),
    above('files-held', 'ticket', 'Files are held back.', {
      ...{ filter: ours('quarantined'), period: HOUR },
    }),
  ]
}

function sourceAlerts(): readonly Alert[] {
  return [
    above('source-refuses', 'page', 'The SFTP server refuses the key, or is not the server that we know.', {
      filter: coded('SOURCE_AUTH_FAILED', 'SOURCE_HOST_KEY_MISMATCH', 'SOURCE_ALGORITHMS'),
    }),
    above('source-unreachable', 'ticket', 'The SFTP server could not be reached twenty times in half an hour.', {
      ...{ filter: coded('SOURCE_UNREACHABLE', 'SOURCE_CIRCUIT_OPEN'), period: 30 * MINUTE, value: 20 },
    }),
  ]
}

function machineAlerts(): readonly Alert[] {
  const worker = `resource.type="cloud_run_revision" AND resource.labels.service_name="${nameOf('worker')}"`
  const requests = `metric.type="run.googleapis.com/request_count" AND ${worker}`
  return [
    above('worker-errors', 'page', 'More than one request in ten to the worker fails.', {
      ...{ filter: `${requests} AND metric.labels.response_code_class="5xx"`, per: requests, value: 0.1 },
      ...{ aligner: 'ALIGN_RATE', lasts: 15 * MINUTE },
    }),
    above('worker-memory', 'ticket', 'A worker uses nine tenths of its memory.', {
      filter: `metric.type="run.googleapis.com/container/memory/utilizations" AND ${worker}`,
      ...{ aligner: 'ALIGN_PERCENTILE_99', reducer: 'REDUCE_MAX', value: 0.9 },
    }),
    above('quota-exceeded', 'ticket', 'Google refused calls because a quota was used up.', {
      filter: 'metric.type="serviceruntime.googleapis.com/quota/exceeded" AND resource.type="consumer_quota"',
      aligner: 'ALIGN_COUNT_TRUE',
    }),
  ]
}

function ledgerAlerts(): readonly Alert[] {
  const database = (metric: string) =>
    `metric.type="cloudsql.googleapis.com/database/${metric}" AND resource.type="cloudsql_database"`
  const most = { reducer: 'REDUCE_MAX', lasts: 10 * MINUTE, aligner: 'ALIGN_MEAN' } as const
  return [
    {
      id: 'ledger-down',
      urgency: 'page',
      means: 'The ledger does not answer.',
      condition: {
        ...{ kind: 'threshold', filter: database('up'), period: MINUTE, aligner: 'ALIGN_MIN', reducer: 'REDUCE_MIN' },
        ...{ comparison: 'COMPARISON_LT', value: 1, lasts: 5 * MINUTE },
      },
    },
    above('ledger-disk', 'ticket', 'The disk of the ledger is four fifths full.', {
      ...most,
      ...{ filter: database('disk/utilization'), value: 0.8 },
    }),
    above('ledger-connections', 'ticket', 'The ledger has almost no connection left.', {
      ...most,
      ...{ filter: database('postgresql/num_backends'), value: 80 },
    }),
  ]
}

function above(
  id: string,
  urgency: Alert['urgency'],
  means: string,
  { filter, ...rest }: Pick<Threshold, 'filter'> & Partial<Threshold>,
): Alert {
  const usual = { period: 5 * MINUTE, aligner: 'ALIGN_DELTA', reducer: 'REDUCE_SUM', value: 0, lasts: 0 } as const
  return {
    id,
    urgency,
    means,
    condition: { kind: 'threshold', comparison: 'COMPARISON_GT', ...usual, filter, ...rest },
  }
}

/** Series of a log-based metric of ours. */
export function ours(word: MetricWord): string {
  return `metric.type="${metricType(word)}" AND resource.type="cloud_run_revision"`
}

function coded(...codes: readonly string[]): string {
  return `${ours('problems')} AND metric.labels.code=one_of(${codes.map((code) => `"${code}"`).join(',')})`
}
