import { z } from 'zod'
import { type Catalog, type Dataset, fullName, type Table } from './catalog.ts'
import { toCell } from './cells.ts'
import type { Job } from './jobs.ts'
import type { Field } from './schema.ts'

/** A dataset as the API shows it. */
export function datasetResource({ project }: Catalog, { name, tables: _, ...settings }: Dataset): object {
  return {
    kind: 'bigquery#dataset',
    id: `${project}:${name}`,
    datasetReference: { projectId: project, datasetId: name },
    ...settings,
  }
}

/** A table as the API shows it. */
export function tableResource(catalog: Catalog, table: Table, location: string): object {
  const { dataset, name, createdAt, etag, ...settings } = table
  return {
    kind: 'bigquery#table',
    etag: String(etag),
    id: fullName(catalog, { dataset, table: name }),
    tableReference: { projectId: catalog.project, datasetId: dataset, tableId: name },
    type: table.view ? 'VIEW' : 'TABLE',
    location,
    creationTime: String(createdAt),
    ...settings,
  }
}

const DdlTarget = z.object({ configuration: z.unknown() })

/** A job as the API shows it. */
export function jobResource({ project }: Catalog, job: Job): object {
  const { id, location, state, errorResult, errors, configuration } = job
  const jobType = configuration.load ? 'LOAD' : configuration.copy ? 'COPY' : 'QUERY'
  const sent = DdlTarget.parse({ configuration: job.sent }).configuration
  return {
    kind: 'bigquery#job',
    id: `${project}:${location}.${id}`,
    jobReference: { projectId: project, jobId: id, location },
    configuration: { ...(typeof sent === 'object' && sent), jobType },
    status: { state, ...(errorResult && { errorResult }), ...(errors.length > 0 && { errors }) },
    statistics: statistics(job),
  }
}

function statistics({ createdAt, startedAt, endedAt, load, query, copy, configuration }: Job): object {
  const output = load && {
    inputFiles: String(load.inputFiles),
    inputFileBytes: String(load.inputFileBytes),
    outputRows: String(load.outputRows),
    badRecords: '0',
  }
  return {
    creationTime: String(createdAt),
    ...(startedAt !== null && { startTime: String(startedAt) }),
    ...(endedAt !== null && { endTime: String(endedAt) }),
    ...(output && { load: output }),
    ...(copy && { copy: { copiedRows: String(copy.copiedRows) } }),
    ...(query && {
      totalBytesProcessed: String(query.processed),
      query: {
        statementType: query.type,
        totalBytesProcessed: String(query.processed),
        totalBytesBilled: String(query.billed),
        cacheHit: false,
        ...(query.affected !== null && { numDmlAffectedRows: String(query.affected) }),
        ...(configuration.dryRun && { schema: { fields: query.fields } }),
      },
    }),
  }
}

export interface PageRequest {
  readonly maxResults: number
  readonly pageToken: string | null
  readonly useInt64Timestamp: boolean
}

/** A page of what a query gave, as `jobs.query` and `jobs.getQueryResults` show it. */
export function resultPage(
  { project }: Catalog,
  job: Job,
  { maxResults, pageToken, useInt64Timestamp }: PageRequest,
): object {
  const { query, id, location } = job
  const reference = { jobReference: { projectId: project, jobId: id, location } }
  if (!query) return { ...reference, jobComplete: false }
  const start = pageToken === null ? 0 : Number(pageToken)
  const end = Math.min(start + maxResults, query.rows.length)
  const rows = query.rows
    .slice(start, end)
    .map((row) => ({ f: row.map((value, at) => cellOf(value, query.fields[at], useInt64Timestamp)) }))
  return {
    ...reference,
    jobComplete: true,
    schema: { fields: query.fields },
    totalRows: String(query.rows.length),
    rows,
    ...(end < query.rows.length && { pageToken: String(end) }),
    totalBytesProcessed: String(query.processed),
    cacheHit: false,
    ...(query.affected !== null && { numDmlAffectedRows: String(query.affected) }),
  }
}

function cellOf(value: unknown, field: Field | undefined, useInt64Timestamp: boolean): object {
  return toCell(value, { type: field?.type ?? 'STRING', useInt64Timestamp })
}
