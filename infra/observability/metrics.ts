/** A number that Cloud Logging reads off our own log lines; the fields are those of design: code, step, pipeline, stream. */
export interface LogMetric {
  readonly name: string
  readonly description: string
  readonly filter: string
  /** Expression of the value; a count of lines if absent. */
  readonly value?: string
  readonly unit: string
  readonly labels: Readonly<Record<string, string>>
}

const PIPELINE = { pipeline: 'EXTRACT(jsonPayload.pipeline)' }

/** All lines of our services and job. */
export const OUR_LINES =
  'resource.type=("cloud_run_revision" OR "cloud_run_job") AND (resource.labels.service_name=~"^daybreak-" OR resource.labels.job_name=~"^daybreak-")'

/** Log-based metrics, by the word that alerts and the dashboard use. */
export const METRICS = {
  runs: {
    name: 'daybreak/runs',
    description: 'Runs that ended, by how.',
    filter: `${OUR_LINES} AND jsonPayload.step="record" AND jsonPayload.message=~"^Run "`,
    unit: '1',
    labels: { ...PIPELINE, state: 'REGEXP_EXTRACT(jsonPayload.message, "^Run ([a-z_]+)")' },
  },
  runs_succeeded: {
    name: 'daybreak/runs_succeeded',
    description: 'Runs of which everything was published and balanced, or of which only something late is missing.',
    filter: `${OUR_LINES} AND jsonPayload.step="record" AND jsonPayload.message=~"^Run (succeeded|partial|skipped)"`,
    unit: '1',
    labels: PIPELINE,
  },
  problems: {
    name: 'daybreak/problems',
    description: 'Lines with an error code: docs/reference/errors.md.',
    filter: `${OUR_LINES} AND jsonPayload.code:*`,
    unit: '1',
    labels: { ...PIPELINE, code: 'EXTRACT(jsonPayload.code)' },
  },
  loads: {
    name: 'daybreak/loads',
    description: 'Partitions that were made equal to their manifests.',
    filter: `${OUR_LINES} AND jsonPayload.step="load" AND severity=INFO`,
    unit: '1',
    labels: { ...PIPELINE, stream: 'EXTRACT(jsonPayload.stream)' },
  },
  builds: {
    name: 'daybreak/builds',
    description: 'Partitions of models that were published.',
    filter: `${OUR_LINES} AND jsonPayload.step="build" AND severity=INFO`,
    unit: '1',
    labels: { model: 'EXTRACT(jsonPayload.stream)' },
  },
  load_time: {
    name: 'daybreak/load_time',
    description: 'How long a load took, the waiting for BigQuery included.',
    filter: `${OUR_LINES} AND jsonPayload.step="load" AND severity=INFO`,
    value: 'EXTRACT(jsonPayload.milliseconds)',
    unit: 'ms',
    labels: PIPELINE,
  },
  looks: {
    name: 'daybreak/looks',
    description: 'Days of a location that were looked at.',
    filter: `${OUR_LINES} AND jsonPayload.step="stage"`,
    unit: '1',
    labels: { ...PIPELINE, location: 'EXTRACT(jsonPayload.location)' },
  },
  looks_complete: {
    name: 'daybreak/looks_complete',
    description: 'Of these, those with nothing late.',
    filter: `${OUR_LINES} AND jsonPayload.step="stage" AND jsonPayload.counts.missing=0`,
    unit: '1',
    labels: { ...PIPELINE, location: 'EXTRACT(jsonPayload.location)' },
  },
  // Counted, not summed: a distribution cannot tell nothing from a little.
  missing: {
    name: 'daybreak/missing',
    description: 'Of these, those with something late.',
    filter: `${OUR_LINES} AND jsonPayload.step="stage" AND jsonPayload.counts.missing>0`,
    unit: '1',
    labels: { ...PIPELINE, location: 'EXTRACT(jsonPayload.location)' },
  },
  quarantined: {
    name: 'daybreak/quarantined',
    description: 'Of these, those with something held back.',
    filter: `${OUR_LINES} AND jsonPayload.step="stage" AND (jsonPayload.counts.quarantined>0 OR jsonPayload.counts.held>0)`,
    unit: '1',
    labels: { ...PIPELINE, location: 'EXTRACT(jsonPayload.location)' },
  },
  heartbeats: {
    name: 'daybreak/heartbeats',
    description: 'Passes of the watch.',
    filter: `${OUR_LINES} AND jsonPayload.message="watchdog.heartbeat"`,
    unit: '1',
    labels: {},
  },
  undelivered: {
    name: 'daybreak/undelivered',
    description: 'Of these, those that gave up on a message to a person or a channel.',
    filter: `${OUR_LINES} AND jsonPayload.message="watchdog.heartbeat" AND jsonPayload.counts.dead>0`,
    unit: '1',
    labels: {},
  },
  rows_rejected: {
    name: 'daybreak/rows_rejected',
    description: 'Rows that were not accepted, per run.',
    filter: `${OUR_LINES} AND jsonPayload.step="record" AND jsonPayload.message=~"^Run "`,
    value: 'EXTRACT(jsonPayload.counts.rejected)',
    unit: '1',
    labels: PIPELINE,
  },
} as const satisfies Readonly<Record<string, LogMetric>>
/** Name of a metric. */
export type MetricWord = keyof typeof METRICS

/** Type of a log-based metric in Cloud Monitoring. */
export function metricType(word: MetricWord): string {
  return `logging.googleapis.com/user/${METRICS[word].name}`
}
