import { z } from 'zod'
import { WORDS } from '../../pipeline/words.ts'
import { EXAMPLE, route } from './route.ts'
import { SliceState } from './slices.ts'
import { Count, Day, Decimal, Id, Instant, many, Name, NEXT, PAGE, Reason, Shard, Why, Window } from './values.ts'

const REQUEST = {
  pipeline: Name.optional().describe('Name of a pipeline. Optional if there is only one.'),
  from: Day,
  to: Day,
  shards: z.array(Shard).max(1000).default([]).describe('Empty for all.'),
  streams: z.array(Name).max(200).default([]).describe('Empty for all.'),
  fromArchive: z.boolean().default(false),
  force: z.boolean().default(false),
  reload: z.boolean().default(false),
}

/** A limit is an amount of zero or more. */
const Cost = Decimal.refine((text) => !text.startsWith('-'), 'expected zero or more')

/** A backfill. */
export const Backfill = z
  .object({
    id: Id,
    pipeline: Name,
    state: z.enum(WORDS.backfills.state),
    from: Window,
    to: Window,
    unit: z.enum(['hour', 'day', 'week', 'month']).describe('Length of its windows.'),
    shards: z.array(Shard),
    streams: z.array(Name),
    fromArchive: z.boolean(),
    force: z.boolean(),
    reload: z.boolean(),
    next: Window.describe('First window that is still to be done.'),
    runIds: z.array(Id),
    reason: Reason.nullable(),
    createdAt: Instant,
    updatedAt: Instant,
  })
  .meta({ id: 'Backfill' })

/** Plan of a backfill. */
export const BackfillPlan = z.object({
  planId: z.string().describe('Sent with the start; 409 when the facts have changed since.'),
  pipeline: Name,
  sentence: z.string(),
  windows: Count,
  shards: Count,
  streams: Count,
  slices: Count,
  runs: Count,
  states: z.partialRecord(SliceState, Count).describe('Expected slices by what the ledger knows of them now.'),
  fromArchive: Count.describe('Expected slices whose file is in the archive.'),
  fromSource: Count.describe('Slices that the source still keeps.'),
  goneFromSource: Count.describe('Windows of shards that the source no longer keeps.'),
  gone: z
    .array(z.object({ shard: Shard, shardName: z.string(), from: Window, to: Window, slices: Count }))
    .describe('What is lost: never archived, and deleted at the source. The first 200.'),
  goneSlices: Count,
  skipped: Count.describe('Slices that are loaded already and skipped unless forced.'),
  estimate: z
    .object({
      slices: Count.describe('Slices that it brings in.'),
      seconds: Count.nullable().describe(
        'Median time of a slice in the newest runs, times the slices. Null without such a run.',
      ),
      runs: Count.describe('Runs that the time was found from.'),
      loads: Count.describe('Partitions that it loads at most.'),
      bytesBilled: Count.describe('Bytes that earlier loads were billed for, times the loads.'),
      cost: Decimal.nullable().describe('US dollars; null where nothing has a price.'),
    })
    .describe('Time and cost, worked out from earlier runs of the pipeline.'),
  limit: z
    .object({
      perTableAndDay: Count.describe('Most loads of one table that the destination takes in a day.'),
      loadsPerTable: Count.describe('Loads of each table.'),
      days: Count.describe('Days that it takes at least.'),
    })
    .nullable()
    .describe('Limit of the destination; null where it has none.'),
  waitsFor: z
    .array(z.object({ id: Id.nullable(), state: z.enum(WORDS.backfills.state), from: Window, to: Window }))
    .describe(
      'Earlier backfills of the same windows, which go first. An id is null for one that the caller may not see.',
    ),
})

/** Progress of a backfill by window. */
const Progress = z.object({ window: Window, done: Count, failed: Count, open: Count })

const request = {
  from: '2026-10-26',
  to: '2026-10-28',
  fromArchive: true,
}
const path = { id: EXAMPLE.backfill }
const Act = z.object({ reason: Why })

const steer = (summary: string, title: string) =>
  route({
    summary,
    role: 'operator',
    scope: 'whole',
    body: Act,
    answer: Backfill,
    status: 202,
    errors: ['NOT_FOUND', 'STATE_CONFLICT'],
    examples: [{ title, path, body: { reason: 'Agreed with finance' } }],
  })

/** Routes of backfills. */
export const BACKFILL_ROUTES = {
  'GET /api/backfill': route({
    summary: 'Backfills, newest first.',
    role: 'viewer',
    scope: 'cut',
    query: z.object({ state: many(z.enum(WORDS.backfills.state)), ...PAGE }),
    answer: z.object({ backfills: z.array(Backfill), ...NEXT }),
    errors: ['REQUEST_INVALID'],
    examples: [{ title: 'All backfills' }],
  }),
  'GET /api/backfill/{id}': route({
    summary: 'A backfill with its progress by window.',
    role: 'viewer',
    scope: 'cut',
    answer: Backfill.extend({
      sentence: z.string(),
      slices: Count,
      done: Count,
      progress: z.array(Progress).describe('Windows that runs of it looked at.'),
    }),
    errors: ['NOT_FOUND'],
    examples: [{ title: 'One backfill', path }],
  }),
  'POST /api/backfill:plan': route({
    summary: 'Plan of a backfill: work, losses and cost. Nothing is changed.',
    role: 'viewer',
    scope: 'cut',
    body: z.object(REQUEST),
    answer: BackfillPlan,
    errors: ['REQUEST_INVALID', 'NOT_FOUND'],
    examples: [{ title: 'Plan three days', body: request }],
  }),
  'POST /api/backfill': route({
    summary: 'Begin a backfill.',
    role: 'operator',
    scope: 'cut',
    body: z.object({
      ...REQUEST,
      planId: z.string().max(100).optional().describe('Of the plan that was looked at.'),
      maxCost: Cost.optional().describe(
        'US dollars. A plan that is estimated to cost more is refused with `COST_LIMIT`.',
      ),
      reason: Why,
    }),
    answer: Backfill,
    status: 202,
    errors: ['REQUEST_INVALID', 'NOT_FOUND', 'KEY_REUSED', 'STATE_CONFLICT', 'COST_LIMIT'],
    examples: [{ title: 'Transform three days again', body: { ...request, reason: 'A contract was corrected' } }],
  }),
  'POST /api/backfill/{id}:pause': steer('Begin no further run of a backfill.', 'Pause'),
  'POST /api/backfill/{id}:resume': steer('Go on with a backfill that is paused.', 'Resume'),
  'POST /api/backfill/{id}:cancel': steer('End a backfill for good; what is published stays.', 'Cancel'),
  'POST /api/backfill/{id}:retry': steer('Go through the whole range again; what is done is not done twice.', 'Retry'),
} as const
