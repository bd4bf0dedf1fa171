import { Temporal } from 'temporal-polyfill'
import { invalid } from '../../http/problem.ts'
import { addDays, countDays, instantOf } from '../../lib/business-date.ts'
import { isDay } from '../../lib/window-time.ts'
import type { PipelineDefinition } from '../../pipeline/definition.ts'
import type { SliceSums, WindowRange } from '../../pipeline/people/reads.ts'
import { plannerOf } from '../../pipeline/plan/planners.ts'
import { UNRESOLVED } from '../../pipeline/views/incidents.ts'
import { defaultRange } from '../../pipeline/views/status.ts'
import { findDefinition, shardFilter } from '../answers.ts'
import type { ApiCall, HandlersOf } from '../call.ts'
import type { ApiContext } from '../context.ts'
import type { METRIC_ROUTES } from '../contract/metrics.ts'

const MOST_WINDOWS = 92
const PAGE = 500

type MetricCall = ApiCall<'GET /api/metrics'>
type Series = MetricCall['query']['series']
type By = MetricCall['query']['by']

const UNITS: Readonly<Record<Series, string>> = {
  rows: 'rows',
  rejects: 'per thousand',
  lateness: 'seconds',
  duration: 'seconds',
  bytes: 'bytes',
  cost: 'USD',
}

/** Handlers of figures. */
export const METRIC_HANDLERS: HandlersOf<typeof METRIC_ROUTES> = {
  'GET /api/metrics': async (call, context) => {
    if (/\btext\/plain\b/.test(call.accept)) return await prometheus(call, context)
    const { series, by } = call.query
    const definition = findDefinition(context, call.query.pipeline)
    const range = await rangeOf(definition, call, context)
    const points =
      series === 'duration' || series === 'cost'
        ? await ofRuns(definition, { series, by, range }, context)
        : await ofSlices(definition, { series, by, range, call }, context)
    return { body: { series, by, unit: UNITS[series], points } }
  },
}

interface Range {
  readonly from: string
  readonly to: string
}

async function rangeOf(definition: PipelineDefinition, { query }: MetricCall, context: ApiContext): Promise<Range> {
  const range = {
    ...(await defaultRange(definition, context.ports)),
    ...(query.from && { from: query.from }),
    ...(query.to && { to: query.to }),
  }
  const days = countDays(range.from, range.to)
  if (days >= 1 && days <= MOST_WINDOWS) return range
  throw invalid(`from, to: ${range.from} to ${range.to} are ${days} windows; expected 1 to ${MOST_WINDOWS}`)
}

interface OfSlices {
  readonly series: Exclude<Series, 'duration' | 'cost'>
  readonly by: By
  readonly range: Range
  readonly call: MetricCall
}

async function ofSlices(definition: PipelineDefinition, { series, by, range, call }: OfSlices, context: ApiContext) {
  const asked = { pipeline: definition.name, ...range, ...shardFilter(call.principal, call.query.shard) }
  if (series === 'lateness') return await latenessOf(definition, { by, asked }, context)
  const sums = await sumsOf(definition, { series, by, asked }, context)
  const groups = Map.groupBy(sums, ({ key }) => (by === 'weekday' ? weekdayOf(key) : key))
  return inOrder([...groups].map(([key, own]) => ({ key, value: figureOf(series, own) })))
}

/** Sums from the partitions where they tell it, which are fewer than the slices. */
async function sumsOf(
  { contracts }: PipelineDefinition,
  { series, by, asked }: Asked & { readonly series: Series },
  { ledger: { reads } }: ApiContext,
): Promise<readonly SliceSums[]> {
  if (series === 'bytes' || by === 'location' || asked.shards !== undefined)
    return await reads.sliceSums({ ...asked, by: KEYS[by] })
  const days = await reads.streamDays(asked)
  // The table of rejected rows has partitions too.
  const own = days.filter(({ stream }) => contracts.has(stream))
  return own.map(({ window, stream, rows, rejects }) => ({
    key: by === 'stream' ? stream : window,
    ...{ rows, rejects, bytes: 0 },
  }))
}

const KEYS = { day: 'window', weekday: 'window', stream: 'stream', location: 'shard' } as const

function weekdayOf(window: string): string {
  if (isDay(window)) return String(Temporal.PlainDate.from(window).dayOfWeek)
  throw invalid(`by: the window ${JSON.stringify(window)} is no day, so it has no weekday`)
}

interface Point {
  readonly key: string
  readonly value: number | null
}

function inOrder(points: readonly Point[]): Point[] {
  return points.toSorted((a, b) => (a.key < b.key ? -1 : 1))
}

function figureOf(series: 'rows' | 'rejects' | 'bytes', all: readonly SliceSums[]): number | null {
  const sum = (member: 'rows' | 'rejects' | 'bytes') => all.reduce((total, one) => total + one[member], 0)
  if (series !== 'rejects') return sum(series)
  const rejected = sum('rejects')
  const rows = rejected + sum('rows')
  return rows === 0 ? null : Math.round((rejected / rows) * 1e6) / 1e3
}

