import { maySee } from '../../access/decide.ts'
import { DaybreakError } from '../../errors.ts'
import { invalid } from '../../http/problem.ts'
import type { SignedIn } from '../../http/session.ts'
import { subtractDecimals } from '../../lib/decimal.ts'
import { type PipelineDefinition, streamsOf } from '../../pipeline/definition.ts'
import type { BusinessDate, Run, RunSlice } from '../../pipeline/entities.ts'
import { checksOf, findRun, problemsOf, resumedOf, runRow, sheetOf } from '../../pipeline/views/runs.ts'
import type { SheetRow } from '../../pipeline/views/sheet.ts'
import { windowNamed } from '../../pipeline/window-named.ts'
import { readsArchive } from '../../pipeline/work/from-archive.ts'
import { disputesOf } from '../../pipeline/work/record.ts'
import { cancelRun } from '../../pipeline/work/run.ts'
import {
  expectKnown,
  expectVisible,
  findDefinition,
  instantText,
  isShared,
  nameOfShard,
  optionalInstant,
  reasonAnswer,
  runKey,
  type ShardNames,
  shardFilter,
  shardsOf,
  sharedReason,
  toInstant,
} from '../answers.ts'
import type { ApiCall, HandlersOf } from '../call.ts'
import type { ApiContext } from '../context.ts'
import type { RUN_ROUTES } from '../contract/runs.ts'
import { ByNumber, BySlice, ByTime, fromPageToken, toPageToken } from '../pages.ts'
import { readRunLog } from './run-log.ts'
import { planRun } from './run-plan.ts'

