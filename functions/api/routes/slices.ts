import { maySee } from '../../access/decide.ts'
import { DaybreakError } from '../../errors.ts'
import { invalid } from '../../http/problem.ts'
import { isCivilDate } from '../../lib/business-date.ts'
import { isOptional, type PipelineDefinition, shardOf, tableFor } from '../../pipeline/definition.ts'
import type { DeliveryRecord, KeptFile, Slice, SliceKey } from '../../pipeline/entities.ts'
import { rawFileName } from '../../pipeline/names.ts'
import {
  type FilePlace,
  type LedgerReads,
  type Listed,
  MOST_COUNTED,
  type Part,
  type SliceLife,
} from '../../pipeline/people/reads.ts'
import { plannerOf } from '../../pipeline/plan/planners.ts'
import { isDelivered, standing } from '../../pipeline/shard.ts'
import { newSlice } from '../../pipeline/steps/decide.ts'
import { withoutContract } from '../../pipeline/steps/keep.ts'
import { isTables } from '../../pipeline/tables/tools.ts'
import { readTimes } from '../../pipeline/window-times.ts'
import { releaseHeld } from '../../pipeline/work/release-held.ts'
import { isWaivable, waiveChanges } from '../../pipeline/work/waive.ts'
import { begunRun, findDefinition, optionalInstant, reasonAnswer, runKey, shardFilter, shardsOf } from '../answers.ts'
import type { ApiCall, HandlersOf } from '../call.ts'
import type { ApiContext } from '../context.ts'
import type { SLICE_ROUTES } from '../contract/slices.ts'
import { ByFile, BySlice, fromPageToken, toPageToken } from '../pages.ts'
import {
  deliveryAnswer,
  type InTable,
  keyOf,
  lifeOf,
  partitionAnswer,
  sliceRow,
  sliceSentence,
  tableLifeOf,
  versionAnswer,
  versionName,
} from './slice-answers.ts'
import { sliceDiff } from './slice-diff.ts'

// Files of one read, and reads of one page.
const PART = 500
const MOST_PARTS = 10

