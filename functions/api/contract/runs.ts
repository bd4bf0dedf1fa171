import { z } from 'zod'
import { WORDS } from '../../pipeline/words.ts'
import { EXAMPLE, route } from './route.ts'
import { SliceState } from './slices.ts'
import { Dispute } from './status.ts'
import {
  Count,
  Decimal,
  Flag,
  Id,
  Instant,
  many,
  Name,
  NEXT,
  PAGE,
  Reason,
  Shard,
  VALIDATE_ONLY,
  Why,
  Window,
} from './values.ts'

/** Part of a pipeline that a run looks at. */
export const RunScope = z.object({
  windows: z.array(Window).nullable().describe('Null for what is due.'),
  shards: z.array(Shard).nullable().describe('Null for all.'),
  streams: z.array(Name).nullable().describe('Null for all.'),
  fromArchive: z.boolean(),
  force: z.boolean(),
})

/** A run. */
export const Run = z
  .object({
    id: Id,
    pipeline: Name,
    trigger: z.enum(WORDS.runs.trigger),
    state: z.enum(WORDS.runs.state),
    scope: RunScope,
    reason: Reason.nullable(),
    slices: Count,
    rows: Count,
    rejected: Count,
    unchanged: Count,
    backfillId: Id.nullable(),
    createdAt: Instant,
    startedAt: Instant.nullable(),
    finishedAt: Instant.nullable(),
    seconds: z.number().nullable(),
  })
  .meta({ id: 'Run' })

/** A slice that a run looked at. */
export const RunSlice = z.object({
  window: Window,
  shard: Shard,
  shardName: z.string(),
  stream: Name,
  outcome: z.enum(WORDS.run_slices.outcome),
  accepted: Count.nullable(),
  rejected: Count.nullable(),
  milliseconds: z.number(),
  reason: Reason.nullable(),
})

/** Result of a check over one slice of a run. */
const RunCheck = z.object({
  shard: Shard,
  window: Window,
  stream: Name,
  check: z.string(),
  rule: z.string().nullable(),
  state: z.enum(WORDS.checks.state),
  effect: z.enum(WORDS.checks.effect),
  tested: Count,
  failed: Count,
  message: z.string(),
})

/** Line of the reconciliation sheet. */
export const SheetLine = z
  .object({
    window: Window,
    shard: Shard,
    shardName: z.string(),
    stream: Name,
    state: SliceState,
    records: Count,
    accepted: Count,
    rejected: Count,
    partRows: Count,
    tableRows: Count.nullable(),
    money: z.array(
      z.object({
        column: Name,
        part: Decimal,
        table: Decimal.nullable(),
        difference: Decimal.describe('Table less part.'),
      }),
    ),
    isBalanced: z.boolean(),
    override: z.string().nullable(),
  })
  .meta({ id: 'SheetLine' })

/** Time that one kind of step of a run took. */
export const RunStep = z.object({ step: z.string(), milliseconds: z.number(), count: Count })

/** Line of a log. */
export const LogLine = z.object({
  at: Instant,
  severity: z.enum(['DEBUG', 'INFO', 'NOTICE', 'WARNING', 'ERROR']),
  message: z.string(),
  code: z.string().nullable(),
  step: z.string().nullable(),
  stream: Name.nullable(),
  shard: Shard.nullable(),
  window: Window.nullable(),
})

/** Plan of a run. */
const RunPlan = z
  .object({
    sentence: z.string(),
    windows: z.array(Window),
    shards: z.array(Shard),
    slices: Count.describe('Slices that are expected in this scope.'),
    states: z.partialRecord(SliceState, Count).describe('What the ledger knows of them now. The source is not asked.'),
    fromArchive: z.boolean(),
  })
  .meta({ id: 'RunPlan' })

const path = { id: EXAMPLE.run }

