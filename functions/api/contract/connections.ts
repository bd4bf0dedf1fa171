import { z } from 'zod'
import { EXAMPLE, route } from './route.ts'
import { Code, Count, DAYS, Name, Window } from './values.ts'

const RoleInPipeline = z.enum(['source', 'destination'])

/** A place outside of Daybreak, without the secret that opens it. */
const Connection = z
  .object({
    name: Name,
    kind: z.string().describe('E.g. `postgres`, `sftp`.'),
    roles: z.array(RoleInPipeline).describe('Parts that its kind may have in a pipeline.'),
    place: z.string().describe('Server, bucket or file. Neither a login nor a secret.'),
    uses: z.array(z.object({ pipeline: Name, role: RoleInPipeline })).describe('Pipelines that name it.'),
    mayTest: z.boolean().describe('False for a kind whose tables are not read.'),
  })
  .meta({ id: 'Connection' })

const ComparedStream = z.object({
  stream: Name,
  result: z.enum(['equal', 'different', 'not compared']),
  sourceRows: Count.nullable(),
  destinationRows: Count.nullable(),
  keys: z
    .array(
      z.object({
        key: z.string(),
        difference: z.enum(['only at the source', 'only at the destination', 'other values']),
      }),
    )
    .describe('First keys that differ.'),
  reason: z.string().nullable().describe('Why it was not compared.'),
})

/** Routes of connections, and the comparison of both sides of a pipeline. */
export const CONNECTION_ROUTES = {
  'GET /api/connections': route({
    summary: 'Places that pipelines read and write. Never a secret.',
    role: 'analyst',
    scope: 'whole',
    answer: z.object({ connections: z.array(Connection) }),
    errors: ['REQUEST_INVALID'],
    examples: [{ title: 'All connections' }],
  }),
  'POST /api/connections/{name}:test': route({
    summary: 'Connect, within 15 s, and say version, encryption, answer time and rights. Changes nothing.',
    role: 'operator',
    scope: 'whole',
    body: z.object({}),
    answer: z.object({
      ok: z.boolean(),
      message: z.string(),
      code: Code.nullable().describe('Why it failed; null where it answered.'),
      remedy: z.string().nullable(),
      version: z.string().nullable(),
      isEncrypted: z.boolean().nullable(),
      milliseconds: z.number().nullable().describe('Time of one question.'),
      mayWrite: z.boolean().nullable().describe('True when the login may change data. A source needs no such right.'),
    }),
    errors: ['REQUEST_INVALID', 'NOT_FOUND'],
    examples: [{ title: 'Does it answer?', path: { name: 'drop' }, body: {} }],
  }),
  'POST /api/pipelines/{pipeline}:compare': route({
    summary:
      'Compare both sides of a pipeline that copies tables, every value by a hash of each row; of another pipeline its tables with what was loaded into them.',
    role: 'operator',
    scope: 'whole',
    body: z.object({
      streams: z.array(Name).max(100).default([]).describe('Tables to compare. Empty: all.'),
      keys: z.int().min(1).max(100).default(10).describe('Most keys of a table that are named.'),
      ...DAYS,
    }),
    answer: z.object({
      isEqual: z.boolean(),
      sentence: z.string(),
      streams: z.array(ComparedStream).describe('Tables that were copied; empty for other pipelines.'),
      partitions: z
        .object({
          compared: Count,
          mismatches: z.array(z.object({ stream: Name, window: Window, message: z.string() })),
        })
        .nullable()
        .describe(
          'Partitions of a pipeline of files in the range, by default its look-back; null where tables are copied.',
        ),
      seconds: z.number(),
    }),
    errors: ['REQUEST_INVALID', 'NOT_FOUND', 'STATE_CONFLICT', 'QUERY_LIMIT', 'SOURCE_UNREACHABLE'],
    examples: [{ title: 'Is the table what was loaded?', path: { pipeline: EXAMPLE.pipeline }, body: {} }],
  }),
} as const