/** Handlers of runs. */
export const RUN_HANDLERS: HandlersOf<typeof RUN_ROUTES> = {
  'GET /api/runs': async ({ query, principal }, { ledger }) => {
    const { pageSize, pageToken, state, trigger, from, to, backfill, withWork, pipeline } = query
    const states = state.length > 0 ? state : withWork ? WITH_WORK : undefined
    const filter = {
      ...(pipeline !== undefined && { pipeline }),
      ...(states && { states }),
      ...(trigger.length > 0 && { triggers: trigger }),
      ...(from !== undefined && { from: toInstant(from) }),
      ...(to !== undefined && { to: toInstant(to) }),
      ...(backfill !== undefined && { backfillId: backfill }),
    }
    const after = fromPageToken(pageToken, filter, ByTime)
    const { rows, next } = await ledger.reads.runPage({ ...filter, limit: pageSize, ...(after && { after }) })
    return {
      body: {
        runs: rows.filter(({ scope }) => isShared(principal, scope.shards)).map((run) => runAnswer(run, principal)),
        nextPageToken: toPageToken(next, filter),
      },
    }
  },
  'GET /api/runs/{id}': async ({ path, principal }, context) => {
    const run = await visibleRun(path.id, principal, context)
    const slices = await slicesOf(run, principal, context)
    const checks = await checksOf(run, slices, context.ledger)
    const disputes = await disputesOf(slices, context.ledger)
    const outcomes = Object.groupBy(slices, ({ outcome }) => outcome)
    return {
      body: {
        ...runAnswer(run, principal),
        sentence: runSentence({ ...run, reason: sharedReason(run.reason, principal) }, slices),
        outcomes: Object.fromEntries(Object.entries(outcomes).map(([outcome, own]) => [outcome, own.length])),
        disputes: disputes.map(({ shard, window, stream, check, rule, message }) => ({
          ...{ shard, window, stream, check, rule, message },
        })),
        checks: {
          passed: checks.filter(({ state }) => state === 'pass').length,
          failed: checks.filter(({ state }) => state !== 'pass').length,
        },
        resumed: await resumedAnswer(slices, context),
      },
    }
  },
  'GET /api/runs/{id}/slices': async ({ path, query, principal }, context) => {
    const run = await visibleRun(path.id, principal, context)
    const filter = {
      runId: run.id,
      ...(query.outcome.length > 0 && { outcomes: query.outcome }),
      ...shardFilter(principal),
    }
    if (query.unchanged === true) return await listAll(run, { query, principal }, context)
    const after = fromPageToken(query.pageToken, filter, BySlice)
    const part = { limit: query.pageSize, ...(after && { after }) }
    const { rows, next } = await context.ledger.reads.runSlicePage({ ...filter, ...part })
    const names = namesOf(run, context)
    return {
      body: { slices: rows.map((slice) => runSliceAnswer(slice, names)), nextPageToken: toPageToken(next, filter) },
    }
  },
  'GET /api/runs/{id}/sheet': async ({ path, principal }, context) => {
    const run = await visibleRun(path.id, principal, context)
    const slices = await slicesOf(run, principal, context)
    const sheet = await sheetOf(run, slices, context)
    const names = namesOf(run, context)
    const lines = sheet.filter(({ shard }) => maySee(principal, shard)).map((row) => sheetLine(row, names))
    return { body: { lines, isBalanced: lines.every(({ isBalanced }) => isBalanced) } }
  },
  'GET /api/runs/{id}/checks': async ({ path, query, principal }, context) => {
    const run = await visibleRun(path.id, principal, context)
    const checks = await checksOf(run, await slicesOf(run, principal, context), context.ledger)
    const { part, nextPageToken } = partOf(checks, query, run.id)
    return { body: { checks: part.map((check) => ({ ...check })), nextPageToken } }
  },
  'GET /api/runs/{id}/steps': async ({ path, principal }, context) => {
    const run = await visibleRun(path.id, principal, context)
    const steps = await context.ledger.reads.runSteps(run.id)
    return { body: { steps: steps.map(({ step, milliseconds, count }) => ({ step, milliseconds, count })) } }
  },
  'GET /api/runs/{id}/log': readRunLog,
  'POST /api/runs': async (call, context) => {
    const request = runRequest(call, context)
    if (call.query.validateOnly === true) {
      const plan = await planRun(findDefinition(context, request.pipeline), request.scope, context)
      await call.record({ action: 'run.plan', subject: request.pipeline, details: call.body.reason })
      return { body: { runId: null, state: null, plan } }
    }
    const run = await context.start({ ...request, ...runKey(call) })
    const after = { pipeline: run.pipeline, scope: JSON.parse(JSON.stringify(run.scope)) }
    return await call.settle(
      { action: 'run.create', subject: run.id, details: call.body.reason, after },
      { body: { runId: run.id, state: run.state, plan: null }, location: `/api/runs/${run.id}` },
    )
  },
  'POST /api/runs/{id}:cancel': async ({ path, body, settle, principal, write }, { ledger, ports }) => {
    const run = await findRun(path.id, ledger)
    const isDone = write.isRepeated && run.state === 'cancelled'
    if (!isDone && !(await cancelRun(run, ports)))
      throw new DaybreakError('STATE_CONFLICT', `run ${run.id} is ${run.state} already`)
    const now = (await ledger.run(run.id)) ?? run
    const states = { before: { state: run.state }, after: { state: now.state } }
    const entry = { action: 'run.cancel', subject: run.id, details: body.reason, ...states }
    return await settle(entry, { body: runAnswer(now, principal) })
  },
  'POST /api/runs/{id}:retry': async ({ path, body, settle, principal, write }, context) => {
    const { id, pipeline, scope } = await findRun(path.id, context.ledger)
    const failed = body.failedOnly ? problemsOf(await context.ledger.runSlices(id)) : null
    if (failed?.length === 0) throw new DaybreakError('STATE_CONFLICT', `nothing failed in run ${id}`)
    const narrow = failed === null ? {} : scopeOfSlices(failed)
    const run = await context.start({
      pipeline,
      trigger: 'http',
      scope: { ...scope, ...narrow, by: principal.name },
      ...runKey({ write }),
    })
    return await settle(
      { action: 'run.retry', subject: id, details: body.reason, after: { runId: run.id } },
      { body: { runId: run.id }, location: `/api/runs/${run.id}` },
    )
  },
}

