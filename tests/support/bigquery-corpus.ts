import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { BigQuery } from '@google-cloud/bigquery'
import { PassThroughClient } from 'google-auth-library'
import { z } from 'zod'
import { type BigqueryServer, startBigqueryServer } from '../emulators/bigquery/server.ts'

const CORPUS = join(import.meta.dirname, '../../../shared/bigquery-corpus')

/** True if results recorded on real BigQuery are next to the checkout. */
export const hasCorpus = existsSync(CORPUS)

/** The recorded cases of a group, by name; none when there is no corpus. */
export function corpusCases(group: string): readonly string[] {
  if (!hasCorpus) return []
  return readdirSync(join(CORPUS, group), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted()
}

const Recorded = z.object({
  bigquery: z.object({ total_bytes_processed: z.number(), total_bytes_billed: z.number() }),
  error: z.object({ reason: z.string(), http_status: z.number(), message_pattern: z.string() }).optional(),
  schema: z.array(z.object({ name: z.string(), type: z.string(), mode: z.string() })).optional(),
  rows: z.array(z.record(z.string(), z.unknown())).optional(),
  job_metadata: z
    .object({ statement_type: z.string().optional(), num_dml_affected_rows: z.number().optional() })
    .optional(),
})
const JobOptions = z.strictObject({
  destination: z.string().optional(),
  create_disposition: z.string().optional(),
  write_disposition: z.string().optional(),
  schema_update_options: z.array(z.string()).optional(),
  time_partitioning: z.object({ type: z.string(), field: z.string() }).optional(),
  clustering_fields: z.array(z.string()).optional(),
  dry_run: z.boolean().optional(),
  use_query_cache: z.boolean().optional(),
  priority: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  maximum_bytes_billed: z.number().optional(),
  default_dataset: z.string().optional(),
})

export interface Observed {
  readonly error?: { readonly reason: string; readonly message: string }
  readonly schema?: readonly { readonly name: string; readonly type: string; readonly mode: string }[]
  readonly rows?: readonly Readonly<Record<string, unknown>>[]
  readonly statementType?: string | undefined
  readonly affected?: number | undefined
  readonly processed?: number | undefined
  readonly billed?: number | undefined
}

/** Recorded result of a case. */
export function recordedCase(group: string, name: string): z.infer<typeof Recorded> {
  return Recorded.parse(JSON.parse(readFileSync(join(CORPUS, group, name, 'expected.json'), 'utf8')))
}

/** Runs recorded cases against one local BigQuery, each in a dataset of its own. */
export interface Replayer {
  /** Through Google's client: the setup of a case, its query, and what its destination holds then. */
  replay(group: string, name: string): Promise<Observed>
  close(): Promise<void>
}

export async function openReplayer(): Promise<Replayer> {
  const server = await startBigqueryServer()
  let cases = 0
  return {
    async replay(group, name) {
      const dataset = `recorded_${++cases}`
      await clientOf(server).createDataset(dataset, { location: 'US' })
      return await replayCase({ group, name, dataset, server })
    },
    close: () => server.close(),
  }
}

async function replayCase(given: Omit<CaseFile, 'file'>): Promise<Observed> {
  const { server } = given
  const read = (file: string) => readCase({ ...given, file })
  for (const statement of statementsOf(read('setup.sql') ?? '')) {
    const { error } = await runStatement(server, statement, {})
    if (error) return { error }
  }
  const options = toOptions(read, server)
  const statements = statementsOf(read('query.sql') ?? '')
  let observed: Observed = {}
  for (const statement of statements) {
    const next = await runStatement(server, statement, options)
    if (next.error) return next
    observed = { ...next, processed: (observed.processed ?? 0) + (next.processed ?? 0) }
  }
  // The recording ran several statements as one script, which has a type of its own.
  if (statements.length > 1) observed = { ...observed, statementType: 'SCRIPT' }
  const target = JobOptions.parse(JSON.parse(read('job_config.json') ?? '{}')).destination
  if (target === undefined) return observed
  const { rows = [], schema = [] } = await runStatement(server, `SELECT * FROM \`${target}\``, {})
  return { ...observed, rows, schema }
}

interface CaseFile {
  readonly group: string
  readonly name: string
  readonly file: string
  readonly dataset: string
  readonly server: BigqueryServer
}

function readCase({ group, name, file, dataset, server: { project } }: CaseFile): string | null {
  const path = join(CORPUS, group, name, file)
  if (!existsSync(path)) return null
  const values: Readonly<Record<string, string>> = {
    DATASET: `${project}.${dataset}`,
    PROJECT: project,
    DATASET_ID: dataset,
  }
  return readFileSync(path, 'utf8').replace(/\$\{(\w+)\}/g, (whole, key: string) => values[key] ?? whole)
}

function toOptions(read: (file: string) => string | null, server: BigqueryServer): object {
  const config = JobOptions.parse(JSON.parse(read('job_config.json') ?? '{}'))
  const [projectId = server.project, datasetId = '', tableId = ''] = config.destination?.split('.') ?? []
  const client = clientOf(server)
  return {
    ...(config.destination && { destination: client.dataset(datasetId, { projectId }).table(tableId) }),
    ...(config.create_disposition && { createDisposition: config.create_disposition }),
    ...(config.write_disposition && { writeDisposition: config.write_disposition }),
    ...(config.schema_update_options && { schemaUpdateOptions: config.schema_update_options }),
    ...(config.time_partitioning && { timePartitioning: config.time_partitioning }),
    ...(config.clustering_fields && { clustering: { fields: config.clustering_fields } }),
    ...(config.default_dataset && { defaultDataset: { datasetId: config.default_dataset.split('.').at(-1) } }),
    ...(config.dry_run && { dryRun: true }),
    ...(config.priority && { priority: config.priority }),
    ...(config.labels && { labels: config.labels }),
    ...(config.maximum_bytes_billed && { maximumBytesBilled: String(config.maximum_bytes_billed) }),
  }
}

function clientOf({ url, project }: BigqueryServer): BigQuery {
  return new BigQuery({ projectId: project, apiEndpoint: url, authClient: new PassThroughClient() })
}

const Statistics = z.object({
  query: z.object({
    statementType: z.string(),
    numDmlAffectedRows: z.coerce.number().optional(),
    totalBytesProcessed: z.coerce.number(),
    totalBytesBilled: z.coerce.number(),
    schema: z
      .object({ fields: z.array(z.object({ name: z.string(), type: z.string(), mode: z.string() })) })
      .optional(),
  }),
})
const Failure = z.object({ errors: z.array(z.object({ reason: z.string(), message: z.string() })).min(1) })
const Page = z.object({
  schema: z.object({ fields: z.array(z.object({ name: z.string(), type: z.string(), mode: z.string() })) }),
  rows: z.array(z.object({ f: z.array(z.object({ v: z.unknown().optional() })) })).default([]),
})

async function runStatement(server: BigqueryServer, query: string, options: object): Promise<Observed> {
  try {
    const [job, created] = await clientOf(server).createQueryJob({ query, ...options })
    const dry = 'dryRun' in options
    if (!dry) await job.getQueryResults({ autoPaginate: false, maxResults: 0 })
    const [metadata] = dry ? [created] : await job.getMetadata()
    const { query: told } = Statistics.parse(metadata.statistics)
    const common = {
      statementType: told.statementType,
      affected: told.numDmlAffectedRows,
      processed: told.totalBytesProcessed,
      billed: told.totalBytesBilled,
    }
    if (dry) return { ...common, schema: told.schema?.fields ?? [], rows: [] }
    const [, , response] = await job.getQueryResults({ autoPaginate: false, skipParsing: true })
    const { schema, rows } = Page.parse(response)
    return {
      ...common,
      schema: schema.fields,
      rows: rows.map(({ f }) =>
        Object.fromEntries(f.map(({ v }, at) => [schema.fields[at]?.name, toRecorded(v, schema.fields[at]?.type)])),
      ),
    }
  } catch (error) {
    const known = Failure.safeParse({ errors: error instanceof Error && 'errors' in error ? error.errors : [] })
    if (!known.success) throw error
    return { error: known.data.errors[0]! }
  }
}

/** A value as the recording has it: numbers as numbers, instants as ISO 8601. */
function toRecorded(value: unknown, type: string | undefined): unknown {
  if (value === null || value === undefined) return null
  if (type === 'INTEGER' || type === 'FLOAT') return Number(value)
  if (type === 'BOOLEAN') return value === 'true'
  if (type === 'TIMESTAMP') return instant(BigInt(String(value)))
  return value
}

function instant(micros: bigint): string {
  const rest = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n
  const seconds = new Date(Number((micros - rest) / 1_000n)).toISOString().slice(0, 19)
  return `${seconds}${rest === 0n ? '' : `.${String(rest).padStart(6, '0')}`}+00:00`
}

/** Statements of a script, without comments. */
function statementsOf(script: string): readonly string[] {
  const pieces = script.match(/--[^\n]*|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`|;|[^;'"`-]+|-/g) ?? []
  const statements = ['']
  for (const piece of pieces) {
    if (piece === ';') statements.push('')
    else if (!piece.startsWith('--')) statements[statements.length - 1] += piece
  }
  return statements.map((statement) => statement.trim()).filter((statement) => statement !== '')
}
