/** One figure that a rule can watch. */
export interface Metric {
  readonly doc: string
  /** Subject of one value. A rule fires once, with these as its subjects. */
  readonly per: 'shard' | 'stream' | 'pipeline'
  /** Facts that it counts. Runs have no locations of their own. */
  readonly of: 'slices' | 'runs'
  /** Unit, for the sentences that quote a value. */
  readonly unit: string
  /** Where more is worse: only `>` and `>=` make sense, otherwise only `<` and `<=`. */
  readonly worse: 'more' | 'less'
}

/** Every figure that a rule can watch. A further one is an entry here and a measure in `functions/notify/metrics.ts`. */
export const METRICS = {
  completeness: {
    doc: 'Share of the expected slices of the newest due window that are loaded or waived.',
    per: 'shard',
    of: 'slices',
    unit: '%',
    worse: 'less',
  },
  hours_until_gone: {
    doc: 'Hours until the source deletes the oldest window of which a file is not landed yet.',
    per: 'shard',
    of: 'slices',
    unit: 'h',
    worse: 'less',
  },
  hours_since_load: {
    doc: 'Hours since the newest load of a stream.',
    per: 'stream',
    of: 'slices',
    unit: 'h',
    worse: 'more',
  },
  rejected_per_thousand: {
    doc: 'Rejected rows per thousand rows of the newest due window.',
    per: 'stream',
    of: 'slices',
    unit: 'per thousand',
    worse: 'more',
  },
  held_slices: {
    doc: 'Slices whose newest file is held or quarantined.',
    per: 'pipeline',
    of: 'slices',
    unit: 'slices',
    worse: 'more',
  },
  failed_runs: {
    doc: 'Runs that ended in the last 24 hours as failed or timed out.',
    per: 'pipeline',
    of: 'runs',
    unit: 'runs',
    worse: 'more',
  },
  run_minutes: {
    doc: 'Minutes since the oldest unfinished run began.',
    per: 'pipeline',
    of: 'runs',
    unit: 'min',
    worse: 'more',
  },
} as const satisfies Readonly<Record<string, Metric>>

/** Name of a metric. */
export type MetricName = keyof typeof METRICS

/** Comparison and limit of a rule. */
export interface Condition {
  readonly metric: MetricName
  readonly operator: '<' | '<=' | '>' | '>='
  readonly limit: number
}

const FORM = /^([a-z_]+) *(<=|>=|<|>) *(\d{1,9}(?:\.\d{1,6})?)$/

/** `completeness < 100` in its parts; null for a text of another form or with an unknown metric. */
export function parseCondition(text: string): Condition | null {
  const [, metric = '', operator, limit] = FORM.exec(text) ?? []
  if (!isMetric(metric) || !isOperator(operator)) return null
  return { metric, operator, limit: Number(limit) }
}

/** The first word of a condition, for a message about an unknown one. */
export function metricWord(text: string): string {
  return /^[a-z_]*/.exec(text)?.[0] ?? ''
}

function isMetric(name: string): name is MetricName {
  return Object.hasOwn(METRICS, name)
}

function isOperator(text: string | undefined): text is Condition['operator'] {
  return text === '<' || text === '<=' || text === '>' || text === '>='
}