/** Handlers of slices. */
export const SLICE_HANDLERS: HandlersOf<typeof SLICE_ROUTES> = {
  'GET /api/slices': async ({ query, principal }, { ledger, ...context }) => {
    const { pipeline, pageSize, pageToken, shard, stream, state, window, ...rest } = query
    const definition = findDefinition(context, pipeline)
    const filter = {
      pipeline: definition.name,
      ...(rest.from !== undefined && { from: rest.from }),
      ...(rest.to !== undefined && { to: rest.to }),
      ...(window.length > 0 && { windows: window }),
      ...shardFilter(principal, shard),
      ...(stream.length > 0 && { streams: stream }),
      ...(state.length > 0 && { states: state }),
      ...(rest.hasRejects === true && { hasRejects: true }),
      ...(rest.oldestFirst !== true && { first: 'newest' as const }),
    }
    const after = fromPageToken(pageToken, filter, BySlice)
    const { rows, next } = await ledger.reads.slicePage({ ...filter, limit: pageSize, ...(after && { after }) })
    const names = shardsOf(definition)
    const total = rest.withTotal === true ? await ledger.reads.sliceTotal(filter, MOST_COUNTED) : null
    const slices = rows.map((slice) => sliceRow(slice, names))
    return { body: { slices, total, nextPageToken: toPageToken(next, filter) } }
  },
  'GET /api/files': async ({ query, principal }, { ledger, ...context }) => {
    const definition = findDefinition(context, query.pipeline)
    const filter = {
      pipeline: definition.name,
      ...(query.window.length > 0 && { windows: query.window }),
      ...shardFilter(principal, query.shard),
    }
    const { pageSize: limit } = query
    const after = fromPageToken(query.pageToken, filter, ByFile)
    const { rows, next } = await unreadFiles(definition, { ...filter, limit, ...(after && { after }) }, ledger)
    return {
      body: {
        files: rows.map(({ window, shard, source, raw, reason }) => ({
          ...{ window, shard, name: source.name, bytes: source.bytes },
          sha256: raw?.sha256 ?? null,
          reason: reasonAnswer(reason),
        })),
        nextPageToken: toPageToken(next, filter),
      },
    }
  },
  'GET /api/slices/{pipeline}/{window}/{shard}/{stream}': async ({ path }, context) => {
    const definition = findDefinition(context, path.pipeline)
    const { slice, versions, checks, partition } = await lifeOfSlice(path, definition, context)
    const isCopied = isTables(definition)
    const place = isCopied ? shardOf(definition, slice.shard) : definition.shards.find(({ id }) => id === slice.shard)
    const times = await readTimes(definition.name, [slice.window], context.ledger)
    const readiness = place ? plannerOf(definition).readiness(place, slice.window, times) : null
    // Rows of a table are read at once and stay at their source: nothing is awaited.
    const isExpected = place !== undefined && definition.hasSource && isDelivered(place) && !isCopied
    const table = slice.delivery === null ? null : await inTable(slice, definition, context)
    return {
      body: {
        ...sliceRow(slice, shardsOf(definition)),
        sentence: sliceSentence(slice, versions.length, definition),
        life: readiness === null ? [] : isCopied ? tableLifeOf(slice, versions) : lifeOf(slice, readiness, versions),
        file:
          slice.source === null
            ? null
            : { ...slice.source, modifiedAt: optionalInstant(slice.source.modifiedAt) ?? '' },
        delivery: deliveryAnswer(slice.delivery, table),
        versions: versions.map((version) => versionAnswer(version, slice.delivery)),
        checks: checks.map(({ at: _, ...check }) => check),
        partition: partitionAnswer(partition),
        dueAt: isExpected ? optionalInstant(readiness?.dueAt) : null,
        goneAt: isExpected ? optionalInstant(readiness?.goneAt) : null,
      },
    }
  },
  'GET /api/slices/{pipeline}/{window}/{shard}/{stream}/versions/{version}:diff': async (call, context) => {
    const { path, query } = call
    const definition = findDefinition(context, path.pipeline)
    const { versions } = await lifeOfSlice(path, definition, context)
    const [from, to] = [findVersion(versions, query.with), findVersion(versions, path.version)]
    return { body: await sliceDiff({ from, to, definition, signal: call.signal }, context) }
  },
  'GET /api/slices/{pipeline}/{window}/{shard}/{stream}/versions/{version}/raw': async ({ path, record }, context) => {
    const definition = findDefinition(context, path.pipeline)
    const { versions } = await lifeOfSlice(path, definition, context)
    const { raw } = findVersion(versions, path.version)
    const bytes = await context.ports.objects.get(raw.object)
    await record({ action: 'slice.download', subject: subjectOf(path), details: raw.sha256 })
    const chunks = (async function* () {
      yield bytes
    })()
    return { type: 'application/octet-stream', chunks, fileName: rawFileName(raw.object) }
  },
  'POST /api/slices:retry': async (call, context) => {
    const { definition, results, accepted } = await chosen(call, context, () => null)
    const run =
      accepted.length === 0
        ? null
        : await context.start({
            pipeline: definition.name,
            trigger: 'http',
            ...runKey(call),
            scope: {
              ...scopeOf(accepted),
              ...(call.body.fromArchive && { fromArchive: true }),
              by: call.principal.name,
            },
          })
    return await acted(call, { action: 'slice.retry', accepted, results, runId: run?.id ?? null })
  },
  'POST /api/slices:waive': async (call, context) => {
    const { results, accepted } = await chosen(call, context, (slice) =>
      isWaivable(slice) ? null : `it is ${slice.state}; only an absent file can be waived`,
    )
    const changes = await waiveChanges(accepted.filter(isWaivable), context.ports)
    return await acted(call, { action: 'slice.waive', accepted, results, runId: null }, changes)
  },
  'POST /api/slices:release': async (call, context) => {
    const pipeline = findDefinition(context, call.body.slices[0]?.pipeline).name
    const begun = await begunRun(call, pipeline, context)
    const isReleased = ({ raw }: Slice) => raw !== null && begun?.scope.release?.includes(raw.sha256) === true
    const { definition, results, accepted } = await chosen(call, context, (slice) =>
      slice.state === 'held' || isReleased(slice) ? null : `it is ${slice.state}; only a held file can be released`,
    )
    const runId = begun?.id ?? (accepted.length === 0 ? null : await release(accepted, definition, call, context))
    return await acted(call, { action: 'slice.release', accepted, results, runId })
  },
}

