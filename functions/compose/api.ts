import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isOwnToken } from '../adapters/oidc/tokens.ts'
import type { ApiContext, Authentication, RunLog, TokenSigner } from '../api/context.ts'
import { createLimits, LIMITS, type LimitTable } from '../api/limits.ts'
import { seenOf } from '../api/site.ts'
import type { Daybreak } from '../compose.ts'
import type { Environment } from '../config/interpolate.ts'
import { loadProject, type Project } from '../config/project.ts'
import { DaybreakError, toDaybreakError } from '../errors.ts'
import { bearerOf } from '../http/access.ts'
import { expectNative } from '../http/guard.ts'
import type { LoopbackSessions, SignedIn } from '../http/session.ts'
import { compiledOf, type ModelSet } from '../models/model-set.ts'
import { type AsOfAnswer, type AsOfRequest, modelAsOf } from '../pipeline/build/as-of.ts'
import { DATASETS } from '../pipeline/build/task.ts'
import { isWriting, type Log, type Question, type Reader } from '../pipeline/ports.ts'
import { planApply } from '../pipeline/work/apply-models.ts'
import { requestBuilds } from '../pipeline/work/request-builds.ts'
import { readCatalogFiles } from './catalog.ts'
import { boundedCompare } from './compare-bounded.ts'
import { destinationsInUse } from './destinations.ts'
import { readLineage } from './lineage.ts'
import { lineageEvents } from './lineage-sending.ts'
import { partRowsReader } from './part-rows.ts'
import { openReader } from './reader.ts'
import { trySending } from './send-now.ts'
import { tryConnection } from './test-connection.ts'

/** Clock, log and ways of a process that answers the API. */
interface ApiOptions {
  readonly authentication: Authentication
  readonly log: Log
  readonly runLog: RunLog
  readonly tokens: TokenSigner | null
  readonly version: string
  readonly env: Environment
  readonly stopping: AbortSignal
  readonly maxBodyBytes: number
  /** The command that starts this program again, without arguments. */
  readonly program: readonly string[]
  readonly traced?: ApiContext['traced']
  readonly limits?: LimitTable
}

/** An open project, as the routes of the API work with it. */
export function createApiContext(daybreak: Daybreak, project: Project, options: ApiOptions): ApiContext {
  const { definitions, ports, people: ledger } = daybreak
  const { log, runLog, version, stopping, maxBodyBytes, authentication, tokens, env, program } = options
  const now = () => ports.clock.now()
  const { models } = daybreak.worker
  const lineage = keepOnce(() => readLineage(project, models?.compiled ?? new Map()))
  return {
    ...{
      project,
      definitions,
      ports,
      ledger,
      authentication,
      tokens,
      maxBodyBytes,
      version,
      log,
      now,
      stopping,
      runLog,
    },
    limits: createLimits(options.limits ?? LIMITS, now),
    traced: options.traced ?? ((_, work) => work()),
    start: (request) => daybreak.start(request),
    models: (environment) => shownModels(environment, daybreak),
    modelEnvironments: async () => ((await models?.inUse(ports)) ?? []).map(({ views }) => views),
    async lineage(environment) {
      if (environment === undefined || environment === DATASETS.views) return await lineage()
      return await readLineage(project, compiledOf((await shownModels(environment, daybreak)) ?? new Map()))
    },
    lineageEvents: async () =>
      lineageEvents(await lineage(), project, { models: models?.compiled ?? new Map(), now: now() }),
    catalogFiles: keepOnce(async () => await readCatalogFiles(project, await lineage())),
    planModels: () => planApply(daybreak.worker),
    requestBuilds: (windows) => requestBuilds(windows, daybreak.worker),
    async reader(pipeline) {
      const found = destinationsInUse(project).find(({ pipelines }) => pipelines.includes(pipeline))
      if (!found) throw new DaybreakError('NOT_FOUND', `there is no pipeline ${JSON.stringify(pipeline)}`)
      // The tables of one pipeline are named, although its destination may hold those of others.
      return await openReader({ ...found, pipelines: [pipeline] }, project, {
        ...{ clock: ports.clock, log, program, priority: BEHIND_LOADS },
      })
    },
    validate: () => problemsOf(project, env),
    fileText: (path) => readText(project, path),
    partRows: partRowsReader(ports),
    modelAsOf: (request) => pastOf(request, daybreak),
    sendNow: (name, config, outgoing) => trySending(name, config, { ...outgoing, project, clock: ports.clock, log }),
    testConnection: (name) => tryConnection(name, project, { clock: ports.clock, log }),
    compare: boundedCompare(daybreak),
    parquet: (reader, question) => parquetOf(reader, question, ports.withScratch),
  }
}

