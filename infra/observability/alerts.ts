import { kindOf } from '../../functions/pipeline/work/kinds.ts'
import { type ConnectionPlan, connectionPlan } from '../connections.ts'
import type { Deployment } from '../deployment.ts'
import { deadLetterTopic, nameOf, pushSubscription, ROTATION_TOPIC } from '../names.ts'
import { type MetricWord, metricType } from './metrics.ts'

/** Urgency of an alert. `page` is for the night, `ticket` for the morning. */
interface Alert {
  /** Also the heading of docs/runbooks/alerts.md that says what to do. */
  readonly id: string
  readonly urgency: 'page' | 'ticket'
  readonly means: string
  /** One of them is enough. */
  readonly conditions: readonly Condition[]
}

/** Condition of an alert: a value that passes a limit, or a question in the language of Prometheus. */
export type Condition = Threshold | Query

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

interface Query {
  readonly kind: 'query'
  readonly query: string
  /** Seconds that the answer must stand. */
  readonly lasts: number
  /** Seconds from one evaluation to the next. */
  readonly every: number
}

const MINUTE = 60
const HOUR = 3600

/** Every alert of a deployment. */
export function alertsOf(deployment: Deployment): readonly Alert[] {
  return [
    ...absenceAlerts(deployment),
    ...messageAlerts(deployment),
    staleModels(deployment),
    ...(tellsPeople(deployment) ? toldAlerts() : [...dataAlerts(), ...sourceAlerts()]),
    ...machineAlerts(),
    ...ledgerAlerts(connectionPlan(deployment)),
  ]
}

/** True where config/notify.yaml names a channel: the watch tells of data and sources, and these alerts would tell again. */
export function tellsPeople({ project }: Deployment): boolean {
  return Object.keys(project.notify?.channels ?? {}).length > 0
}

/** Alerts that say that people are not told. */
function toldAlerts(): readonly Alert[] {
  return [
    lines('notifications-undelivered', 'page', 'A message to a person or a channel was given up on.', {
      word: 'undelivered',
    }),
  ]
}

/** Alerts on absence. An event that never happened raises no error and has no series that could end. */
function absenceAlerts({ topics }: Deployment): readonly Alert[] {
  return [
    {
      id: 'nothing-loaded',
      urgency: 'page',
      means: 'No partition was loaded for almost a day, or ever.',
      conditions: [none(`${prometheusName(metricType('loads'))}{monitored_resource="cloud_run_revision"}`, '23h')],
    },
    {
      id: 'no-ticks',
      urgency: 'page',
      means: 'No tick was sent for an hour, or ever: the schedule does not fire.',
      conditions: [
        none(
          `${prometheusName('pubsub.googleapis.com/topic/send_message_operation_count')}{monitored_resource="pubsub_topic",topic_id="${topics.tick}"}`,
          '1h',
        ),
      ],
    },
    {
      id: 'no-watch',
      urgency: 'page',
      means: 'No pass of the watch for ten minutes, or ever: nothing is noticed, and no person is told.',
      conditions: [
        none(`${prometheusName(metricType('heartbeats'))}{monitored_resource="cloud_run_revision"}`, '5m', 5 * MINUTE),
      ],
    },
    {
      id: 'no-runs',
      urgency: 'page',
      means: 'No run ended for almost a day, or ever: ticks arrive and lead to nothing.',
      conditions: [none(`${prometheusName(metricType('runs'))}{monitored_resource="cloud_run_revision"}`, '23h')],
    },
  ]
}

/** Nothing counted within a time. An environment that was made just now has an hour until it is missed. */
function none(series: string, within: '5m' | '1h' | '23h', lasts = HOUR): Query {
  const query = `(sum(increase(${series}[${within}])) or vector(0)) < 1`
  return { kind: 'query', query, lasts, every: Math.min(5 * MINUTE, lasts / 5) }
}

/** Builds were asked for and none ended: a project without models asks for none. */
function staleModels({ topics }: Deployment): Alert {
  const sent = `${prometheusName('pubsub.googleapis.com/topic/send_message_operation_count')}{monitored_resource="pubsub_topic",topic_id="${topics.build}"}`
  const built = `${prometheusName(metricType('builds'))}{monitored_resource="cloud_run_revision"}`
  const within = (series: string) => `(sum(increase(${series}[23h])) or vector(0))`
  const query = `${within(sent)} >= 1 and ${within(built)} < 1`
  return {
    ...{ id: 'models-stale', urgency: 'ticket' },
    means: 'Builds of models were asked for, and no partition was published for almost a day.',
    conditions: [{ kind: 'query', query, lasts: HOUR, every: 5 * MINUTE }],
  }
}

