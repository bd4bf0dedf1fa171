import { createHash } from 'node:crypto'
import { maySee } from '../../access/decide.ts'
import { DaybreakError, toDaybreakError } from '../../errors.ts'
import { invalid } from '../../http/problem.ts'
import type { SignedIn } from '../../http/session.ts'
import { countDays } from '../../lib/business-date.ts'
import type { PipelineDefinition } from '../../pipeline/definition.ts'
import type { Backfill } from '../../pipeline/entities.ts'
import { withLedgerShards } from '../../pipeline/read/discover.ts'
import { estimate, expectAffordable, readHistory } from '../../pipeline/views/estimate.ts'
import { readOrigins } from '../../pipeline/views/losses.ts'
import {
  advanceBackfill,
  type BackfillRequest,
  createBackfill,
  expectPossible,
  findBackfill,
  keyedBackfill,
  planBackfill,
  rangeOf,
  steerBackfill,
} from '../../pipeline/work/backfill.ts'
import {
  expectKnown,
  expectVisible,
  findDefinition,
  instantText,
  isShared,
  microsText,
  sharedReason,
} from '../answers.ts'
import type { ApiCall, ApiHandler, HandlersOf } from '../call.ts'
import type { ApiContext } from '../context.ts'
import type { BACKFILL_ROUTES } from '../contract/backfill.ts'
import { ByTime, fromPageToken, toPageToken } from '../pages.ts'

/** A year is 53 runs; for more one asks again, and sees each of them succeed. */
const LONGEST_RANGE = 366
const MOST_GONE = 200

/** Handlers of backfills. */
export const BACKFILL_HANDLERS: HandlersOf<typeof BACKFILL_ROUTES> = {
  'GET /api/backfill': async ({ query, principal }, { ledger }) => {
    const filter = query.state.length > 0 ? { states: query.state } : {}
    const after = fromPageToken(query.pageToken, filter, ByTime)
    const { rows, next } = await ledger.reads.backfillPage({
      ...filter,
      limit: query.pageSize,
      ...(after && { after }),
    })
    return {
      body: {
        backfills: rows
          .filter(({ shards }) => isShared(principal, shards))
          .map((row) => backfillAnswer(row, principal)),
        nextPageToken: toPageToken(next, filter),
      },
    }
  },
  'GET /api/backfill/{id}': async ({ path, principal }, context) => {
    const backfill = await findBackfill(path.id, context.ports)
    if (!isShared(principal, backfill.shards))
      throw new DaybreakError('NOT_FOUND', `there is no backfill ${JSON.stringify(path.id)}`)
    const all = (await Promise.all(backfill.runIds.map((id) => context.ledger.runSlices(id)))).flat()
    const looked = all.filter(({ shard }) => maySee(principal, shard))
    const byWindow = Map.groupBy(looked, ({ window }) => window)
    const isDone = ({ outcome }: (typeof looked)[number]) => DONE.includes(outcome)
    const progress = [...byWindow]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([window, slices]) => {
        const newest = [...new Map(slices.map((slice) => [`${slice.shard}/${slice.stream}`, slice])).values()]
        const done = newest.filter(isDone).length
        const failed = newest.filter(({ outcome }) => outcome === 'failed').length
        return { window, done, failed, open: newest.length - done - failed }
      })
    const sum = (member: 'done' | 'failed' | 'open') => progress.reduce((total, each) => total + each[member], 0)
    const slices = sum('done') + sum('failed') + sum('open')
    return {
      body: {
        ...backfillAnswer(backfill, principal),
        sentence: backfillSentence({ ...backfill, reason: sharedReason(backfill.reason, principal) }),
        slices,
        done: sum('done'),
        progress,
      },
    }
  },
  'POST /api/backfill:plan': async (call, context) => {
    const { definition, request } = await requestOf(call, context)
    const plan = await planOf(request, definition, { ...context, principal: call.principal })
    await call.record({ action: 'backfill.plan', subject: `${request.pipeline}/${request.from}/${request.to}` })
    return { body: plan }
  },
  'POST /api/backfill': async (call, context) => {
    const { ports } = context
    const { definition, request } = await requestOf(call, context)
    const { body, settle, write, principal } = call
    // An attempt that ended without an answer may have created it: its plan is no longer that of before.
    const isCreated = write.isRepeated && (await ports.ledger.backfill(keyedBackfill(write.id))) !== null
    if ((body.planId !== undefined || body.maxCost !== undefined) && !isCreated) {
      const plan = await planOf(request, definition, { ...context, principal })
      if (body.maxCost !== undefined) expectAffordable(plan.estimate, body.maxCost)
      if (body.planId !== undefined && plan.planId !== body.planId)
        throw new DaybreakError('STATE_CONFLICT', `plan ${body.planId} is out of date; the plan is ${plan.planId} now`)
    }
    const created = await createBackfill(request, ports, write.id)
    const { backfill } = await advanceBackfill(created.id, ports, { patient: true })
    const after = { from: request.from, to: request.to, shards: [...request.shards], streams: [...request.streams] }
    return await settle(
      { action: 'backfill.create', subject: backfill.id, details: body.reason, after },
      { body: backfillAnswer(backfill, principal), location: `/api/backfill/${backfill.id}` },
    )
  },
  'POST /api/backfill/{id}:pause': steer('pause'),
  'POST /api/backfill/{id}:resume': steer('resume'),
  'POST /api/backfill/{id}:cancel': steer('cancel'),
  'POST /api/backfill/{id}:retry': steer('retry'),
}

