import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { QueryText } from '../../../functions/models/compiled.ts'
import { type Catalog, createDataset } from './catalog.ts'
import { compiledQueries } from './compiled.ts'
import { openDatabase } from './database.ts'
import { createFaults, type Fault, type Faults } from './faults.ts'
import { createJobs, type Job, type JobFault } from './jobs.ts'
import type { Objects } from './load.ts'
import { createQuotas, QUOTAS, type QuotaLimits } from './quotas.ts'
import { errorBody, Refusal } from './refusal.ts'
import { HANDLERS, type Operation, toOperation, type World } from './routes.ts'

export interface BigqueryServerOptions {
  readonly project?: string
  /** Objects that the `gs://` URIs of load jobs name. */
  readonly objects?: Objects
  /** Milliseconds since 1970. */
  readonly now?: () => number
  /** Datasets that are there from the start; in `US` unless a location is given. */
  readonly datasets?: readonly (string | { readonly name: string; readonly location: string })[]
  readonly quotas?: Partial<QuotaLimits>
  /** True when jobs wait until `release`; `loads` for load jobs alone. */
  readonly hold?: 'nothing' | 'loads'
  /** Where a missing destination is told: the insertion of a load job, or the job. BigQuery does both. */
  readonly missingTable?: 'insert' | 'job'
  /** Queries of compiled models: functions that this server does not translate are run in these alone. */
  readonly queries?: readonly QueryText[]
}

/** One request that reached the server. */
export interface Call {
  readonly operation: Operation
  readonly jobId: string | null
  readonly status: number
  readonly bytesIn: number
  readonly bytesOut: number
}

/** Counts that a bill would be made of. */
export interface Usage {
  /** Requests by operation. */
  readonly calls: Readonly<Record<string, number>>
  readonly loadJobs: number
  readonly queryJobs: number
  readonly bytesLoaded: number
  readonly bytesBilled: number
}

export interface BigqueryServer {
  /** `http://127.0.0.1:PORT`: the endpoint for clients. */
  readonly url: string
  readonly project: string
  /** All requests so far, the oldest first. */
  readonly calls: readonly Call[]
  readonly faults: Faults
  /** All jobs, the oldest first. */
  jobs(): readonly Job[]
  /** All SQL that arrived, without repetitions. */
  statements(): readonly string[]
  /** Makes the next job go wrong. */
  failJob(fault: JobFault): void
  /** True when jobs wait from now on. */
  hold(what: 'nothing' | 'loads'): void
  /** Lets a job that waits say RUNNING. */
  begin(id: string): void
  /** Lets a job that waits run to its end. */
  release(id: string): Promise<void>
  usage(): Usage
  /** Rows of a query in DuckDB's SQL over `"dataset"."table"`, past the API: not counted, and never refused. */
  rows(sql: string): Promise<readonly (readonly unknown[])[]>
  close(): Promise<void>
}

