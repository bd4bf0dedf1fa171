import { z } from 'zod'
import {
  type Catalog,
  changeTable,
  createDataset,
  createTable,
  DatasetChange,
  DatasetSettings,
  datasetOf,
  fullName,
  rowsOf,
  TableChange,
  TableSettings,
  tableOf,
} from './catalog.ts'
import type { Fault } from './faults.ts'
import type { Job, Jobs } from './jobs.ts'
import { notDone, Refusal } from './refusal.ts'
import { datasetResource, jobResource, resultPage, tableResource } from './resources.ts'
import { Schema } from './schema.ts'
import { putView } from './views.ts'

/** Operation of a request, in the words of Google's method names. */
export type Operation =
  | 'datasets.insert'
  | 'datasets.get'
  | 'datasets.list'
  | 'datasets.patch'
  | 'datasets.delete'
  | 'tables.insert'
  | 'tables.get'
  | 'tables.list'
  | 'tables.patch'
  | 'tables.delete'
  | 'jobs.insert'
  | 'jobs.get'
  | 'jobs.list'
  | 'jobs.cancel'
  | 'jobs.query'
  | 'jobs.getQueryResults'

export interface World {
  readonly catalog: Catalog
  readonly jobs: Jobs
}

export interface Asked {
  readonly operation: Operation
  /** The names in the path. */
  readonly names: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly body: unknown
  readonly fault: Fault | undefined
}

const PATHS: readonly (readonly [string, RegExp, Operation])[] = [
  ['POST', /^\/datasets$/, 'datasets.insert'],
  ['GET', /^\/datasets$/, 'datasets.list'],
  ['GET', /^\/datasets\/(?<dataset>[^/]+)$/, 'datasets.get'],
  ['PATCH', /^\/datasets\/(?<dataset>[^/]+)$/, 'datasets.patch'],
  ['DELETE', /^\/datasets\/(?<dataset>[^/]+)$/, 'datasets.delete'],
  ['POST', /^\/datasets\/(?<dataset>[^/]+)\/tables$/, 'tables.insert'],
  ['GET', /^\/datasets\/(?<dataset>[^/]+)\/tables$/, 'tables.list'],
  ['GET', /^\/datasets\/(?<dataset>[^/]+)\/tables\/(?<table>[^/]+)$/, 'tables.get'],
  ['PATCH', /^\/datasets\/(?<dataset>[^/]+)\/tables\/(?<table>[^/]+)$/, 'tables.patch'],
  ['DELETE', /^\/datasets\/(?<dataset>[^/]+)\/tables\/(?<table>[^/]+)$/, 'tables.delete'],
  ['POST', /^\/jobs$/, 'jobs.insert'],
  ['GET', /^\/jobs$/, 'jobs.list'],
  ['GET', /^\/jobs\/(?<job>[^/]+)$/, 'jobs.get'],
  ['POST', /^\/jobs\/(?<job>[^/]+)\/cancel$/, 'jobs.cancel'],
  ['POST', /^\/queries$/, 'jobs.query'],
  ['GET', /^\/queries\/(?<job>[^/]+)$/, 'jobs.getQueryResults'],
]

/** Operation of a request line. @throws {Refusal} for what this server does not do, and for another project. */
export function toOperation(method: string, path: string, project: string): Pick<Asked, 'operation' | 'names'> {
  const [, asked = '', rest = ''] = /^\/bigquery\/v2\/projects\/([^/]+)(\/.*)$/.exec(decodeURIComponent(path)) ?? []
  const found = PATHS.find(([verb, pattern]) => verb === method && pattern.test(rest))
  if (!found) throw notDone(`${method} ${path}`)
  if (asked !== project)
    throw new Refusal(
      'accessDenied',
      `Access Denied: Project ${asked}: User does not have permission in project ${asked}.`,
    )
  return { operation: found[2], names: { ...found[1].exec(rest)?.groups } }
}

