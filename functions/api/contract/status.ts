import { z } from 'zod'
import { WORDS } from '../../pipeline/words.ts'
import { EXAMPLE, route } from './route.ts'
import { Count, DAYS, Decimal, Instant, many, Name, NEXT, PAGE, Reason, Shard, Window } from './values.ts'

/**
 * Cells of the matrix as one letter each. `o` loaded, `~` loaded with rejected rows, `!` missing, `h` held, `q` quarantined,
 * `.` expected, `>` seen, landed or staged, `-` waived, blank: nothing is expected, or not due yet.
 */
export const CELLS = {
  loaded: 'o',
  withRejects: '~',
  missing: '!',
  held: 'h',
  quarantined: 'q',
  expected: '.',
  arriving: '>',
  waived: '-',
  none: ' ',
} as const

/** Verdicts of a window of a shard as one letter each: complete, incomplete, disputed; blank where nothing is due. */
export const VERDICTS = { complete: 'c', incomplete: 'i', disputed: 'd', none: ' ' } as const

const Noun = z.object({
  one: z.string(),
  many: z.string(),
  key: z.enum(['location', 'date', 'shard', 'window']).describe('Name of its column for programs.'),
  head: z.string().describe('Head of its column for people.'),
})

/** Words of a pipeline for its windows and shards. */
export const PipelineWords = z
  .object({
    window: Noun.describe('E.g. `business date`, `business dates`.'),
    shard: Noun.describe('E.g. `location`, `locations`.'),
    both: z.string().describe('The two counted together: `location-days`.'),
  })
  .describe('Words of the pipeline for its windows and shards.')

/** Row of the matrix. */
const StatusShard = z.object({
  id: Shard,
  name: z.string(),
  timeZone: z.string().nullable().describe('IANA name; null where windows are no local days.'),
  closeout: z.string().nullable().describe('Local time at which a window ends: `04:00`.'),
})

/** Column of the matrix. */
const StatusWindow = z.object({
  window: Window,
  at: Instant.describe('When the window began, for comparison and order.'),
  cells: z
    .string()
    .describe(
      'One letter per shard and stream, all streams of the first shard first: `o` loaded, `~` with rejected rows, `!` missing, `h` held, `q` quarantined, `.` expected, `>` on its way, `-` waived, blank for nothing.',
    ),
  verdicts: z.string().describe('One letter per shard: `c` complete, `i` incomplete, `d` disputed, blank if not due.'),
  dueAt: z.array(Instant.nullable()).describe('Per shard: when its files are first looked for. Null when complete.'),
  lateAt: z.array(Instant.nullable()).describe('Per shard: when an absent file becomes missing. Null when complete.'),
  goneAt: z
    .array(Instant.nullable())
    .describe('Per shard: when the source deletes the files. Null when complete, or when the source deletes none.'),
})

/** Contradiction between files of a window of a shard. */
export const Dispute = z
  .object({
    shard: Shard,
    window: Window,
    stream: Name,
    check: z.string(),
    rule: z.string().nullable(),
    message: z.string().describe('One sentence with the amounts of both sides.'),
  })
  .meta({ id: 'Dispute' })

/** A window of a table. */
const TableWindow = z.object({
  window: Window,
  at: Instant.describe('The instant that stands for it.'),
  state: z.enum(WORDS.slices.state).describe('That of its shards which are furthest from the table.'),
  shard: Shard.nullable().describe('First shard in that state; null while nothing of it was read.'),
  rows: Count.nullable().describe('Rows that were read and accepted; null while nothing of it was read.'),
  rejected: Count,
  updatedAt: Instant.nullable(),
})

/** A table of a pipeline that copies tables. */
const StatusTable = z
  .object({
    stream: Name,
    from: z.string().describe('Table or files at the source.'),
    into: z.string().describe('Table or files at the destination, as the pipeline names them.'),
    mode: z.enum(WORDS.windows.mode),
    standing: z
      .enum(['loaded', 'open', 'late', 'new'])
      .describe(
        '`loaded`: everything that was read is in the table. `open`: the newest window is not in the table yet, or is held back. `late`: so for longer than `schedule.late_after`, or no run has read it for so long. `new`: nothing was ever read.',
      ),
    loaded: TableWindow.nullable().describe('Newest window that is in the table.'),
    open: TableWindow.extend({ reason: Reason.nullable() })
      .nullable()
      .describe('Newest window, while it is not in the table.'),
    recent: z.array(TableWindow).describe('Newest windows, the oldest of them first; 14 at most.'),
    readAt: Instant.nullable().describe('When a run last read it to its end, also if nothing was new.'),
    lateAt: Instant.nullable().describe('When it is late unless it is read before; null before the first read.'),
  })
  .meta({ id: 'StatusTable' })

