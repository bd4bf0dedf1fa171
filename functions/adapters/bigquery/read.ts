import type { Job } from '@google-cloud/bigquery'
import { z } from 'zod'
import { type Context, call } from './call.ts'
import { Row, Schema, toText } from './values.ts'

/** A result: values as text, null stays null. */
export interface QueryResult {
  readonly columns: readonly string[]
  readonly rows: readonly (string | null)[][]
}

/** The same, and the bytes that it was billed for. */
interface BilledResult extends QueryResult {
  readonly bytesBilled: number
}

/** Purpose and limit of one query. */
interface ReadOptions {
  /** The attempt, for messages. */
  readonly what: string
  /** Most bytes that it may be billed for. */
  readonly maximumBytesBilled: number
}

const PAGE = 10_000
const MIB = 1_048_576
/** Field of a column that an answer does not describe. */
export const TEXT = { type: 'STRING', mode: 'NULLABLE' }
const Page = z.object({
  jobComplete: z.boolean(),
  totalRows: z.coerce.number().optional(),
  schema: Schema.prefault({}),
  rows: z.array(Row).default([]),
  pageToken: z.string().optional(),
  totalBytesProcessed: z.coerce.number().default(0),
  cacheHit: z.boolean().default(false),
})

/**
 * Runs a query that only reads, and gives all that it found. The job has an id of the client's: to ask twice costs twice
 * the least that BigQuery bills, 10 MB, and changes nothing.
 * @throws {DaybreakError}
 */
export async function readRows(
  context: Context,
  sql: string,
  { what, maximumBytesBilled }: ReadOptions,
): Promise<BilledResult> {
  const { client, location } = context
  const query = { query: sql, location, maximumBytesBilled: String(maximumBytesBilled) }
  const [job] = await call(context, what, () => client.createQueryJob(query))
  const rows: (string | null)[][] = []
  for (let pageToken: string | undefined; ; ) {
    const page = await call(context, what, () => readPage(job, pageToken))
    const { fields } = page.schema
    rows.push(...page.rows.map(({ f }) => f.map(({ v }, at) => toText(v, fields[at] ?? TEXT))))
    pageToken = page.pageToken
    if (page.jobComplete && !pageToken)
      return { columns: fields.map(({ name }) => name), rows, bytesBilled: billed(page) }
  }
}

/** BigQuery bills whole MiB, 10 of them at least, and nothing for an answer from its cache. */
function billed({ totalBytesProcessed, cacheHit }: z.infer<typeof Page>): number {
  return cacheHit ? 0 : Math.max(10, Math.ceil(totalBytesProcessed / MIB)) * MIB
}

/** Comes after ten seconds at the latest; a query that takes longer is not complete then. */
export async function readPage(
  job: Job,
  pageToken: string | undefined,
  maxResults = PAGE,
): Promise<z.infer<typeof Page>> {
  // The client makes floating point numbers of exact ones unless it is told to leave them.
  const options = { autoPaginate: false, skipParsing: true, maxResults, ...(pageToken && { pageToken }) }
  const [, , response] = await job.getQueryResults(options)
  return Page.parse(response)
}
