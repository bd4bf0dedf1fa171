import { Temporal } from 'temporal-polyfill'
import { invalid } from '../../http/problem.ts'
import { addDays, countDays, instantOf } from '../../lib/business-date.ts'
import { isDay } from '../../lib/window-time.ts'
import type { PipelineDefinition } from '../../pipeline/definition.ts'
import type { Slice } from '../../pipeline/entities.ts'
import type { WindowRange } from '../../pipeline/people/reads.ts'
import { plannerOf } from '../../pipeline/plan/planners.ts'
import { UNRESOLVED } from '../../pipeline/views/incidents.ts'
import { defaultRange } from '../../pipeline/views/status.ts'
import { findDefinition, shardFilter } from '../answers.ts'
import type { ApiCall, HandlersOf } from '../call.ts'
import type { ApiContext } from '../context.ts'
import type { METRIC_ROUTES } from '../contract/metrics.ts'

const MOST_WINDOWS = 92
const PAGE = 500
const MOST_SLICES = 50_000

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
  const shards = shardFilter(call.principal, call.query.shard)
  const slices = await allSlices({ pipeline: definition.name, ...range, ...shards }, context)
  const groups = Map.groupBy(slices, (slice) => keyOf(slice, by))
  const value = figureOf(series, definition)
  return [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, own]) => ({ key, value: value(own) }))
}

function keyOf({ window, stream, shard }: Slice, by: By): string {
  if (by === 'weekday') return weekdayOf(window)
  return by === 'day' ? window : by === 'stream' ? stream : shard
}

function weekdayOf(window: string): string {
  if (isDay(window)) return String(Temporal.PlainDate.from(window).dayOfWeek)
  throw invalid(`by: the window ${JSON.stringify(window)} is no day, so it has no weekday`)
}

function figureOf(
  series: OfSlices['series'],
  definition: PipelineDefinition,
): (slices: readonly Slice[]) => number | null {
  const sum = (slices: readonly Slice[], member: (slice: Slice) => number) =>
    slices.reduce((total, one) => total + member(one), 0)
  if (series === 'rows') return (slices) => sum(slices, ({ delivery }) => delivery?.part.rows ?? 0)
  if (series === 'bytes') return (slices) => sum(slices, ({ raw }) => raw?.bytes ?? 0)
  if (series === 'rejects')
    return (slices) => {
      const rejected = sum(slices, ({ rejects }) => rejects?.rows ?? 0)
      const all = rejected + sum(slices, ({ delivery }) => delivery?.part.rows ?? 0)
      return all === 0 ? null : Math.round((rejected / all) * 1e6) / 1e3
    }
  return (slices) => median(slices.flatMap((slice) => latenessOf(slice, definition)))
}

/** Seconds from the first look to the table. */
function latenessOf({ shard, window, firstLoadedAt }: Slice, definition: PipelineDefinition): readonly number[] {
  const place = definition.shards.find(({ id }) => id === shard)
  if (firstLoadedAt === null || !place) return []
  return [Math.round((firstLoadedAt - plannerOf(definition).readiness(place, window).dueAt) / 1000)]
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

async function allSlices(filter: WindowRange, { ledger }: ApiContext): Promise<readonly Slice[]> {
  const all: Slice[] = []
  for (
    let after: Pick<Slice, 'window' | 'shard' | 'stream'> | null | undefined;
    after !== null && all.length < MOST_SLICES;
  ) {
    const part: Awaited<ReturnType<typeof ledger.reads.slicePage>> = await ledger.reads.slicePage({
      ...filter,
      limit: PAGE,
      ...(after && { after }),
    })
    all.push(...part.rows)
    after = part.next
  }
  return all
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
