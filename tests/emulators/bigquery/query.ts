import { z } from 'zod'
import { bytesBilled } from './bytes.ts'
import { type Catalog, fullName } from './catalog.ts'
import type { Rows } from './database.ts'
import { TableReference } from './load.ts'
import { notDone, Refusal } from './refusal.ts'
import type { Field } from './schema.ts'
import { type Outcome, runStatement } from './statement.ts'
import { toStatements, toTokens } from './tokens.ts'
import { toDestination, WriteOptions, write } from './write.ts'

export const QueryConfiguration = WriteOptions.extend({
  query: z.string(),
  useLegacySql: z.literal(false, 'only GoogleSQL').default(false),
  useQueryCache: z.boolean().optional(),
  priority: z.enum(['INTERACTIVE', 'BATCH']).optional(),
  maximumBytesBilled: z.coerce.string().optional(),
  defaultDataset: z.object({ projectId: z.string().optional(), datasetId: z.string() }).optional(),
  destinationTable: TableReference.optional(),
}).strict()
export type QueryConfiguration = z.infer<typeof QueryConfiguration>

export interface QueryResult extends Outcome {
  readonly billed: number
}

export interface QueryContext {
  readonly catalog: Catalog
  readonly location: string
  readonly isDryRun: boolean
}

// That much a dry run says of a script, and no more.
const SCRIPT: QueryResult = {
  type: 'SCRIPT',
  fields: [],
  rows: [],
  affected: null,
  tables: [],
  sql: null,
  processed: 0,
  billed: 0,
}

/** Runs a query job's statement in the caller's transaction. @throws {Refusal} what the job ends with. */
export async function runQuery(
  query: QueryConfiguration,
  context: QueryContext,
  run: (sql: string) => Promise<Rows>,
): Promise<QueryResult> {
  const { catalog, location } = context
  const [tokens, ...more] = toStatements(toTokens(query.query))
  if (!tokens) throw new Refusal('invalidQuery', 'Syntax error: Unexpected end of statement at [1:1]', 'query')
  if (more.length > 0 && context.isDryRun) return SCRIPT
  if (more.length > 0) throw notDone('scripts of several statements')
  const scope = {
    catalog,
    location,
    defaultDataset: query.defaultDataset?.datasetId ?? null,
  }
  const outcome = await runStatement(tokens, scope, run)
  const billed = bytesBilled(outcome.processed, outcome.tables.length)
  const limit = query.maximumBytesBilled === undefined ? Number.POSITIVE_INFINITY : Number(query.maximumBytesBilled)
  if (billed > limit)
    throw new Refusal(
      'bytesBilledLimitExceeded',
      `Query exceeded limit for bytes billed: ${limit}. ${billed} or higher required.`,
    )
  if (query.destinationTable && outcome.sql !== null)
    await writeResult(query, { ...outcome, sql: outcome.sql }, catalog, run)
  return { ...outcome, billed }
}

async function writeResult(
  query: QueryConfiguration,
  { sql, fields }: { readonly sql: string; readonly fields: readonly Field[] },
  catalog: Catalog,
  run: (sql: string) => Promise<Rows>,
): Promise<void> {
  if (!query.destinationTable) return
  const destination = toDestination(query.destinationTable)
  const options = { ...query, writeDisposition: query.writeDisposition ?? 'WRITE_EMPTY' }
  const complaint =
    options.writeDisposition === 'WRITE_APPEND'
      ? 'Invalid schema update.'
      : `Provided Schema does not match Table ${fullName(catalog, destination)}.`
  const values = fields.map((field) => ({ field, sql: `"${field.name}"` }))
  await write(catalog, { destination, options, fields: values, source: `(${sql})`, complaint }, run)
}
