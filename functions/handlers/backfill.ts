import { Temporal } from 'temporal-polyfill'
import { z } from 'zod'
import { toDaybreakError } from '../errors.ts'
import type { Answer, Api } from '../http/call.ts'
import { invalid } from '../http/problem.ts'
import { countDays } from '../lib/business-date.ts'
import { didYouMean } from '../lib/did-you-mean.ts'
import { dayOfWindow } from '../lib/window-unit.ts'
import type { PipelineDefinition } from '../pipeline/definition.ts'
import type { Backfill } from '../pipeline/entities.ts'
import type { Ports } from '../pipeline/ports.ts'
import {
  advanceBackfill,
  type BackfillPlan,
  type BackfillRequest,
  createBackfill,
  expectPossible,
  findBackfill,
  planBackfill,
  rangeOf,
  steerBackfill,
} from '../pipeline/work/backfill.ts'
import type { HandlerContext } from './context.ts'

// A year is 52 runs. For more, a caller sends one request per year and sees each of them succeed.
const LONGEST_RANGE = 366

const Names = z.array(z.string().min(1).max(100)).max(1000).default([])

const BackfillBody = z.strictObject({
  pipeline: z.string().min(1).max(100).optional(),
  startDate: z.iso.date(),
  endDate: z.iso.date(),
  locations: Names,
  streams: Names,
  fromArchive: z.boolean().default(false),
  force: z.boolean().default(false),
  reload: z.boolean().default(false),
  validateOnly: z.boolean().default(false),
})

/** @throws {DaybreakError} REQUEST_INVALID for a range that no restaurant can have. */
function expectReal(request: BackfillRequest, now: number): void {
  try {
    expectPossible(request, now)
  } catch (error) {
    throw invalid(toDaybreakError(error).message)
  }
}

const create: Api<HandlerContext> = async (
  { body, query, caller, idempotencyKey },
  { worker: { definitions, ports } },
) => {
  const { validateOnly, startDate, endDate, locations, ...asked } = parse(body)
  const definition = findDefinition(asked.pipeline, definitions)
  const range = { ...rangeOf(definition, { from: startDate, to: endDate }), shards: locations }
  const request = checked({ ...asked, ...range, pipeline: definition.name }, definition)
  expectReal(request, ports.clock.now())
  if (validateOnly || query.get('validateOnly') === 'true')
    return { status: 200, body: toPlan(await planBackfill(request, definition, ports)) }
  if (idempotencyKey === null || !/^[\x21-\x7e]{1,255}$/.test(idempotencyKey))
    throw invalid(
      'expected a header Idempotency-Key of 1 to 255 printable characters, the same when this is sent again',
    )
  const created = await createBackfill(request, ports, `${caller.email}/${idempotencyKey}`)
  const { backfill } = await advanceBackfill(created.id, ports, { patient: true })
  if (created.version === 1) await audit('backfill.create', backfill, { actor: caller.email, ports })
  return accepted(backfill)
}

const list: Api<HandlerContext> = async ({ query }, { worker: { ports } }) => {
  const limit = z.coerce
    .number()
    .int()
    .min(1)
    .max(200)
    .catch(50)
    .parse(query.get('pageSize') ?? 50)
  const after = query.get('pageToken') || undefined
  if (after !== undefined && (await ports.ledger.backfill(after)) === null)
    throw invalid(`pageToken: expected the nextPageToken of an answer before; got ${JSON.stringify(after)}`)
  const found = await ports.ledger.backfills({ limit: limit + 1, ...(after !== undefined && { after }) })
  const nextPageToken = found.length > limit ? (found[limit - 1]?.id ?? null) : null
  return { status: 200, body: { backfills: found.slice(0, limit).map(toResource), nextPageToken } }
}

const show: Api<HandlerContext> = async ({ id }, { worker: { ports } }) => {
  return { status: 200, body: toResource(await findBackfill(id, ports)) }
}

function steer(verb: 'pause' | 'resume' | 'cancel' | 'retry'): Api<HandlerContext> {
  return async ({ id, caller }, { worker: { ports } }) => {
    await steerBackfill(id, verb, ports)
    const { backfill } = await advanceBackfill(id, ports, { patient: true })
    await audit(`backfill.${verb}`, backfill, { actor: caller.email, ports })
    return accepted(backfill)
  }
}

/** Backfills over HTTP: one is begun and answered with 202 at once, messages do the work, and people steer it. */
export const BACKFILL_API = {
  'backfill.create': create,
  'backfill.list': list,
  'backfill.show': show,
  'backfill.pause': steer('pause'),
  'backfill.resume': steer('resume'),
  'backfill.cancel': steer('cancel'),
  'backfill.retry': steer('retry'),
} as const

function parse(body: unknown): z.infer<typeof BackfillBody> {
  const parsed = BackfillBody.safeParse(body)
  if (!parsed.success) throw invalid(z.prettifyError(parsed.error))
  return parsed.data
}

function findDefinition(
  name: string | undefined,
  definitions: HandlerContext['worker']['definitions'],
): PipelineDefinition {
  const names = [...definitions.keys()]
  const definition = definitions.get(name ?? (names.length === 1 ? (names[0] ?? '') : ''))
  if (definition) return definition
  throw invalid(`pipeline: expected one of ${names.join(', ')}; got ${JSON.stringify(name ?? null)}`)
}

/** @throws {DaybreakError} REQUEST_INVALID for a range or a name that cannot be meant. */
function checked(request: BackfillRequest, { shards: locations, contracts }: PipelineDefinition): BackfillRequest {
  const { from: startDate, to: endDate } = request
  const days = countDays(dayOfWindow(startDate), dayOfWindow(endDate))
  if (days === 0) throw invalid(`endDate ${endDate} is before startDate ${startDate}`)
  if (days > LONGEST_RANGE)
    throw invalid(`${startDate} to ${endDate} are ${days} days; at most ${LONGEST_RANGE} at a time`)
  expectKnown(
    'locations',
    request.shards,
    locations.map(({ id }) => id),
  )
  expectKnown('streams', request.streams, [...contracts.keys()])
  return request
}

function expectKnown(field: string, names: readonly string[], known: readonly string[]): void {
  const stranger = names.find((name) => !known.includes(name))
  if (stranger === undefined) return
  throw invalid(`${field}: ${JSON.stringify(stranger)} is unknown.${didYouMean(stranger, known)}`)
}

function accepted(backfill: Backfill): Answer {
  return { status: 202, body: toResource(backfill), location: `/backfill/${backfill.id}` }
}

function toResource({ version: _, createdAt, updatedAt, from, to, next, shards, ...backfill }: Backfill) {
  return {
    ...backfill,
    startDate: from,
    endDate: to,
    nextDate: next,
    locations: shards,
    createdAt: toText(createdAt),
    updatedAt: toText(updatedAt),
  }
}

function toPlan({ shards, ...plan }: BackfillPlan) {
  return { ...plan, locations: shards }
}

function toText(instant: number): string {
  return Temporal.Instant.fromEpochMilliseconds(instant).toString()
}

async function audit(
  action: string,
  { id, from: startDate, to: endDate }: Backfill,
  { actor, ports }: { readonly actor: string; readonly ports: Pick<Ports, 'ledger' | 'clock'> },
): Promise<void> {
  const entry = { at: ports.clock.now(), actor, action, subject: id, details: `${startDate} to ${endDate}` }
  await ports.ledger.apply([{ change: 'audit', entry }])
}