type Paged = Pick<ApiCall<'GET /api/runs/{id}/slices'>, 'query' | 'principal'>

/** Slices of a run with those that it found unchanged, which have no rows to page over. */
async function listAll(run: Run, { query, principal }: Paged, context: ApiContext) {
  const { outcome: outcomes } = query
  const all = (await slicesOf(run, principal, context)).filter(
    ({ outcome }) => outcomes.length === 0 || outcomes.includes(outcome),
  )
  const { part, nextPageToken } = partOf(all, query, [run.id, outcomes])
  const names = namesOf(run, context)
  return { body: { slices: part.map((slice) => runSliceAnswer(slice, names)), nextPageToken } }
}

/** Pure: a page of a list that is known as a whole. */
function partOf<Item>(
  all: readonly Item[],
  { pageSize, pageToken }: Pick<ApiCall<'GET /api/runs/{id}/checks'>['query'], 'pageSize' | 'pageToken'>,
  filter: unknown,
) {
  const { from = 0 } = fromPageToken(pageToken, filter, ByNumber) ?? {}
  const next = all.length > from + pageSize ? { from: from + pageSize } : null
  return { part: all.slice(from, from + pageSize), nextPageToken: toPageToken(next, filter) }
}

async function resumedAnswer(slices: readonly RunSlice[], { ledger }: ApiContext) {
  const { runs, ...counts } = await resumedOf(slices, ledger)
  return { ...counts, runs: [...runs] }
}

const WITH_WORK: readonly Run['state'][] = [
  ...(['queued', 'running', 'succeeded', 'partial', 'failed', 'cancelled', 'timed_out'] as const),
]

function runRequest({ body, principal }: ApiCall<'POST /api/runs'>, context: ApiContext) {
  const definition = findDefinition(context, body.pipeline)
  const { shards, streams, force, reload } = body
  const windows = body.windows?.map((text) => windowOf(text, definition))
  expectVisible(principal, shards ?? [])
  expectKnown(
    'shards',
    shards ?? [],
    definition.shards.map(({ id }) => id),
  )
  expectKnown('streams', streams ?? [], streamsOf(definition))
  // A caller of some locations starts nothing at the others.
  const own = shards ?? (principal.shards === null ? undefined : [...principal.shards])
  const isNarrowed = windows !== undefined || own !== undefined
  const fromArchive = readsArchive(definition, {
    fromArchive: body.fromArchive,
    isNarrowed,
    ...(own && { shards: own }),
  })
  return {
    pipeline: definition.name,
    trigger: 'http' as const,
    scope: {
      ...(windows && { windows }),
      ...(own && { shards: own }),
      ...(streams && { streams }),
      ...(fromArchive && { fromArchive }),
      ...(force && { force }),
      ...(reload && { reload }),
      by: principal.name,
    },
  }
}

/** @throws {DaybreakError} REQUEST_INVALID for what is no window of the pipeline. */
function windowOf(text: string, definition: PipelineDefinition): BusinessDate {
  if (definition.config.kind !== 'files') return text
  const named = windowNamed(text, definition)
  if ('problem' in named) throw invalid(`windows: ${JSON.stringify(text)}; ${named.problem}`)
  return named.window
}

/** A scope of exactly these days. */
function scopeOfSlices(slices: readonly RunSlice[]) {
  const days = [...Map.groupBy(slices, ({ shard }) => shard)].map(([shard, own]) => ({
    shard,
    windows: [...new Set(own.map(({ window }) => window))],
  }))
  const streams = [...new Set(slices.map(({ stream }) => stream))]
  return { perShard: days, shards: days.map(({ shard }) => shard), streams }
}

/** @throws {DaybreakError} NOT_FOUND, also for a run over shards that the principal may not see. */
async function visibleRun(id: string, principal: SignedIn, { ledger }: ApiContext): Promise<Run> {
  const run = await (id === 'last' && principal.shards !== null ? newestShared(principal, ledger) : findRun(id, ledger))
  if (isShared(principal, run.scope.shards)) return run
  throw new DaybreakError('NOT_FOUND', `there is no run ${JSON.stringify(id)}`)
}