interface Asked {
  readonly by: By
  readonly asked: WindowRange
}

/** Median of the seconds from the first look to the table. */
async function latenessOf(definition: PipelineDefinition, { by, asked }: Asked, { ledger }: ApiContext) {
  const dueAt = dueTimes(definition)
  const loads = (await ledger.reads.firstLoads(asked)).flatMap(({ window, shard, stream, at }) => {
    const due = dueAt(shard, window)
    const key = by === 'weekday' ? weekdayOf(window) : { day: window, stream, location: shard }[by]
    return due === null ? [] : [{ key, seconds: Math.round((at - due) / 1000) }]
  })
  const groups = Map.groupBy(loads, ({ key }) => key)
  return inOrder([...groups].map(([key, own]) => ({ key, value: median(own.map(({ seconds }) => seconds)) })))
}

/** When files of a shard and window are due; null for a shard that is not configured. All streams of a day share one instant. */
function dueTimes(definition: PipelineDefinition): (shard: string, window: string) => number | null {
  const planner = plannerOf(definition)
  const places = new Map(definition.shards.map((shard) => [shard.id, shard]))
  const known = new Map<string, number>()
  return (shard, window) => {
    const place = places.get(shard)
    if (!place) return null
    const key = `${shard} ${window}`
    const due = known.get(key) ?? planner.readiness(place, window).dueAt
    known.set(key, due)
    return due
  }
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null
}

interface OfRuns {
  readonly series: 'duration' | 'cost'
  readonly by: By
  readonly range: Range
}

/** Times and costs are of runs, which look at several streams and shards, so they are only summed by day. */
async function ofRuns(definition: PipelineDefinition, { series, by, range }: OfRuns, { ledger }: ApiContext) {
  if (by !== 'day') throw invalid(`by: ${series} is known by day alone`)
  const time = { from: instantOf(range.from, '00:00', 'UTC'), to: instantOf(addDays(range.to, 2), '00:00', 'UTC') }
  if (series === 'cost') {
    const used = await ledger.reads.usage({ ...time, pipeline: definition.name })
    const days = Map.groupBy(used, ({ date }) => date)
    return [...days].map(([key, own]) => ({
      key,
      value: own.reduce((sum, { costMicros }) => sum + (costMicros ?? 0), 0) / 1e6,
    }))
  }
  const { rows } = await ledger.reads.runPage({ pipeline: definition.name, ...time, limit: PAGE })
  const worked = rows.filter(({ finishedAt, counts }) => finishedAt !== null && counts.slices > counts.unchanged)
  const days = Map.groupBy(worked, ({ createdAt }) => new Date(createdAt).toISOString().slice(0, 10))
  return [...days]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, own]) => ({
      key,
      value: median(own.map((run) => ((run.finishedAt ?? 0) - (run.startedAt ?? run.createdAt)) / 1000)),
    }))
}

/** Present figures in the text format of Prometheus. */
async function prometheus(call: MetricCall, context: ApiContext) {
  const lines = [
    '# HELP daybreak_slices Slices of the shown range by state.',
    '# TYPE daybreak_slices gauge',
    ...(
      await Promise.all([...context.definitions.values()].map((definition) => stateLines(definition, call, context)))
    ).flat(),
    '# HELP daybreak_incidents Unresolved incidents by severity.',
    '# TYPE daybreak_incidents gauge',
    ...(await incidentLines(call, context)),
    '# HELP daybreak_info Release of the server.',
    '# TYPE daybreak_info gauge',
    `daybreak_info{version=${JSON.stringify(context.version)}} 1`,
  ]
  const chunks = (async function* () {
    yield `${lines.join('\n')}\n`
  })()
  return { type: 'text/plain; version=0.0.4; charset=utf-8', chunks }
}

async function stateLines(definition: PipelineDefinition, { principal }: MetricCall, context: ApiContext) {
  const range = await defaultRange(definition, context.ports)
  const counts = await context.ledger.sliceCounts({ pipeline: definition.name, ...range, ...shardFilter(principal) })
  return Object.entries(counts).map(
    ([state, count]) => `daybreak_slices{pipeline=${JSON.stringify(definition.name)},state="${state}"} ${count}`,
  )
}

async function incidentLines({ principal }: MetricCall, { ledger }: ApiContext): Promise<readonly string[]> {
  const { rows } = await ledger.reads.incidentPage({ states: UNRESOLVED, ...shardFilter(principal), limit: PAGE })
  return ['warning', 'error'].map(
    (severity) =>
      `daybreak_incidents{severity="${severity}"} ${rows.filter((incident) => incident.severity === severity).length}`,
  )
}
