import type { MetricName } from '../config/notify-metrics.ts'
import type { BusinessDate, Instant } from '../pipeline/entities.ts'
import { type Facts, isDone, type SliceFact } from './facts.ts'

/** One value of a metric. */
export interface Sample {
  /** Shard, stream or pipeline, as the metric says. */
  readonly name: string
  /** Window that the value is about; null for a value about none. */
  readonly window: BusinessDate | null
  readonly value: number
}

type Measure = (facts: Facts, at: Instant) => readonly Sample[]

const HOUR = 3_600_000

const MEASURES: Readonly<Record<MetricName, Measure>> = {
  completeness: ({ slices }, at) =>
    perDueWindow(slices, 'shard', at).map(({ name, window, all }) => ({
      name,
      window,
      value: rounded((100 * all.filter((slice) => isDone(slice, at)).length) / all.length),
    })),

  hours_until_gone: ({ slices }, at) =>
    slices
      .filter((slice) => slice.dueAt <= at && isNotLanded(slice, at))
      .flatMap(({ shard, window, goneAt }) => {
        const isKept = goneAt !== null && at < goneAt
        return isKept ? [{ name: shard, window, value: rounded((goneAt - at) / HOUR) }] : []
      })
      .filter(isFirstOfItsKind),

  hours_since_load: ({ slices }, at) =>
    by(slices, 'stream').flatMap(({ name, all }) => {
      const loads = all.flatMap(({ loadedAt }) => (loadedAt !== null && loadedAt <= at ? [loadedAt] : []))
      // Of a stream that was never loaded the age is unknown; other metrics report its missing files.
      return loads.length === 0 ? [] : [{ name, window: null, value: rounded((at - max(loads)) / HOUR) }]
    }),

  rejected_per_thousand: ({ slices }, at) =>
    perDueWindow(slices, 'stream', at).flatMap(({ name, window, all }) => {
      const counted = all.flatMap(({ rows, landedAt }) => (rows && landedAt !== null && landedAt <= at ? [rows] : []))
      const rejected = counted.reduce((sum, rows) => sum + rows.rejected, 0)
      const total = counted.reduce((sum, rows) => sum + rows.accepted + rows.rejected, 0)
      return total === 0 ? [] : [{ name, window, value: rounded((1000 * rejected) / total) }]
    }),

  held_slices: ({ slices }, at) =>
    by(slices, 'pipeline').map(({ name, all }) => {
      const held = all.filter(({ heldAt }) => heldAt !== null && heldAt <= at)
      return { name, window: null, value: held.length }
    }),

  failed_runs: ({ slices, runs }, at) =>
    by([...slices, ...runs], 'pipeline').map(({ name }) => {
      const failed = runs.filter(
        ({ pipeline, state, finishedAt }) =>
          pipeline === name &&
          (state === 'failed' || state === 'timed_out') &&
          finishedAt !== null &&
          finishedAt <= at &&
          finishedAt > at - 24 * HOUR,
      )
      return { name, window: null, value: failed.length }
    }),

  run_minutes: ({ slices, runs }, at) =>
    by([...slices, ...runs], 'pipeline').map(({ name }) => {
      const open = runs.filter(
        ({ pipeline, createdAt, finishedAt }) =>
          pipeline === name && createdAt <= at && (finishedAt === null || finishedAt > at),
      )
      const oldest = Math.min(at, ...open.map(({ createdAt }) => createdAt))
      return { name, window: null, value: rounded((at - oldest) / 60_000) }
    }),
}

/** The values of a metric at an instant, from facts of one pipeline. */
export function measure(metric: MetricName, facts: Facts, at: Instant): readonly Sample[] {
  return MEASURES[metric](facts, at)
}

/** The value of one window that a metric is about, also when another is due by now. Null where nothing is known of it. */
export function measureAgain(
  metric: MetricName,
  { facts, at }: { facts: Facts; at: Instant },
  sample: Omit<Sample, 'value'>,
): number | null {
  const { name, window } = sample
  const own = window === null ? facts : { ...facts, slices: facts.slices.filter((slice) => slice.window === window) }
  return measure(metric, own, at).find((each) => each.name === name)?.value ?? null
}

interface Named<Entry> {
  readonly name: string
  readonly all: readonly Entry[]
}

function by<Key extends string, Entry extends Readonly<Record<Key, string>>>(
  entries: readonly Entry[],
  key: Key,
): readonly Named<Entry>[] {
  return [...Map.groupBy(entries, (entry) => entry[key])].map(([name, all]) => ({ name, all }))
}

/** The slices of the newest window of each name that is due. */
function perDueWindow(slices: readonly SliceFact[], key: 'shard' | 'stream', at: Instant) {
  const due = slices.filter(({ dueAt }) => dueAt <= at)
  return by(due, key).flatMap(({ name, all }) => {
    const [newest] = all.toSorted((a, b) => b.dueAt - a.dueAt || (a.window > b.window ? -1 : 1))
    const window = newest?.window ?? ''
    return [{ name, window, all: all.filter((slice) => slice.window === window) }]
  })
}

function isNotLanded({ isWaived, landedAt, loadedAt }: SliceFact, at: Instant): boolean {
  const here = landedAt ?? loadedAt
  return !isWaived && (here === null || here > at)
}

/** One value per name and window. */
function isFirstOfItsKind(sample: Sample, at: number, all: readonly Sample[]): boolean {
  return all.findIndex(({ name, window }) => name === sample.name && window === sample.window) === at
}

function max(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}
