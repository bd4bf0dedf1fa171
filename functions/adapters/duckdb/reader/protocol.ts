import { z } from 'zod'

/** Where an answer goes when it is to be a file. */
const Into = z.strictObject({ path: z.string(), format: z.enum(['csv', 'parquet']) })

/** A request to a reader process: one line of JSON on its stdin. It ends when its stdin does. */
export const Request = z.strictObject({
  path: z.string(),
  schemas: z.array(z.string()).readonly(),
  sql: z.string(),
  memoryLimit: z.string(),
  tempDir: z.string(),
  /** Milliseconds to wait for a process that writes. */
  patience: z.number(),
  /** Rows that are sent; the rest is counted, up to `countTo`. */
  limit: z.number(),
  countTo: z.number(),
  into: Into.nullable(),
})
export type Request = z.infer<typeof Request>

const Cells = z.array(z.string().nullable())

/** Codes that a query can fail with. */
export const FailedCode = z.enum([
  ...([
    'USAGE_INVALID',
    'NOT_FOUND',
    'QUERY_LIMIT',
    'WAREHOUSE_BUSY',
    'WAREHOUSE_FAILED',
    'WAREHOUSE_DAMAGED',
  ] as const),
  ...(['STORAGE_DENIED', 'STORAGE_FULL', 'CONFIG_INVALID'] as const),
])

/** A reply of a reader process: one per line of its stdout. After `done` or `failed` it ends, or is `ready` for the next request. */
export const Reply = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('waiting'), holder: z.string() }),
  z.strictObject({ kind: z.literal('opened') }),
  z.strictObject({
    kind: z.literal('columns'),
    columns: z.array(z.strictObject({ name: z.string(), type: z.string() })),
  }),
  z.strictObject({ kind: z.literal('rows'), rows: z.array(Cells) }),
  z.strictObject({ kind: z.literal('ready') }),
  z.strictObject({ kind: z.literal('done'), rows: z.number(), all: z.boolean() }),
  z.strictObject({
    kind: z.literal('failed'),
    code: FailedCode,
    message: z.string(),
  }),
])
export type Reply = z.infer<typeof Reply>
/** Message that says why a query failed. */
export type Failed = Extract<Reply, { kind: 'failed' }>