type Files = Parameters<LedgerReads['filePage']>[0]

/**
 * Files that no contract reads as the pipeline is now: a contract may be younger than the file. Where most files have one by now, a page is
 * shorter than asked for, and others follow it.
 */
async function unreadFiles(
  definition: PipelineDefinition,
  { limit, ...filter }: Files,
  { reads }: { readonly reads: Pick<LedgerReads, 'filePage'> },
): Promise<Listed<KeptFile, FilePlace>> {
  const found: KeptFile[] = []
  let after: Part<FilePlace>['after'] = filter.after ?? null
  for (let part = 0; part < MOST_PARTS; part++) {
    const { rows, next } = await reads.filePage({ ...filter, limit: PART, after })
    const own = withoutContract(rows, definition)
    const some = own.slice(0, limit - found.length)
    found.push(...some)
    const last = some.at(-1)
    if (some.length < own.length && last)
      return { rows: found, next: { window: last.window, shard: last.shard, name: last.source.name } }
    if (next === null || found.length === limit) return { rows: found, next }
    after = next
  }
  return { rows: found, next: after }
}

type ActCall = ApiCall<'POST /api/slices:retry' | 'POST /api/slices:waive' | 'POST /api/slices:release'>
type Result = { slice: SliceKey; ok: boolean; code?: 'NOT_FOUND' | 'STATE_CONFLICT'; message?: string }

interface Chosen {
  readonly definition: PipelineDefinition
  readonly results: Result[]
  readonly accepted: readonly Slice[]
}

/** Slices that an action is for, each accepted or refused with a reason. */
async function chosen(
  { body, principal }: Pick<ActCall, 'body' | 'principal'>,
  context: ApiContext,
  objection: (slice: Slice) => string | null,
): Promise<Chosen> {
  const pipelines = [...new Set(body.slices.map(({ pipeline }) => pipeline))]
  if (pipelines.length > 1) throw invalid('slices: expected slices of one pipeline')
  const definition = findDefinition(context, pipelines[0])
  const keys = body.slices
  const known = await context.ledger.slices({
    pipeline: definition.name,
    shards: [...new Set(keys.map(({ shard }) => shard))],
    windows: [...new Set(keys.map(({ window }) => window))],
    streams: [...new Set(keys.map(({ stream }) => stream))],
  })
  const byKey = new Map(known.map((slice) => [subjectOf(slice), slice]))
  const judged = keys.map((key) => {
    const slice = byKey.get(subjectOf(key)) ?? expectedSlice(key, definition)
    if (slice === null || !maySee(principal, key.shard))
      return { key, slice: null, code: 'NOT_FOUND' as const, message: 'there is no such slice' }
    const message = objection(slice)
    return { key, slice: message === null ? slice : null, code: 'STATE_CONFLICT' as const, message: message ?? '' }
  })
  return {
    definition,
    accepted: judged.flatMap(({ slice }) => slice ?? []),
    results: judged.map(({ key, slice, code, message }) =>
      slice === null ? { slice: keyOf(key), ok: false, code, message } : { slice: keyOf(key), ok: true },
    ),
  }
}

interface Acting {
  readonly action: string
  readonly accepted: readonly Slice[]
  readonly results: Result[]
  readonly runId: string | null
}

async function acted(
  { body, settle }: Pick<ActCall, 'body' | 'settle'>,
  { action, accepted, results, runId }: Acting,
  changes: Parameters<ActCall['settle']>[2] = [],
) {
  const [first] = body.slices
  const subject =
    first === undefined
      ? ''
      : `${subjectOf(first)}${body.slices.length > 1 ? ` and ${body.slices.length - 1} more` : ''}`
  const before = accepted.map((slice) => ({ ...keyOf(slice), state: slice.state }))
  const after = { runId, accepted: accepted.length, refused: results.length - accepted.length }
  return await settle({ action, subject, details: body.reason, before, after }, { body: { runId, results } }, changes)
}