const DONE: readonly string[] = ['staged', 'resumed', 'unchanged']
type Verb = 'pause' | 'resume' | 'cancel' | 'retry'

function steer(verb: Verb): ApiHandler<`POST /api/backfill/{id}:${Verb}`> {
  return async ({ path, body, settle, principal, write }, { ports }) => {
    const before = await findBackfill(path.id, ports)
    await steerBackfill(path.id, verb, ports, write)
    const { backfill } = await advanceBackfill(path.id, ports, { patient: true })
    const states = { before: { state: before.state }, after: { state: backfill.state } }
    return await settle(
      { action: `backfill.${verb}`, subject: path.id, details: body.reason, ...states },
      { body: backfillAnswer(backfill, principal), location: `/api/backfill/${path.id}` },
    )
  }
}

type Asking = Pick<ApiCall<'POST /api/backfill' | 'POST /api/backfill:plan'>, 'body' | 'principal'>

/** @throws {DaybreakError} REQUEST_INVALID, NOT_FOUND. */
async function requestOf({ body, principal }: Asking, context: ApiContext) {
  const { streams, fromArchive, force, reload } = body
  const listed = findDefinition(context, body.pipeline)
  expectRange(body, context.now())
  const range = rangeOf(listed, body)
  const definition = await withLedgerShards(listed, range, context.ledger)
  expectVisible(principal, body.shards)
  // A caller of some locations plans and begins nothing at the others.
  const shards = body.shards.length > 0 ? body.shards : (principal.shards ?? [])
  expectKnown(
    'shards',
    body.shards,
    definition.shards.map(({ id }) => id),
  )
  expectKnown('streams', streams, [...definition.contracts.keys()])
  const request: BackfillRequest = {
    ...{ pipeline: definition.name, ...range, shards, streams, fromArchive, force, reload },
  }
  return { definition, request }
}

function expectRange({ from, to }: Pick<BackfillRequest, 'from' | 'to'>, now: number): void {
  try {
    const days = countDays(from, to)
    if (days === 0) throw invalid(`to: ${to} is before ${from}`)
    if (days > LONGEST_RANGE) throw invalid(`from, to: ${days} days; at most ${LONGEST_RANGE} at a time`)
    expectPossible({ from, to }, now)
  } catch (error) {
    throw invalid(toDaybreakError(error).message)
  }
}