/** The completeness matrix. */
export const Status = z.object({
  asOf: Instant,
  cursor: z.string().describe('Place in the stream of changes that the answer holds.'),
  pipeline: Name,
  words: PipelineWords,
  from: Window,
  to: Window,
  sentence: z.string().describe('The answer in one or two sentences, about the newest window that is due.'),
  headline: z
    .object({ label: z.string(), window: Window, amount: Decimal, unit: z.string() })
    .nullable()
    .describe('The main amount of the newest window that is due; null for a pipeline that names none.'),
  streams: z.array(z.object({ name: Name, description: z.string(), optional: z.boolean() })),
  shards: z.array(StatusShard),
  windows: z.array(StatusWindow).describe('Oldest first. Of tables those of the range, at most 366.'),
  counts: z.object({
    complete: Count,
    incomplete: Count,
    disputed: Count,
    cells: z.partialRecord(z.enum(WORDS.slices.state), Count).describe('Slices by state.'),
  }),
  disputes: z.array(Dispute),
  tables: z
    .array(StatusTable)
    .nullable()
    .describe('Tables of a pipeline that copies tables: their windows are no days. Null for other pipelines.'),
  nextAt: Instant.nullable().describe('When the schedule begins the next run of a pipeline that copies tables.'),
  incidents: z
    .object({ open: Count, errors: Count })
    .describe('Unresolved incidents of all pipelines and models, as `GET /api/incidents` lists them.'),
})
/** The completeness matrix. */
export type Status = z.output<typeof Status>

/** A window of a shard: the matrix in words. */
const StatusDay = z.object({
  shard: Shard,
  name: z.string(),
  window: Window,
  verdict: z.enum(['complete', 'incomplete', 'disputed']),
  isBalanced: z.boolean(),
  isAgreed: z.boolean(),
  reason: Reason.nullable(),
  states: z
    .record(z.string(), z.enum([...WORDS.slices.state, 'not_due', 'off', 'no_source']))
    .describe('By stream. `off`: the shard does not deliver it. An optional stream is there with its file only.'),
  goneAt: Instant.nullable().describe(
    'When the source deletes its files; null where it deletes none, or no source delivers them.',
  ),
})

/** Routes of the matrix. */
export const STATUS_ROUTES = {
  'GET /api/status': route({
    summary: 'The completeness matrix: shards x windows x streams.',
    role: 'viewer',
    scope: 'cut',
    query: z.object({
      pipeline: Name.optional().describe('Name of a pipeline. Optional if there is only one.'),
      ...DAYS,
      shard: many(Shard),
      state: z.enum(['incomplete', 'disputed']).optional().describe('Only shards with such a window in the range.'),
    }),
    answer: Status,
    errors: ['REQUEST_INVALID', 'NOT_FOUND'],
    examples: [
      { title: 'The newest week' },
      { title: 'One week', query: { pipeline: EXAMPLE.pipeline, from: '2026-10-26', to: '2026-11-01' } },
      { title: 'One location over a year', query: { shard: EXAMPLE.shard, from: '2025-11-01', to: '2026-10-31' } },
    ],
  }),
  'GET /api/status/days': route({
    summary: 'The matrix in words, oldest window first: verdict, state of each stream, and why a day is not complete.',
    role: 'viewer',
    scope: 'cut',
    query: z.object({
      pipeline: Name.optional().describe('Name of a pipeline. Optional if there is only one.'),
      ...DAYS,
      shard: many(Shard),
      pageSize: z.coerce.number().int().min(1).max(31).default(31).describe('Most windows of a page, 1 to 31.'),
      pageToken: PAGE.pageToken,
    }),
    answer: z.object({
      pipeline: Name,
      words: PipelineWords,
      hasSource: z.boolean(),
      streams: z.array(z.object({ name: Name, optional: z.boolean() })),
      days: z.array(StatusDay),
      disputes: z.array(Dispute),
      found: z
        .array(z.object({ shard: Shard, window: Window, stream: Name, found: z.string() }))
        .describe('Names that were found in the place of an absent file.'),
      unread: z
        .array(z.object({ name: z.string(), days: Count }))
        .describe('Archived files that no contract reads, by name.'),
      reason: Reason.nullable().describe('Gravest of the reasons for which days are not complete.'),
      ...NEXT,
    }),
    errors: ['REQUEST_INVALID', 'NOT_FOUND'],
    examples: [
      { title: 'The newest days' },
      { title: 'One week', query: { pipeline: EXAMPLE.pipeline, from: '2026-10-26', to: '2026-11-01' } },
    ],
  }),
} as const