const DatasetBody = z.object({ datasetReference: z.object({ datasetId: z.string() }) })
// A view takes its columns from its query.
const Inserted = TableSettings.extend({ schema: Schema.prefault({ fields: [] }) })
const TableBody = z.object({ tableReference: z.object({ tableId: z.string() }) })

type Handler = (world: World, asked: Asked) => object | Promise<object>

/** Answers of each operation. @throws {Refusal} the answer instead. */
export const HANDLERS: Readonly<Record<Operation, Handler>> = {
  async 'datasets.insert'({ catalog }, { body }) {
    const { datasetId } = DatasetBody.parse(body).datasetReference
    return datasetResource(catalog, await createDataset(catalog, datasetId, read(DatasetSettings, body)))
  },
  'datasets.get': ({ catalog }, { names }) => datasetResource(catalog, datasetOf(catalog, names['dataset'] ?? '')),
  'datasets.list': ({ catalog }) => ({
    datasets: [...catalog.datasets.values()].map((each) => datasetResource(catalog, each)),
  }),
  'datasets.patch'({ catalog }, { names, body }) {
    const dataset = datasetOf(catalog, names['dataset'] ?? '')
    const { location, ...change } = read(DatasetChange, body)
    if (location !== undefined && location !== dataset.location)
      throw new Refusal('invalid', `Dataset location cannot be changed: ${location}`)
    const changed = { ...dataset, ...change }
    catalog.datasets.set(dataset.name, changed)
    return datasetResource(catalog, changed)
  },
  'datasets.delete': () => {
    throw notDone('datasets.delete')
  },
  async 'tables.insert'({ catalog }, { names, body }) {
    const ref = { dataset: names['dataset'] ?? '', table: TableBody.parse(body).tableReference.tableId }
    const { view, ...settings } = read(Inserted, body)
    return shown(
      catalog,
      await catalog.database.transaction(async (run) => {
        if (!view) return await createTable(catalog, ref, settings, run)
        expectFree(catalog, ref)
        return await putView(catalog, ref, { view, ...described(settings), before: null }, run)
      }),
    )
  },
  'tables.get': ({ catalog }, { names }) => shown(catalog, tableOf(catalog, refOf(names))),
  'tables.list'({ catalog }, { names }) {
    const tables = [...datasetOf(catalog, names['dataset'] ?? '').tables.values()]
    return { tables: tables.map((each) => shown(catalog, each)), totalItems: tables.length }
  },
  async 'tables.patch'({ catalog }, { names, body }) {
    const { view, ...change } = read(TableChange, body)
    return shown(
      catalog,
      await catalog.database.transaction(async (run) => {
        const before = tableOf(catalog, refOf(names))
        return view
          ? await putView(catalog, refOf(names), { view, ...described(change), before }, run)
          : await changeTable(catalog, before, change, run)
      }),
    )
  },
  async 'tables.delete'({ catalog }, { names }) {
    const ref = refOf(names)
    const { view } = tableOf(catalog, ref)
    await catalog.database.run(`DROP ${view ? 'VIEW' : 'TABLE'} ${rowsOf(ref)}`)
    datasetOf(catalog, ref.dataset).tables.delete(ref.table)
    return {}
  },
  async 'jobs.insert'({ catalog, jobs }, { body, fault }) {
    const job = await jobs.insert(body)
    if (fault?.kind === 'settled') await job.done
    return jobResource(catalog, job)
  },
  async 'jobs.get'({ catalog, jobs }, { names, query }) {
    const job = jobs.get(names['job'] ?? '', query.get('location'))
    await soon(job)
    return jobResource(catalog, job)
  },
  'jobs.list': ({ catalog, jobs }) => ({ jobs: jobs.all.map((each) => jobResource(catalog, each)) }),
  'jobs.cancel': ({ catalog, jobs }, { names, query }) => ({
    job: jobResource(catalog, jobs.cancel(names['job'] ?? '', query.get('location'))),
  }),
  async 'jobs.query'({ catalog, jobs }, { body }) {
    const { configuration, location, maxResults } = toQueryJob(body)
    const job = await jobs.insert({ jobReference: { projectId: catalog.project, location }, configuration })
    await soon(job)
    refuseFailed(job)
    return {
      kind: 'bigquery#queryResponse',
      ...resultPage(catalog, job, { maxResults, pageToken: null, useInt64Timestamp: true }),
    }
  },
  async 'jobs.getQueryResults'({ catalog, jobs }, { names, query }) {
    const job = jobs.get(names['job'] ?? '', query.get('location'))
    await soon(job)
    refuseFailed(job)
    const maxResults = Number(query.get('maxResults') ?? 10_000)
    const page = {
      maxResults,
      pageToken: query.get('pageToken'),
      useInt64Timestamp: query.get('formatOptions.useInt64Timestamp') === 'true',
    }
    return { kind: 'bigquery#getQueryResultsResponse', ...resultPage(catalog, job, page) }
  },
}