/** A BigQuery on loopback, which Google's own client talks to unchanged. */
export async function startBigqueryServer(options: BigqueryServerOptions = {}): Promise<BigqueryServer> {
  const {
    project = 'acme-daybreak',
    objects = () => null,
    now = Date.now,
    datasets = [],
    missingTable = 'job',
    queries = [],
  } = options
  const folder = await mkdtemp(join(tmpdir(), 'daybreak-bigquery-'))
  const database = await openDatabase()
  const catalog: Catalog = { project, datasets: new Map(), database, queries: compiledQueries(queries), now }
  for (const each of datasets) {
    const { name, location } = typeof each === 'string' ? { name: each, location: 'US' } : each
    await createDataset(catalog, name, { location })
  }
  let held = options.hold ?? 'nothing'
  const quotas = createQuotas({ ...QUOTAS, ...options.quotas }, now)
  const holds = ({ configuration }: Pick<Job, 'configuration'>) => held === 'loads' && isLoading(configuration)
  const jobs = createJobs({ catalog, objects, folder, quotas, holds, missingTable: () => missingTable })
  const faults = createFaults()
  const calls: Call[] = []
  const server = createServer((request, response) => {
    request.on('error', () => undefined)
    response.on('error', () => undefined)
    void serve({ world: { catalog, jobs }, faults, calls }, request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    project,
    calls,
    faults,
    jobs: () => jobs.all,
    statements: () => [...new Set(jobs.all.flatMap(({ configuration }) => configuration.query?.query ?? []))],
    failJob: jobs.fault,
    hold(what) {
      held = what
    },
    begin: jobs.begin,
    release: jobs.release,
    usage: () => usageOf(calls, jobs.all),
    rows: async (sql) => (await database.run(sql)).rows,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
      await database.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A load, or the change of a partition that takes the place of one. */
function isLoading({ load, query }: Job['configuration']): boolean {
  return load !== undefined || /^\s*DELETE\b/i.test(query?.query ?? '')
}

function usageOf(calls: readonly Call[], jobs: readonly Job[]): Usage {
  const counts = new Map<string, number>()
  for (const { operation } of calls) counts.set(operation, (counts.get(operation) ?? 0) + 1)
  const sum = (values: readonly (number | undefined)[]) =>
    values.reduce<number>((total, value) => total + (value ?? 0), 0)
  return {
    calls: Object.fromEntries(counts),
    loadJobs: jobs.filter(({ configuration }) => configuration.load).length,
    queryJobs: jobs.filter(({ configuration }) => configuration.query).length,
    bytesLoaded: sum(jobs.map(({ load }) => load?.inputFileBytes)),
    bytesBilled: sum(jobs.map(({ query }) => query?.billed)),
  }
}

interface Serving {
  readonly world: World
  readonly faults: Faults
  readonly calls: Call[]
}

interface Answer {
  readonly status: number
  readonly text: string
}

async function serve(
  { world, faults, calls }: Serving,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const body = await readBody(request)
  const line = await attempt(() => toOperation(request.method ?? 'GET', url.pathname, world.catalog.project))
  if (line instanceof Refusal) return send(response, toAnswer(line))
  const fault = faults.take(line.operation)
  const asked = () =>
    HANDLERS[line.operation](world, { ...line, query: url.searchParams, body: parseJson(body), fault })
  const answer = await respond(fault, async () => {
    const result = await attempt(asked)
    return toAnswer(result)
  })
  const [, jobId = line.names['job'] ?? null] = /"jobId": ?"([^"]+)"/.exec(body) ?? []
  calls.push({
    operation: line.operation,
    jobId,
    status: answer?.status ?? 0,
    bytesIn: body.length,
    bytesOut: answer?.text.length ?? 0,
  })
  if (answer === null) request.socket.destroy()
  else send(response, answer)
}

/** The answer under a fault; null for none at all. */
async function respond(fault: Fault | undefined, work: () => Promise<Answer>): Promise<Answer | null> {
  if (fault?.kind === 'reset') return null
  if (fault?.kind === 'garbage') return { status: fault.status, text: '<html><body>502 Bad Gateway</body></html>' }
  if (fault?.kind === 'refuse') {
    const refusal = new Refusal(fault.reason, fault.message ?? `The local server says ${fault.reason}, as it was told`)
    return toAnswer(refusal, fault.status)
  }
  if (fault?.kind === 'hold') await fault.wait()
  const answer = await work()
  if (fault?.kind === 'late') await fault.until
  return fault?.kind === 'lost' ? null : answer
}

function toAnswer(result: object | Refusal, status?: number): Answer {
  if (!(result instanceof Refusal)) return { status: 200, text: JSON.stringify(result) }
  return { status: status ?? result.status, text: JSON.stringify(errorBody(result, status)) }
}

async function attempt<Result>(work: () => Result | Promise<Result>): Promise<Result | Refusal> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Refusal) return error
    return new Refusal('internalError', `The local server failed: ${error instanceof Error ? error.stack : error}`)
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece)
  return Buffer.concat(pieces).toString('utf8')
}

function parseJson(text: string): unknown {
  return text === '' ? {} : JSON.parse(text)
}

function send(response: ServerResponse, { status, text }: Answer): void {
  response.writeHead(status, {
    'content-type': 'application/json; charset=UTF-8',
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}
