import { z } from 'zod'
import { WORDS } from '../../pipeline/words.ts'
import { EXAMPLE, route } from './route.ts'
import {
  Code,
  Count,
  Decimal,
  Flag,
  Id,
  Instant,
  many,
  Name,
  NEXT,
  PAGE,
  RANGE,
  Reason,
  Shard,
  SliceKey,
  Why,
  Window,
} from './values.ts'

/** State of a slice. */
export const SliceState = z.enum(WORDS.slices.state)

/** Exact sums by column. */
export const Totals = z.record(z.string(), Decimal).describe('Exact sums by column, as decimal text.')

/** Counts of one transform. */
export const Counts = z.object({ lines: Count, records: Count, blankLines: Count, accepted: Count, rejected: Count })

/** Slice in a list. */
export const SliceRow = SliceKey.extend({
  shardName: z.string(),
  timeZone: z.string().nullable(),
  state: SliceState,
  rows: Count.nullable().describe('Rows of the table; null while nothing is published.'),
  accepted: Count.nullable().describe('Rows of the newest file that became a part.'),
  rejected: Count.nullable(),
  bytes: Count.nullable().describe('Bytes of the newest file.'),
  sha256: z.string().nullable().describe('Hash of the newest file.'),
  reason: Reason.nullable(),
  override: z.string().nullable().describe('`forced`, `released` or `confirmed`.'),
  updatedAt: Instant,
  runId: Id.nullable(),
}).meta({ id: 'SliceRow' })

/** File of a slice as it once was delivered. */
export const Version = z.object({
  version: z.string().describe('First 12 digits of the hash; names the version in paths.'),
  sha256: z.string(),
  bytes: Count,
  file: z.string().nullable().describe('Name at the source.'),
  state: z.enum(WORDS.deliveries.state),
  isPublished: z.boolean(),
  counts: Counts.nullable(),
  totals: Totals.nullable(),
  contract: z.string().nullable(),
  engine: z.string().nullable(),
  reason: Reason.nullable(),
  modifiedAt: Instant.nullable().describe('When the source says it was written.'),
  at: Instant.describe('When it was brought in.'),
  runId: Id.nullable(),
})

/** Result of a check over a slice. */
export const Check = z
  .object({
    check: z.string(),
    rule: z.string().nullable(),
    state: z.enum(WORDS.checks.state),
    effect: z.enum(WORDS.checks.effect),
    tested: Count,
    failed: Count,
    message: z.string(),
  })
  .meta({ id: 'Check' })

/** Step in the life of a slice. `at` is null where it was not recorded or has not come. */
export const LifeStep = z.object({
  step: z.enum(['expected', 'seen', 'landed', 'typed', 'checked', 'staged', 'loaded']),
  at: Instant.nullable(),
  note: z.string(),
})

/** A slice with everything that is known of it. */
export const Slice = SliceRow.extend({
  sentence: z.string(),
  life: z.array(LifeStep),
  file: z
    .object({ path: z.string(), name: z.string(), bytes: Count, modifiedAt: Instant })
    .nullable()
    .describe('As it was last listed at the source.'),
  delivery: z
    .object({
      counts: Counts,
      totals: Totals,
      partRows: Count,
      stagedAt: Instant,
      tableRows: Count.nullable().describe('Null where the table cannot be asked now.'),
      tableTotals: Totals.nullable(),
      isBalanced: z.boolean(),
    })
    .nullable()
    .describe('What is published: the same rows and money in file, part and table.'),
  versions: z.array(Version).describe('Newest first.'),
  checks: z.array(Check),
  partition: z
    .object({
      state: z.enum(WORDS.partitions.state),
      wanted: Count,
      loaded: Count,
      jobId: z.string().nullable(),
      rows: Count,
      updatedAt: Instant,
    })
    .nullable(),
  dueAt: Instant.nullable(),
  goneAt: Instant.nullable().describe('When the source deletes the file.'),
})

/** Difference between two versions of a slice. */
export const SliceDiff = z.object({
  from: z.string(),
  to: z.string(),
  key: z.array(Name),
  added: Count,
  removed: Count,
  changed: Count,
  totals: z.record(z.string(), Decimal).describe('Change of each sum.'),
  rows: z
    .array(
      z.object({
        kind: z.enum(['added', 'removed', 'changed']),
        key: z.record(z.string(), z.string().nullable()),
        columns: z.record(z.string(), z.object({ from: z.string().nullable(), to: z.string().nullable() })),
      }),
    )
    .describe('The first 200; all are counted.'),
})

const Named = { slices: z.array(z.strictObject(SliceKey.shape)).min(1).max(1000), reason: Why }

/** Result for each slice, and the run that works on those that were accepted. */
const Acted = z.object({
  runId: Id.nullable(),
  results: z.array(
    z.object({ slice: SliceKey, ok: z.boolean(), code: Code.optional(), message: z.string().optional() }),
  ),
})