/** Models that the views of an environment show. @throws {DaybreakError} NOT_FOUND. */
async function shownModels(
  environment: string | undefined,
  { worker: { models }, ports }: Pick<Daybreak, 'worker' | 'ports'>,
): Promise<ModelSet | null> {
  const used = (await models?.inUse(ports)) ?? []
  const found = environment === undefined ? used[0] : used.find(({ views }) => views === environment)
  if (found || environment === undefined) return found?.set ?? null
  const known = used.map(({ views }) => views)
  const names = known.length === 0 ? 'none' : known.join(', ')
  const message = `no environment of models is called ${JSON.stringify(environment)}; expected one of: ${names}`
  throw new DaybreakError('NOT_FOUND', message)
}

// Half the share of a process that loads.
const BEHIND_LOADS = 3

/** Gives the first result of some work again and again; a failure is tried anew. */
function keepOnce<Result>(work: () => Promise<Result>): () => Promise<Result> {
  let kept: Promise<Result> | null = null
  return async () => {
    kept ??= work()
    return await kept.catch((error: unknown) => {
      kept = null
      throw error
    })
  }
}

/** Callers of a laptop: a page with a session, or a program with the token of the machine or an API token. */
export function loopbackAuthentication(
  sessions: LoopbackSessions,
  byToken: (token: string) => Promise<SignedIn>,
): Authentication {
  return {
    expectNative: (request) => expectNative(seenOf(request)),
    async authenticate(request) {
      const bearer = bearerOf(request)
      if (bearer === null || !isOwnToken(bearer)) return sessions.authenticate(seenOf(request))
      expectNative(seenOf(request))
      return await byToken(bearer)
    },
    enter: (token) => sessions.enter(token),
    issue: () => sessions.issue(),
    leave: (request) => sessions.leave(seenOf(request)),
  }
}

async function problemsOf({ projectDir, environment: { environment } }: Project, env: Environment) {
  try {
    await loadProject({ projectDir, environment, env })
    return []
  } catch (error) {
    const { code, message } = toDaybreakError(error)
    if (code === 'INTERNAL') throw error
    return message.split('\n').map((line) => {
      const [, place = '', text = line] = /^(\S+:\d+:\d+) (.*)$/.exec(line) ?? []
      return { place, message: text }
    })
  }
}

async function readText({ projectDir }: Project, path: string): Promise<string> {
  try {
    return await readFile(join(projectDir, path), 'utf8')
  } catch (cause) {
    throw new DaybreakError('NOT_FOUND', `the project has no file ${path}`, { cause })
  }
}

// Enough for one date of a thousand locations; what is more goes to the scratch folder.
const PAST_MEMORY = '512MB'

async function pastOf(request: AsOfRequest, { definitions, ports, worker }: Daybreak): Promise<AsOfAnswer> {
  const { openDuckdbWarehouse } = await import('../adapters/duckdb/warehouse/warehouse.ts')
  return await ports.withScratch(async (folder) => {
    const { clock, log, ledger, objects } = ports
    const warehouse = openDuckdbWarehouse({ path: join(folder, 'past.duckdb'), memoryLimit: PAST_MEMORY, clock, log })
    const compiled = worker.models?.compiled ?? new Map()
    try {
      return await modelAsOf(request, { ledger, objects, clock, definitions, compiled, scratch: { warehouse, folder } })
    } finally {
      await warehouse.close()
    }
  })
}

/** A scratch folder lives as long as its file is read. */
async function* parquetOf(
  reader: Reader,
  question: Question,
  withScratch: Daybreak['ports']['withScratch'],
): AsyncGenerator<Uint8Array> {
  if (!isWriting(reader))
    throw new DaybreakError('USAGE_INVALID', 'format: the tables are in a system that writes no Parquet here')
  const done = Promise.withResolvers<void>()
  const opened = Promise.withResolvers<string>()
  const scratch = withScratch(async (folder) => {
    const path = join(folder, 'rows.parquet')
    await reader.write(question, { path, format: 'parquet' })
    opened.resolve(path)
    await done.promise
  })
  scratch.catch(opened.reject)
  try {
    for await (const chunk of createReadStream(await opened.promise)) yield chunk as Uint8Array
  } finally {
    done.resolve()
    await scratch.catch(() => undefined)
  }
}
