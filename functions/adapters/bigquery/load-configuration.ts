import type { JobMetadata } from '@google-cloud/bigquery'
import { z } from 'zod'
import { MOST_LOAD_FILES } from '../../config/defaults.ts'
import { DaybreakError } from '../../errors.ts'
import type { LoadJob } from '../../pipeline/destination.ts'
import { decorated, partitionSql, tableSql } from './names.ts'

/** Configuration of a job, as BigQuery takes it. */
export type JobConfiguration = NonNullable<JobMetadata['configuration']>

/**
 * The job that makes a partition what the parts hold. Parts without rows are left out: most rejects are such, and a job
 * takes so many files and no more. BigQuery has no load of nothing, so without parts it is a DELETE of the partition, which
 * like a load is free, atomic, and happens once under its id.
 * @throws {DaybreakError} LOAD_REJECTED for more parts than one job takes.
 */
export function jobConfiguration(
  project: string,
  { table, window, entries, runId, content }: LoadJob,
): JobConfiguration {
  const uris = entries.filter(({ part }) => part.rows > 0).map(({ part }) => part.uri)
  if (uris.length > MOST_LOAD_FILES) {
    const limit = `BigQuery loads at most ${MOST_LOAD_FILES} files with one job`
    const message = `${uris.length} parts of ${table.schema}.${table.name} of ${window}: ${limit}; ${fewerFiles(table)}`
    throw new DaybreakError('LOAD_REJECTED', message)
  }
  const labels = {
    dataset: label(table.schema),
    stream: label(table.name),
    date: window,
    run: label(runId),
    content: label(content),
  }
  if (uris.length > 0) return { labels, load: loadConfiguration({ project, table, window, uris }) }
  const query = `DELETE FROM ${tableSql(project, table)} WHERE ${partitionSql(table, window)}`
  return { labels, query: { query, useLegacySql: false } }
}

function fewerFiles({ schema, name }: LoadJob['table']): string {
  const pipeline = `config/pipelines/${schema}.yaml`
  return name === 'profiles'
    ? `say \`profiles: false\` in ${pipeline}, or move some of its locations to a second pipeline`
    : `move some locations of ${pipeline} to a second pipeline, which loads into a dataset of its own`
}

interface Loading extends Pick<LoadJob, 'table' | 'window'> {
  readonly project: string
  readonly uris: readonly string[]
}

function loadConfiguration({ project, table, window, uris }: Loading): NonNullable<JobConfiguration['load']> {
  return {
    sourceUris: [...uris],
    sourceFormat: 'PARQUET',
    destinationTable: { projectId: project, datasetId: table.schema, tableId: decorated(table, window) },
    // Without a schema, and the data alone is truncated: policy tags, descriptions and defaults are the table's, and stay.
    createDisposition: 'CREATE_NEVER',
    writeDisposition: 'WRITE_TRUNCATE_DATA',
    // A part of an older contract may have a column that the table's contract has lost.
    ignoreUnknownValues: true,
  }
}

/** @throws {TypeError} for what BigQuery does not take as the value of a label. */
function label(value: string): string {
  if (!/^[a-z0-9_-]{1,63}$/.test(value)) throw new TypeError(`not a label of BigQuery: ${JSON.stringify(value)}`)
  return value
}

const Comparable = z.object({
  labels: z.object({ content: z.string().optional() }).default({}),
  load: z
    .object({
      sourceUris: z.array(z.string()),
      destinationTable: z.object({ datasetId: z.string(), tableId: z.string() }),
      // A job of an earlier release said WRITE_TRUNCATE, and replaced the same rows.
      writeDisposition: z.string().transform((word) => word.replace('WRITE_TRUNCATE_DATA', 'WRITE_TRUNCATE')),
    })
    .optional(),
  query: z.object({ query: z.string() }).optional(),
  copy: z
    .object({ sourceTable: z.object({ tableId: z.string() }), destinationTable: z.object({ tableId: z.string() }) })
    .optional(),
})

/**
 * Null when two configurations do the same; else what differs. The run may be another one: a worker that finds a job pending
 * starts it again.
 */
export function difference(mine: JobConfiguration, other: unknown): string | null {
  const theirs = Comparable.safeParse(other)
  if (!theirs.success) return 'it is no load job'
  const wanted = Comparable.parse(mine)
  // A job of a release before content had a label is told apart by its parts alone.
  const content = theirs.data.labels.content
  if (content !== undefined && content !== wanted.labels.content) return 'its content is another'
  if (JSON.stringify(wanted.load?.destinationTable) !== JSON.stringify(theirs.data.load?.destinationTable))
    return 'its destination is another'
  if (wanted.query?.query !== theirs.data.query?.query) return 'its statement is another'
  if (JSON.stringify(wanted.copy) !== JSON.stringify(theirs.data.copy)) return 'its copy is another'
  if (JSON.stringify(wanted.load) === JSON.stringify(theirs.data.load)) return null
  const [ours, found] = [wanted.load?.sourceUris.length ?? 0, theirs.data.load?.sourceUris.length ?? 0]
  return ours === found ? `its ${found} parts are not the same` : `it loads ${found} parts and not ${ours}`
}