const one = {
  pipeline: EXAMPLE.pipeline,
  window: EXAMPLE.window,
  shard: EXAMPLE.shard,
  stream: EXAMPLE.stream,
}

/** Routes of slices. */
export const SLICE_ROUTES = {
  'GET /api/slices': route({
    summary: 'Slices, by window, shard and stream.',
    role: 'viewer',
    scope: 'cut',
    query: z.object({
      pipeline: Name.optional().describe('Name of a pipeline. Optional if there is only one.'),
      ...RANGE,
      window: many(Window),
      shard: many(Shard),
      stream: many(Name),
      state: many(SliceState),
      hasRejects: Flag.optional(),
      oldestFirst: Flag.optional().describe('`true`: the oldest window first.'),
      withTotal: Flag.optional().describe('`true`: count all of them, too, up to 10,000.'),
      ...PAGE,
    }),
    answer: z.object({
      slices: z.array(SliceRow),
      total: Count.nullable().describe('Slices of all pages; null unless `withTotal=true`, and for more than 10,000.'),
      ...NEXT,
    }),
    errors: ['REQUEST_INVALID', 'NOT_FOUND'],
    examples: [
      { title: 'Everything that is missing or held', query: { state: ['missing', 'held', 'quarantined'] } },
      { title: 'One location', query: { shard: EXAMPLE.shard, pageSize: '20' } },
    ],
  }),
  'GET /api/files': route({
    summary: 'Files in the folders of windows that no contract reads. They are archived all the same.',
    role: 'viewer',
    scope: 'cut',
    query: z.object({
      pipeline: Name.optional().describe('Name of a pipeline. Optional if there is only one.'),
      window: many(Window),
      shard: many(Shard),
      ...PAGE,
    }),
    answer: z.object({
      files: z.array(
        z.object({
          window: Window,
          shard: Shard,
          name: z.string(),
          bytes: Count,
          sha256: z.string().nullable().describe('Null while it is not archived.'),
          reason: Reason.nullable(),
        }),
      ),
      ...NEXT,
    }),
    errors: ['REQUEST_INVALID', 'NOT_FOUND'],
    examples: [{ title: 'What is read by no contract?' }],
  }),
  'GET /api/slices/{pipeline}/{window}/{shard}/{stream}': route({
    summary: 'A slice: its life, file, versions, checks and partition.',
    role: 'viewer',
    scope: 'cut',
    answer: Slice,
    errors: ['NOT_FOUND'],
    examples: [{ title: 'One slice', path: one }],
  }),
  'GET /api/slices/{pipeline}/{window}/{shard}/{stream}/versions/{version}:diff': route({
    summary: 'Difference between two versions of a slice: rows by key, and sums.',
    role: 'analyst',
    scope: 'cut',
    query: z.object({ with: z.string().min(4).max(64).describe('The other version.') }),
    answer: SliceDiff,
    errors: ['NOT_FOUND', 'STATE_CONFLICT', 'OBJECT_MISSING'],
    examples: [
      {
        title: 'Against the version before',
        path: { ...one, version: EXAMPLE.version },
        query: { with: EXAMPLE.other },
      },
    ],
  }),
  'GET /api/slices/{pipeline}/{window}/{shard}/{stream}/versions/{version}/raw': route({
    summary: 'The bytes of a version as the source delivered them. Audited.',
    role: 'admin',
    scope: 'cut',
    answer: z.string(),
    types: ['application/octet-stream'],
    errors: ['NOT_FOUND', 'OBJECT_MISSING'],
    examples: [{ title: 'Download', path: { ...one, version: EXAMPLE.version } }],
  }),
  'POST /api/slices:retry': route({
    summary: 'Look for the files of slices again.',
    role: 'operator',
    scope: 'cut',
    body: z.object({ ...Named, fromArchive: z.boolean().default(false) }),
    answer: Acted,
    status: 202,
    errors: ['REQUEST_INVALID', 'NOT_FOUND', 'KEY_REUSED'],
    examples: [{ title: 'Retry a slice', body: { slices: [one], reason: 'Toast is back' } }],
  }),
  'POST /api/slices:waive': route({
    summary: 'Expect the files of slices no longer. They are not missing then.',
    role: 'operator',
    scope: 'cut',
    body: z.object(Named),
    answer: Acted,
    status: 202,
    errors: ['REQUEST_INVALID', 'NOT_FOUND', 'STATE_CONFLICT', 'KEY_REUSED'],
    examples: [
      { title: 'A day without sales', body: { slices: [{ ...one, window: '2026-10-30' }], reason: 'Closed' } },
    ],
  }),
  'POST /api/slices:release': route({
    summary: 'Publish files that are held: a person looked at them, and they are right.',
    role: 'operator',
    scope: 'cut',
    body: z.object(Named),
    answer: Acted,
    status: 202,
    errors: ['REQUEST_INVALID', 'NOT_FOUND', 'STATE_CONFLICT', 'KEY_REUSED'],
    examples: [{ title: 'Release a file', body: { slices: [one], reason: 'The day was short' } }],
  }),
} as const