/** A metric as Prometheus calls it: the first `/` becomes a colon, every other sign an underscore. */
export function prometheusName(type: string): string {
  const [domain = '', ...path] = type.split('/')
  return [domain, path.join('/')].map((part) => part.replaceAll(/[^A-Za-z0-9]/g, '_')).join(':')
}

function messageAlerts({ topics }: Deployment): readonly Alert[] {
  // `no-watch` says it of the minutes of the watch, and sooner.
  const live = Object.entries(topics).flatMap(([kind, topic]) =>
    kindOf(kind)?.service === 'notify' ? [] : [pushSubscription(topic)],
  )
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
    lines('not-reconciled', 'page', 'Numbers that must be equal are not.', coded('NOT_RECONCILED', 'OBJECT_CONFLICT')),
    lines('run-failed', 'page', 'A run failed.', { word: 'runs', and: ' AND metric.labels.state="failed"' }),
    lines('load-rejected', 'page', 'BigQuery refuses a partition.', coded('LOAD_REJECTED')),
    lines('model-held', 'ticket', 'A partition of a model is held back.', coded('MODEL_HELD', 'MODEL_FAILED')),
    lines('files-missing', 'ticket', 'Files are late.', { word: 'missing', period: HOUR }),
    lines('files-held', 'ticket', 'Files are held back.', { word: 'quarantined', period: HOUR }),
  ]
}

function sourceAlerts(): readonly Alert[] {
  return [
    lines(
      'source-refuses',
      'page',
      'The SFTP server refuses the key, or is not the server that we know.',
      coded('SOURCE_AUTH_FAILED', 'SOURCE_HOST_KEY_MISMATCH', 'SOURCE_ALGORITHMS'),
    ),
    lines('source-unreachable', 'ticket', 'The SFTP server could not be reached twenty times in half an hour.', {
      ...coded('SOURCE_UNREACHABLE', 'SOURCE_CIRCUIT_OPEN'),
      ...{ period: 30 * MINUTE, value: 20 },
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

function ledgerAlerts(plan: ConnectionPlan | null): readonly Alert[] {
  if (plan === null) return []
  const database = (metric: string) =>
    `metric.type="cloudsql.googleapis.com/database/${metric}" AND resource.type="cloudsql_database"`
  const most = { reducer: 'REDUCE_MAX', lasts: 10 * MINUTE, aligner: 'ALIGN_MEAN' } as const
  return [
    {
      id: 'ledger-down',
      urgency: 'page',
      means: 'The ledger does not answer.',
      conditions: [
        {
          ...{ kind: 'threshold', filter: database('up'), period: MINUTE, aligner: 'ALIGN_MIN', reducer: 'REDUCE_MIN' },
          ...{ comparison: 'COMPARISON_LT', value: 1, lasts: 5 * MINUTE },
        },
      ],
    },
    above('ledger-disk', 'ticket', 'The disk of the ledger is four fifths full.', {
      ...most,
      ...{ filter: database('disk/utilization'), value: 0.8 },
    }),
    above('ledger-connections', 'ticket', 'The ledger has almost no connection left.', {
      ...most,
      // A series per database; the limit is that of all together.
      ...{ filter: database('postgresql/num_backends'), value: plan.alertAbove, reducer: 'REDUCE_SUM' },
    }),
  ]
}

type Change = Pick<Threshold, 'filter'> & Partial<Threshold>

function above(id: string, urgency: Alert['urgency'], means: string, change: Change): Alert {
  return { id, urgency, means, conditions: [threshold(change)] }
}

function threshold({ filter, ...rest }: Change): Threshold {
  const usual = { period: 5 * MINUTE, aligner: 'ALIGN_DELTA', reducer: 'REDUCE_SUM', value: 0, lasts: 0 } as const
  return { kind: 'threshold', comparison: 'COMPARISON_GT', ...usual, filter, ...rest }
}

interface Lines extends Partial<Threshold> {
  readonly word: MetricWord
  /** More of the filter. */
  readonly and?: string
}

/** An alert on log lines of services and of jobs: a condition names one kind of resource, so there is one for each. */
function lines(id: string, urgency: Alert['urgency'], means: string, { word, and = '', ...rest }: Lines): Alert {
  const conditions = WRITERS.map((writer) => threshold({ ...rest, filter: `${ours(word, writer)}${and}` }))
  return { id, urgency, means, conditions }
}

/** Resources that write our lines. */
const WRITERS = ['cloud_run_revision', 'cloud_run_job'] as const

/** Series of a log-based metric of ours; of the services, if nothing else is said. */
export function ours(word: MetricWord, writer: (typeof WRITERS)[number] = 'cloud_run_revision'): string {
  return `metric.type="${metricType(word)}" AND resource.type="${writer}"`
}

function coded(...codes: readonly string[]): Lines {
  return { word: 'problems', and: ` AND metric.labels.code=one_of(${codes.map((code) => `"${code}"`).join(',')})` }
}