/** Shards with their own windows, so that no other day is looked at. */
function scopeOf(slices: readonly Slice[]) {
  const days = [...Map.groupBy(slices, ({ shard }) => shard)].map(([shard, own]) => ({
    shard,
    windows: [...new Set(own.map(({ window }) => window))],
  }))
  return {
    perShard: days,
    shards: days.map(({ shard }) => shard),
    streams: [...new Set(slices.map(({ stream }) => stream))],
  }
}

async function release(
  accepted: readonly Slice[],
  definition: PipelineDefinition,
  { principal, write }: Pick<ActCall, 'principal' | 'write'>,
  context: ApiContext,
): Promise<string> {
  const { windows, shards, streams } = {
    windows: [...new Set(accepted.map(({ window }) => window))],
    shards: [...new Set(accepted.map(({ shard }) => shard))],
    streams: [...new Set(accepted.map(({ stream }) => stream))],
  }
  const request = { pipeline: definition.name, windows, shards, streams, by: principal.name }
  const { scope } = await releaseHeld(request, context.ports)
  // Exactly the versions that were named, also where the ranges cover others.
  const named = accepted.flatMap(({ raw }) => (raw ? [raw.sha256] : []))
  const run = await context.start({
    pipeline: definition.name,
    trigger: 'http',
    scope: { ...scope, release: named },
    ...runKey({ write }),
  })
  return run.id
}

function subjectOf({ pipeline, window, shard, stream }: SliceKey): string {
  return `${pipeline}/${window}/${shard}/${stream}`
}

/** Life of a slice. One that is expected and was not looked for yet has no past. @throws {DaybreakError} NOT_FOUND. */
async function lifeOfSlice(
  path: SliceKey,
  definition: PipelineDefinition,
  { ledger }: ApiContext,
): Promise<Pick<SliceLife, 'slice' | 'versions' | 'checks' | 'partition'>> {
  const life = await ledger.reads.sliceLife(keyOf(path))
  if (life !== null) return { ...life, versions: life.versions.toSorted(newestFirst) }
  const slice = expectedSlice(path, definition)
  if (slice === null) throw new DaybreakError('NOT_FOUND', `there is no slice ${subjectOf(path)}`)
  return { slice, versions: [], checks: [], partition: null }
}

/** Of versions that one transaction wrote, the file that is younger at the source is the newer one. */
function newestFirst(a: DeliveryRecord, b: DeliveryRecord): number {
  return b.at - a.at || (b.source?.modifiedAt ?? 0) - (a.source?.modifiedAt ?? 0)
}

function expectedSlice(key: SliceKey, definition: PipelineDefinition): Slice | null {
  const shard = definition.shards.find(({ id }) => id === key.shard)
  if (!shard || !definition.contracts.has(key.stream) || !isCivilDate(key.window)) return null
  if (standing(shard, key.window) === 'inactive' || !isDelivered(shard)) return null
  const isOff = shard.streamsOff.includes(key.stream) || isOptional(definition, key.stream)
  return isOff ? null : newSlice(keyOf(key))
}

/** @throws {DaybreakError} NOT_FOUND. */
function findVersion(versions: readonly DeliveryRecord[], name: string): DeliveryRecord {
  const found = versions.find(
    ({ raw }) => versionName(raw.sha256) === name || (name.length >= 8 && raw.sha256.startsWith(name)),
  )
  if (found) return found
  throw new DaybreakError('NOT_FOUND', `there is no version ${JSON.stringify(name)}`)
}

/** Rows and sums of a slice in the table; null where it cannot be asked, so that the rest is shown. */
async function inTable(
  { stream, window, shard }: Slice,
  definition: PipelineDefinition,
  { ports }: ApiContext,
): Promise<InTable> {
  try {
    const counted = await ports.destination(definition.name).shardTotals(tableFor(definition, stream), window)
    if (counted === null) return null
    return counted.find((one) => one.shard === shard) ?? { rows: 0, totals: {} }
  } catch (error) {
    if (error instanceof DaybreakError) return null
    throw error
  }
}