function shown(catalog: Catalog, table: Parameters<typeof tableResource>[1]): object {
  return tableResource(catalog, table, datasetOf(catalog, table.dataset).location)
}

function described({ description }: Pick<TableChange, 'description'>) {
  return description === undefined ? {} : { description }
}

function expectFree(catalog: Catalog, ref: ReturnType<typeof refOf>): void {
  if (!datasetOf(catalog, ref.dataset).tables.has(ref.table)) return
  throw new Refusal('duplicate', `Already Exists: Table ${fullName(catalog, ref)}`)
}

function refOf(names: Asked['names']) {
  return { dataset: names['dataset'] ?? '', table: names['table'] ?? '' }
}

/** A job that is not held back is done in a moment, so a caller need not ask twice. */
async function soon(job: Job): Promise<void> {
  if (job.isWorking) await job.done
}

function refuseFailed({ errorResult }: Job): void {
  if (!errorResult) return
  const reasons = [
    'accessDenied',
    'bytesBilledLimitExceeded',
    'duplicate',
    'invalid',
    'invalidQuery',
    'notFound',
    'notImplemented',
    'backendError',
    'quotaExceeded',
    'rateLimitExceeded',
  ] as const
  const reason = reasons.find((each) => each === errorResult.reason) ?? 'internalError'
  throw new Refusal(reason, errorResult.message, errorResult.location)
}

const QueryBody = z.strictObject({
  kind: z.string().optional(),
  query: z.string(),
  location: z.string().optional(),
  maxResults: z.coerce.number().optional(),
  timeoutMs: z.coerce.number().optional(),
  requestId: z.string().optional(),
  useLegacySql: z.literal(false),
  useQueryCache: z.boolean().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  defaultDataset: z.unknown().optional(),
  maximumBytesBilled: z.string().optional(),
  formatOptions: z.object({ useInt64Timestamp: z.literal(true) }).optional(),
  jobCreationMode: z.string().optional(),
})

function toQueryJob(body: unknown) {
  const {
    query,
    location = 'US',
    maxResults = 10_000,
    useQueryCache,
    labels,
    defaultDataset,
    maximumBytesBilled,
  } = read(QueryBody, body)
  const options = { useQueryCache, defaultDataset, maximumBytesBilled }
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  return {
    location,
    maxResults,
    configuration: { query: { query, useLegacySql: false, ...given }, ...(labels && { labels }) },
  }
}

/** @throws {Refusal} notImplemented for a setting that this server does not know, invalid for a value that cannot be. */
function read<Value>(schema: z.ZodType<Value>, body: unknown): Value {
  const { kind: _, tableReference: __, datasetReference: ___, ...rest } = z.record(z.string(), z.unknown()).parse(body)
  const parsed = schema.safeParse(rest)
  if (!parsed.success) throw notDone(z.prettifyError(parsed.error))
  return parsed.data
}
