import { z } from 'zod'
import { type Context, call } from './call.ts'
import { Row, Schema, toText } from './values.ts'

/** A result: values as text, null stays null. */
export interface QueryResult {
  readonly columns: readonly string[]
  readonly rows: readonly (string | null)[][]
}

export interface ReadOptions {
  /** What is tried, for messages. */
  readonly what: string
  /** Most bytes that it may be billed for. */
  readonly maximumBytesBilled: number
}

const PAGE = 10_000
const Page = z.object({
  jobComplete: z.boolean(),
  schema: Schema.prefault({}),
  rows: z.array(Row).default([]),
  pageToken: z.string().optional(),
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
): Promise<QueryResult> {
  const { client, location } = context
  return await call(context, what, async () => {
    const [job] = await client.createQueryJob({ query: sql, location, maximumBytesBilled: String(maximumBytesBilled) })
    const rows: (string | null)[][] = []
    for (let pageToken: string | undefined; ; ) {
      // The client makes floating point numbers of exact ones unless it is told to leave them.
      const options = { autoPaginate: false, skipParsing: true, maxResults: PAGE, ...(pageToken && { pageToken }) }
      const [, , response] = await job.getQueryResults(options)
      const page = Page.parse(response)
      // Each answer comes after ten seconds at the latest; the query may take longer.
      if (!page.jobComplete) continue
      const { fields } = page.schema
      rows.push(
        ...page.rows.map(({ f }) =>
          f.map(({ v }, at) => toText(v, fields[at] ?? { type: 'STRING', mode: 'NULLABLE' })),
        ),
      )
      pageToken = page.pageToken
      if (!pageToken) return { columns: fields.map(({ name }) => name), rows }
    }
  })
}
