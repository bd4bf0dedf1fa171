import type { Job } from '@google-cloud/bigquery'
import { DaybreakError } from '../../errors.ts'
import type { Answer, Clock, Log, Question, Reader } from '../../pipeline/ports.ts'
import { BIGQUERY } from '../../sql/dialects/bigquery/dialect.ts'
import { type Context, call } from './call.ts'
import { type BigquerySettings, openBigquery } from './client.ts'
import { asUsage, expectReading } from './query.ts'
import { readPage, TEXT } from './read.ts'
import { type Field, toText } from './values.ts'

/** Project, limits and clock of a reader. */
interface BigqueryReaderOptions extends BigquerySettings {
  /** Most bytes that one query of a person may be billed for. */
  readonly maximumBytesBilled: number
  /** Dataset whose tables can be named without it; null when there are several. */
  readonly dataset: string | null
  readonly clock: Clock
  readonly log: Log
  /** From 0 to 1. */
  readonly random: () => number
}

const PAGE = 10_000
const WHAT = 'run the query'

/** Reads BigQuery for people: one statement that reads, of bounded cost and time, in pages. The job is cancelled when its asker leaves. */
export function openBigqueryReader(options: BigqueryReaderOptions): Reader {
  const { project, location, clock, log, random } = options
  const client = openBigquery(options)
  const context: Context = { client, project, location, clock, log, random, attempts: 4, requestTimeout: 60_000 }
  return {
    can: { write: false },
    dialect: BIGQUERY,
    ask: (question) => asUsage(() => ask(context, question, options)),
  }
}

async function ask(context: Context, question: Question, options: BigqueryReaderOptions): Promise<Answer> {
  const { client, location } = context
  const { dataset, maximumBytesBilled } = options
  const query = { query: question.sql, ...(dataset !== null && { defaultDataset: { datasetId: dataset } }) }
  const most = Math.min(maximumBytesBilled, question.maxBytes ?? maximumBytesBilled)
  const bytes = await expectReading(context, query)
  if (bytes > most) throw tooMuch(bytes, most)
  const limits = { maximumBytesBilled: String(most), jobTimeoutMs: question.timeout }
  const [job] = await call(context, WHAT, () => client.createQueryJob({ ...query, ...limits, location }))
  const onAbort = () => void job.cancel().catch(() => undefined)
  if (question.signal.aborted) onAbort()
  question.signal.addEventListener('abort', onAbort)
  try {
    const first = await firstPage(context, job, question)
    const fields = first.schema.fields
    const rows = first.totalRows ?? 0
    return {
      columns: fields.map(({ name, type }) => ({ name, type })),
      batches: asTexts(pages(context, job, question, first), fields),
      count: () => ({ rows, all: true }),
    }
  } finally {
    question.signal.removeEventListener('abort', onAbort)
  }
}

function tooMuch(bytes: number, most: number): DaybreakError {
  const message = `the query would read ${inGib(bytes)}; it may read ${inGib(most)}: name fewer columns, or narrow the column that the table is partitioned by`
  return new DaybreakError('QUERY_LIMIT', message)
}

function inGib(bytes: number): string {
  return `${(bytes / 2 ** 30).toPrecision(3)} GiB`
}

type Page = Awaited<ReturnType<typeof readPage>>

/** BigQuery answers after ten seconds at the latest, whether the query is done or not. */
async function firstPage(context: Context, job: Job, { limit, signal, timeout }: Question): Promise<Page> {
  const deadline = context.clock.now() + timeout
  for (;;) {
    if (signal.aborted) throw new DaybreakError('CANCELLED', 'the query was stopped')
    const page = await call(context, WHAT, () => readPage(job, undefined, Math.min(PAGE, Math.max(1, limit))))
    if (page.jobComplete) return page
    if (context.clock.now() < deadline) continue
    await job.cancel().catch(() => undefined)
    throw new DaybreakError('QUERY_LIMIT', `the query took longer than ${timeout / 1000} s`)
  }
}

async function* pages(
  context: Context,
  job: Job,
  { limit, signal }: Question,
  first: Page,
): AsyncGenerator<Page['rows']> {
  let left = limit
  for (let page = first; left > 0; ) {
    yield page.rows.slice(0, left)
    left -= page.rows.length
    const token = page.pageToken
    if (!token || left <= 0) return
    if (signal.aborted) throw new DaybreakError('CANCELLED', 'the query was stopped')
    page = await call(context, WHAT, () => readPage(job, token, Math.min(PAGE, left)))
  }
}

async function* asTexts(all: AsyncIterable<Page['rows']>, fields: readonly Field[]) {
  for await (const rows of all) yield rows.map(({ f }) => f.map(({ v }, at) => toText(v, fields[at] ?? TEXT)))
}