const LOOKED_AT = 500

/** The newest run that a caller of some locations may see, among the newest 500. @throws {DaybreakError} NOT_FOUND. */
async function newestShared(principal: SignedIn, ledger: ApiContext['ledger']): Promise<Run> {
  const { rows } = await ledger.reads.runPage({ limit: LOOKED_AT })
  const run = rows.find(({ scope }) => isShared(principal, scope.shards))
  if (run) return run
  throw new DaybreakError('NOT_FOUND', 'no run was made yet over your locations')
}

async function slicesOf(run: Run, principal: SignedIn, { ledger }: ApiContext): Promise<readonly RunSlice[]> {
  const slices = await ledger.runSlices(run.id)
  return principal.shards === null ? slices : slices.filter(({ shard }) => maySee(principal, shard))
}

function namesOf({ pipeline }: Run, { definitions }: ApiContext): ShardNames {
  return shardsOf(definitions.get(pipeline) ?? { shards: [] })
}

/** Pure: a run as the API tells it. */
export function runAnswer(run: Run, principal: Pick<SignedIn, 'shards'>) {
  const { id, pipeline, trigger, state, scope, reason, counts, backfillId } = run
  const windows = scope.windows ?? scope.perShard?.flatMap((day) => day.windows)
  return {
    ...{ id, pipeline, trigger, state, backfillId },
    scope: {
      windows: windows === undefined ? null : [...new Set(windows)],
      shards: scope.shards === undefined ? null : scope.shards.filter((shard) => maySee(principal, shard)),
      streams: scope.streams === undefined ? null : [...scope.streams],
      fromArchive: scope.fromArchive ?? false,
      force: scope.force ?? false,
    },
    reason: sharedReason(reason, principal),
    ...{ slices: counts.slices, rows: counts.rows, rejected: counts.rejected, unchanged: counts.unchanged },
    createdAt: instantText(run.createdAt),
    startedAt: optionalInstant(run.startedAt),
    finishedAt: optionalInstant(run.finishedAt),
    seconds: runRow(run).seconds,
  }
}

function runSliceAnswer({ window, shard, stream, outcome, counts, milliseconds, reason }: RunSlice, names: ShardNames) {
  return {
    ...{ window, shard, stream, outcome, milliseconds },
    shardName: nameOfShard(names, shard),
    accepted: counts?.accepted ?? null,
    rejected: counts?.rejected ?? null,
    reason: reasonAnswer(reason),
  }
}

/** Pure: a line of a sheet, with the differences. */
export function sheetLine({ money, balanced, ...row }: SheetRow, names: ShardNames) {
  return {
    ...row,
    shardName: nameOfShard(names, row.shard),
    money: money.map(({ column, part, table }) => ({
      ...{ column, part, table },
      difference: table === null ? '0' : subtractDecimals(table, part),
    })),
    isBalanced: balanced,
  }
}

function runSentence({ state, reason, counts }: Run, slices: readonly RunSlice[]): string {
  const problems = problemsOf(slices).length
  const looked = `${counts.slices} slices, ${counts.rows} rows`
  if (state === 'succeeded') return `Succeeded: ${looked}.`
  if (state === 'partial')
    return problems > 0
      ? `Partial: ${problems} of ${counts.slices} slices need a look.`
      : `Partial: ${sentence(reason?.message)}`
  if (state === 'queued' || state === 'running')
    return `${state === 'queued' ? 'Waits to begin' : 'Running'}: ${looked} so far.`
  return `${state.replace('_', ' ')}: ${sentence(reason?.message ?? looked)}`.replace(/^./, (first) =>
    first.toUpperCase(),
  )
}

function sentence(text = ''): string {
  return text === '' || /[.!?]$/.test(text) ? text : `${text}.`
}
