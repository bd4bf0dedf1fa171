import { z } from 'zod'
import { EXAMPLE, route } from './route.ts'
import { SheetLine } from './runs.ts'
import { Dispute } from './status.ts'
import { Count, Decimal, Instant, Name, Shard, SliceKey, Why, Window } from './values.ts'

/** Signature of a person under a window. */
export const SignOff = z.object({ shard: Shard.nullable(), at: Instant, actor: z.string(), note: z.string() })

const path = { pipeline: EXAMPLE.pipeline, window: EXAMPLE.window }

/** Routes of a window of all shards: may finance close the day? */
export const DAY_ROUTES = {
  'GET /api/days/{pipeline}/{window}': route({
    summary: 'All shards of a window: file, part and table in rows and money, disputes, restatements.',
    role: 'viewer',
    scope: 'cut',
    answer: z.object({
      pipeline: Name,
      window: Window,
      sentence: z.string(),
      verdict: z.enum(['complete', 'incomplete', 'disputed', 'none']),
      lines: z.array(SheetLine),
      totals: z.array(
        z.object({ stream: Name, column: Name, part: Decimal, table: Decimal.nullable(), isEqual: z.boolean() }),
      ),
      disputes: z.array(Dispute),
      restatements: z
        .array(z.object({ shard: Shard, stream: Name, at: Instant, from: Count, to: Count }))
        .describe('Slices that were delivered more than once: rows before and after.'),
      signOffs: z.array(SignOff),
      changedSinceSignOff: z.boolean(),
    }),
    errors: ['NOT_FOUND', 'WAREHOUSE_BUSY'],
    examples: [{ title: 'May the day be closed?', path }],
  }),
  'POST /api/days/{pipeline}/{window}:signOff': route({
    summary: 'Sign a window: what it holds now is what the caller has seen.',
    role: 'analyst',
    scope: 'cut',
    body: z.object({ shard: Shard.optional().describe('All if absent.'), note: Why }),
    answer: SignOff,
    status: 201,
    errors: ['REQUEST_INVALID', 'NOT_FOUND', 'STATE_CONFLICT'],
    examples: [{ title: 'Sign', path, body: { note: 'Agrees with the bank' } }],
  }),
  'POST /api/days/{pipeline}/{window}:reopen': route({
    summary: 'Take the signatures under a window away. What waits for them may then be judged again.',
    role: 'operator',
    scope: 'cut',
    body: z.object({ shard: Shard.optional().describe('All if absent.'), reason: Why }),
    answer: z.object({
      shard: Shard.nullable(),
      at: Instant,
      actor: z.string(),
      signOffs: z.array(SignOff).describe('Those that were taken away.'),
      waiting: z.array(SliceKey).describe('Files that waited for them: retry them from the archive.'),
    }),
    errors: ['REQUEST_INVALID', 'NOT_FOUND', 'STATE_CONFLICT'],
    examples: [{ title: 'Open again', path, body: { reason: 'The bank returned a payment' } }],
  }),
} as const