/** Routes of runs. */
export const RUN_ROUTES = {
  'GET /api/runs': route({
    summary: 'Runs, newest first.',
    role: 'viewer',
    scope: 'cut',
    query: z.object({
      pipeline: Name.optional(),
      state: many(z.enum(WORDS.runs.state)),
      trigger: many(z.enum(WORDS.runs.trigger)),
      from: Instant.optional().describe('Created at this instant or later.'),
      to: Instant.optional().describe('Created before this instant.'),
      backfill: Id.optional(),
      withWork: Flag.optional().describe('`true` leaves out runs that found nothing to do.'),
      ...PAGE,
    }),
    answer: z.object({ runs: z.array(Run), ...NEXT }),
    errors: ['REQUEST_INVALID'],
    examples: [{ title: 'The newest runs', query: { pageSize: '10' } }],
  }),
  'GET /api/runs/{id}': route({
    summary: 'A run: its reason first, then counts by outcome.',
    role: 'viewer',
    scope: 'cut',
    answer: Run.extend({
      sentence: z.string(),
      outcomes: z.partialRecord(z.enum(WORDS.run_slices.outcome), Count),
      disputes: z.array(Dispute),
      checks: z.object({ passed: Count, failed: Count }),
      resumed: z
        .object({ slices: Count, rows: Count, runs: z.array(Id) })
        .describe('Slices that earlier runs staged and this one only publishes.'),
    }),
    errors: ['NOT_FOUND'],
    examples: [
      { title: 'One run', path },
      { title: 'The newest', path: { id: 'last' } },
    ],
  }),
  'GET /api/runs/{id}/slices': route({
    summary: 'Slices that a run looked at, failures first.',
    role: 'viewer',
    scope: 'cut',
    query: z.object({
      outcome: many(z.enum(WORDS.run_slices.outcome)),
      unchanged: Flag.optional().describe('`true`: also slices that it found unchanged, which are only counted else.'),
      ...PAGE,
    }),
    answer: z.object({ slices: z.array(RunSlice), ...NEXT }),
    errors: ['REQUEST_INVALID', 'NOT_FOUND'],
    examples: [{ title: 'What it looked at', path }],
  }),
  'GET /api/runs/{id}/sheet': route({
    summary: 'Reconciliation sheet: the same rows and money in file, part and table.',
    role: 'viewer',
    scope: 'cut',
    answer: z.object({ lines: z.array(SheetLine), isBalanced: z.boolean() }),
    errors: ['NOT_FOUND', 'WAREHOUSE_BUSY'],
    examples: [{ title: 'Is it balanced?', path }],
  }),
  'GET /api/runs/{id}/checks': route({
    summary: 'Results of the checks over the days that a run looked at.',
    role: 'viewer',
    scope: 'cut',
    query: z.object(PAGE),
    answer: z.object({ checks: z.array(RunCheck), ...NEXT }),
    errors: ['REQUEST_INVALID', 'NOT_FOUND'],
    examples: [{ title: 'What did not pass?', path }],
  }),
  'GET /api/runs/{id}/steps': route({
    summary: 'Time that each kind of step took.',
    role: 'viewer',
    scope: 'cut',
    answer: z.object({ steps: z.array(RunStep) }),
    errors: ['NOT_FOUND'],
    examples: [{ title: 'What took long?', path }],
  }),
  'GET /api/runs/{id}/log': route({
    summary:
      'Log of a run. `follow` keeps the answer open until the run ends, an hour at most, one JSON object a line.',
    role: 'operator',
    scope: 'whole',
    query: z.object({
      severity: z.enum(['DEBUG', 'INFO', 'NOTICE', 'WARNING', 'ERROR']).optional().describe('Least severity.'),
      shard: Shard.optional(),
      q: z.string().max(200).optional().describe('Text in the message.'),
      follow: Flag.optional(),
      ...PAGE,
    }),
    answer: z.object({
      lines: z.array(LogLine),
      link: z.string().nullable().describe('Address of the same log at Google Cloud.'),
      ...NEXT,
    }),
    types: ['application/x-ndjson'],
    errors: ['REQUEST_INVALID', 'NOT_FOUND', 'LOG_UNAVAILABLE'],
    examples: [{ title: 'Warnings', path, query: { severity: 'WARNING' } }],
  }),
  'POST /api/runs': route({
    summary: 'Begin a run.',
    role: 'operator',
    scope: 'cut',
    query: z.object(VALIDATE_ONLY),
    body: z.object({
      pipeline: Name.optional().describe('Name of a pipeline. Optional if there is only one.'),
      windows: z.array(Window).min(1).max(400).optional().describe('What is due if absent.'),
      shards: z.array(Shard).min(1).max(1000).optional(),
      streams: z.array(Name).min(1).max(200).optional(),
      fromArchive: z.boolean().default(false),
      force: z.boolean().default(false).describe('Publish also what a check or the reject budget holds back.'),
      reload: z.boolean().default(false),
      reason: Why,
    }),
    answer: z.object({
      runId: Id.nullable().describe('Null for a plan.'),
      state: z.enum(WORDS.runs.state).nullable().describe('Null for a plan.'),
      plan: RunPlan.nullable().describe('With `validateOnly=true`; null when a run was begun.'),
    }),
    status: 202,
    errors: ['REQUEST_INVALID', 'NOT_FOUND', 'KEY_REUSED'],
    examples: [
      {
        title: 'Look at one day again',
        body: { windows: [EXAMPLE.window], shards: [EXAMPLE.shard], reason: 'The file was corrected' },
      },
      {
        title: 'What would it look at?',
        query: { validateOnly: 'true' },
        body: { windows: [EXAMPLE.window], reason: 'The file was corrected' },
      },
    ],
  }),
  'POST /api/runs/{id}:cancel': route({
    summary: 'Cancel a run; what it published stays, and is complete.',
    role: 'operator',
    scope: 'whole',
    body: z.object({ reason: Why }),
    answer: Run,
    status: 202,
    errors: ['NOT_FOUND', 'STATE_CONFLICT'],
    examples: [{ title: 'Cancel', path, body: { reason: 'Wrong day' } }],
  }),
  'POST /api/runs/{id}:retry': route({
    summary: 'Run again what a run was asked for, or only what failed in it.',
    role: 'operator',
    scope: 'whole',
    body: z.object({ failedOnly: z.boolean().default(true), reason: Why }),
    answer: z.object({ runId: Id }),
    status: 202,
    errors: ['NOT_FOUND', 'STATE_CONFLICT', 'KEY_REUSED'],
    examples: [{ title: 'Retry what failed', path, body: { failedOnly: false, reason: 'The server is back' } }],
  }),
} as const
