import { createHash } from 'node:crypto'
import type { BuildJob, BuildStatus, Publication, Started, Table, TableName, View } from '../../pipeline/destination.ts'
import { type Context, call } from './call.ts'
import { isMissing, isPassing, isQuota, type Problem, readProblem } from './errors.ts'
import { insertJob, type JobState, readJob } from './jobs.ts'
import type { JobConfiguration } from './load-configuration.ts'
import type { Memory } from './memory.ts'
import { decorated, partitionSql, tableSql, tableText } from './names.ts'
import { asUsage, expectReading } from './query.ts'
import { readRows } from './read.ts'
import { ensureModelTable, makeStaging } from './tables.ts'

type Failed = Extract<BuildStatus, { state: 'failed' }>

/** Limits of the jobs of models, and failures that BigQuery told without making a job. */
export interface BuildContext {
  readonly context: Context
  /** Most bytes that one job may be billed for. */
  readonly maximumBytesBilled: number
  readonly refused: Memory<Failed>
}

const DAY = 86_400_000

/** Starts a query job whose destination is a staging table of its own, partitioned as its model is. */
export async function startBuild(build: BuildContext, job: BuildJob): Promise<Started> {
  const { context, maximumBytesBilled } = build
  const { id, into, window, sql, labels } = job
  await makeStaging(context, into, context.clock.now() + DAY)
  const configuration: JobConfiguration = {
    labels: { ...labels, content: contentOf(sql) },
    query: {
      query: sql,
      useLegacySql: false,
      // With the partition in its name, BigQuery refuses rows of another date.
      destinationTable: referenceOf(context, into, window),
      createDisposition: 'CREATE_NEVER',
      writeDisposition: 'WRITE_TRUNCATE_DATA',
      maximumBytesBilled: String(maximumBytesBilled),
    },
  }
  return await start(build, id, configuration)
}

/**
 * Starts a copy job: atomic and free, as a load is. A staging table without rows has no partition to copy, so the partition is
 * deleted instead, which is free as well.
 */
export async function publishPartition(build: BuildContext, publication: Publication): Promise<Started> {
  const { context } = build
  const { id, from, to, window, rows, labels } = publication
  await ensureModelTable(context, to)
  const where = window === null ? 'TRUE' : partitionSql(to, window)
  const query = `DELETE FROM ${tableSql(context.project, to)} WHERE ${where}`
  const copy = {
    sourceTable: referenceOf(context, { ...from, partitionColumn: to.partitionColumn }, window),
    destinationTable: referenceOf(context, to, window),
    createDisposition: 'CREATE_NEVER',
    writeDisposition: 'WRITE_TRUNCATE',
  }
  const work = rows === 0 ? { query: { query, useLegacySql: false } } : { copy }
  return await start(build, id, { labels: { ...labels, content: contentOf(`${from.name} ${rows}`) }, ...work })
}

/** State of a build or a publication; null for an id that was never used. */
export async function buildStatus({ context, refused }: BuildContext, id: string): Promise<BuildStatus | null> {
  const known = refused.get(id)
  if (known) return known
  const job = await readJob(context, id)
  if (job === null) return null
  const { state, errorResult } = job.status
  if (state !== 'DONE') return { state: 'running' }
  if (errorResult) return toFailed({ ...errorResult, status: null })
  return { state: 'done', rows: await rowsOf(context, job), bytesBilled: job.statistics.query?.totalBytesBilled ?? 0 }
}

/** Makes a view, or replaces the query of the one that is there. */
export async function setView(context: Context, view: View): Promise<void> {
  const { client } = context
  const { schema, name, description, sql } = view
  const described = view.columns.map((column) => ({ name: column.name, description: column.description }))
  const metadata = { description, view: { query: sql, useLegacySql: false } }
  const what = `make the view ${tableText(context.project, view)}`
  const dataset = client.dataset(schema)
  await call(context, what, async () => {
    const isMade = await dataset.createTable(name, metadata).then(() => true, unlessTaken)
    if (!isMade) await dataset.table(name).setMetadata(metadata)
  })
  // BigQuery takes the columns of a view from its query, and their descriptions from a change of its schema.
  await call(context, what, async () => {
    const [stored] = await dataset.table(name).getMetadata()
    const fields = fieldsOf(stored).map((field) => ({
      ...field,
      ...described.find((column) => column.name === Reflect.get(field, 'name')),
    }))
    await dataset.table(name).setMetadata({ schema: { fields } })
  })
}

function fieldsOf(metadata: unknown): readonly object[] {
  const schema: unknown = typeof metadata === 'object' && metadata !== null ? Reflect.get(metadata, 'schema') : null
  const fields: unknown = typeof schema === 'object' && schema !== null ? Reflect.get(schema, 'fields') : null
  return Array.isArray(fields) ? fields.filter((field) => typeof field === 'object' && field !== null) : []
}

/** Deletes a table or view; nothing if there is none. */
export async function drop(context: Context, { schema, name }: TableName): Promise<void> {
  const what = `drop ${tableText(context.project, { schema, name })}`
  await call(context, what, () => context.client.dataset(schema).table(name).delete({ ignoreNotFound: true }))
}

/** Bytes that a query would be billed for, by a dry run that costs nothing. */
export async function estimate(context: Context, sql: string): Promise<number> {
  return await asUsage(() => expectReading(context, { query: sql }))
}

async function start(
  { context, refused }: BuildContext,
  id: string,
  configuration: JobConfiguration,
): Promise<Started> {
  const inserted = await insertJob(context, { id, configuration })
  if (inserted.state === 'exists') {
    refused.forget(id)
    return { created: inserted.created }
  }
  const known = refused.get(id)
  refused.set(id, known ?? toFailed(inserted.problem))
  return { created: known === undefined }
}

function toFailed(problem: Problem): Failed {
  return {
    state: 'failed',
    permanent: !isPassing(problem) && !isQuota(problem),
    message: problem.message,
    isGone: isMissing(problem, 'Table'),
  }
}

/** Rows of a staging table. A count of all rows is answered from metadata, and bills nothing. */
async function rowsOf(context: Context, { configuration }: JobState): Promise<number> {
  const into = configuration.query?.destinationTable
  if (!into || configuration.labels['kind'] === undefined) return 0
  const name = into.tableId.split('$')[0] ?? ''
  const sql = `SELECT COUNT(*) AS n FROM ${tableSql(context.project, { schema: into.datasetId, name })}`
  const { rows } = await readRows(context, sql, { what: `count ${name}`, maximumBytesBilled: 10_485_760 })
  return Number(rows[0]?.[0] ?? 0)
}

function referenceOf(
  { project }: Context,
  table: TableName & Pick<Table, 'partitionColumn'>,
  window: string | null,
): { projectId: string; datasetId: string; tableId: string } {
  const tableId = window === null ? table.name : decorated(table, window)
  return { projectId: project, datasetId: table.schema, tableId }
}

/** 32 hex digits: a label holds 63 characters. */
function contentOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

function unlessTaken(error: unknown): false {
  if (readProblem(error).status === 409) return false
  throw error
}