function backfillAnswer(backfill: Backfill, principal: Pick<SignedIn, 'shards'>) {
  const { version: _, createdAt, updatedAt, reason, shards, streams, runIds, ...rest } = backfill
  return {
    ...rest,
    shards: shards.filter((shard) => maySee(principal, shard)),
    streams: [...streams],
    runIds: [...runIds],
    reason: sharedReason(reason, principal),
    createdAt: instantText(createdAt),
    updatedAt: instantText(updatedAt),
  }
}

function backfillSentence({ state, from, to, next, runIds, reason }: Backfill): string {
  const range = `${from} to ${to}`
  if (state === 'queued' || state === 'running') return `${range}: at ${next}, in run ${runIds.length}.`
  return `${range}: ${state.replace('_', ' ')}${reason === null ? '' : `, ${reason.message}`}.`
}

async function planOf(
  request: BackfillRequest,
  definition: PipelineDefinition,
  { ports, ledger, now, principal }: Pick<ApiContext, 'ports' | 'ledger' | 'now'> & Pick<Asking, 'principal'>,
) {
  const plan = await planBackfill(request, definition, ports)
  const { archived, losses, waived, loaded } = await readOrigins(definition, { ...request, now: now() }, ledger.reads)
  const { days, runs, shards, slices, states, goneFromSource } = plan
  const goneSlices = losses.reduce((sum, loss) => sum + loss.slices, 0)
  const gone = losses.map(({ shard, from, to, slices: count }) => ({
    ...{ shard: shard.id, shardName: shard.name, from, to },
    slices: count,
  }))
  const planId = createHash('sha256')
    .update(JSON.stringify([request, plan, gone]))
    .digest('hex')
    .slice(0, 12)
  const lost = goneSlices === 0 ? '' : ` ${goneSlices} of them ${goneSlices === 1 ? 'is' : 'are'} gone for ever.`
  const fromSource = request.fromArchive ? 0 : Math.max(0, slices - archived - waived - goneSlices)
  const skipped = request.force || request.reload ? 0 : loaded
  const streams = request.streams.length || definition.contracts.size
  const brought = Math.max(0, archived + fromSource - skipped)
  const loadsPerTable = Math.min(brought, days)
  const planned = { slices: brought, loads: Math.min(brought, days * streams), loadsPerTable }
  const { terms } = ports.destination(definition.name)
  const [history, waitsFor] = await Promise.all([
    readHistory(definition.name, ledger.reads),
    readEarlier(request, { ledger, principal }),
  ])
  const { seconds, bytesBilled, costMicros, days: daysOfLimit, ...found } = estimate(planned, history, terms)
  return {
    planId,
    pipeline: definition.name,
    sentence: `${request.from} to ${request.to}: ${slices} slices in ${runs} ${runs === 1 ? 'run' : 'runs'}.${lost}`,
    windows: days,
    ...{ shards, streams, slices, runs, states },
    fromArchive: archived,
    fromSource,
    goneFromSource,
    gone: gone.slice(0, MOST_GONE),
    goneSlices,
    skipped,
    estimate: {
      ...{ slices: brought, seconds, runs: found.runs, loads: planned.loads, bytesBilled },
      cost: costMicros === null ? null : microsText(costMicros),
    },
    limit: terms ? { perTableAndDay: terms.loadsPerTableAndDay, loadsPerTable, days: daysOfLimit ?? 0 } : null,
    waitsFor,
  }
}

/** Backfills that still go through windows of the request. A new one waits until they have done them. */
async function readEarlier(
  { pipeline, from, to }: BackfillRequest,
  { ledger, principal }: Pick<ApiContext, 'ledger'> & Pick<Asking, 'principal'>,
) {
  const { rows } = await ledger.reads.backfillPage({ pipeline, states: ['queued', 'running'], limit: 500 })
  return rows
    .filter((other) => other.next <= to && other.to >= from)
    .map(({ id, state, next, to: last, shards }) => ({
      id: isShared(principal, shards) ? id : null,
      ...{ state, from: next, to: last },
    }))
}
