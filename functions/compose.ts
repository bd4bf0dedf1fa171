import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createDuckdbTransformer } from './adapters/duckdb/transformer.ts'
import { createDuckdbWarehouse } from './adapters/duckdb/warehouse.ts'
import { createFolderConnector } from './adapters/folder/connector.ts'
import { createFolderObjects } from './adapters/local/objects.ts'
import { createLocalQueue, type LocalQueue, partitionOf } from './adapters/local/queue.ts'
import { createSftpConnector } from './adapters/sftp/connector.ts'
import { openSqliteLedger } from './adapters/sqlite/ledger.ts'
import type { LocationConfig, SourceConfig } from './config/config.ts'
import { toMilliseconds } from './config/duration.ts'
import type { Project } from './config/project.ts'
import { readSecret, secretPath } from './config/secret.ts'
import { DaybreakError } from './errors.ts'
import { createIds } from './lib/id.ts'
import type { PipelineDefinition } from './pipeline/definition.ts'
import { deadLetter, handle, type Worker } from './pipeline/handle.ts'
import type { Run } from './pipeline/model.ts'
import type { Clock, Log, Ports, SourceConnector, Transformer } from './pipeline/ports.ts'
import { type RunRequest, recoverRuns, startRun } from './pipeline/run.ts'

export interface ComposeOptions {
  readonly log: Log
  readonly clock: Clock
  readonly signal?: AbortSignal
  /** Takes the place of the source that the environment names: a folder that is imported, a server of a demo. */
  readonly source?: { readonly connector: SourceConnector; readonly root: string; readonly minimumAge: number }
  /** Take the place of those of config/locations.yaml. */
  readonly locations?: readonly LocationConfig[]
  /** Takes the place of one of its own, and is not closed with the rest. */
  readonly transformer?: Transformer
  /** Wraps the ports, for a test that counts, delays or fails their calls. */
  readonly wrap?: (ports: Ports) => Ports
}

/** A project with its ports open. */
export interface Daybreak {
  readonly definitions: ReadonlyMap<string, PipelineDefinition>
  readonly ports: Ports
  readonly worker: Worker
  /** Records and sends a new run, after taking over those whose worker died. */
  start(request: RunRequest): Promise<Run>
  /** Delivers messages until none is left, and gives the run as it is then. */
  drive(run: Run): Promise<Run>
  close(): Promise<void>
}

/** Environment to adapters to ports: the only place that knows them all. */
export async function compose(project: Project, options: ComposeOptions): Promise<Daybreak> {
  const { signal } = options
  const queue = openQueue(project, options)
  const definitions = await defineAll(project, options)
  const opened = await openPorts(project, queue, options)
  const ports = options.wrap?.(opened) ?? opened
  const worker: Worker = { definitions, ports, ...(signal && { signal }) }
  return {
    definitions,
    ports,
    worker,
    async start(request) {
      await recoverRuns(ports)
      return await startRun(request, ports)
    },
    async drive(run) {
      await queue.drain((message, { others }) => handle(message, worker, others), {
        onDeadLetter: (message, error) => deadLetter(message, error, worker),
        ...(signal && { signal }),
      })
      return (await ports.ledger.run(run.id)) ?? run
    },
    async close() {
      if (!options.transformer) await opened.transformer.close()
      await opened.warehouse.close()
      await opened.ledger.close()
    },
  }
}

async function openPorts(project: Project, queue: LocalQueue, options: ComposeOptions): Promise<Ports> {
  const { environment, home } = project
  const { clock, log } = options
  const scratchRoot = join(home, 'tmp')
  const { lanes, piece_bytes, memory_limit } = environment.engine
  const warehouse = ofKind('duckdb', environment.warehouse)
  await Promise.all([scratchRoot, dirname(warehouse.path)].map((folder) => mkdir(folder, { recursive: true })))
  const connectors = await openConnectors(project, options)
  const newId = createIds({ now: () => clock.now(), randomBytes })
  return {
    clock,
    log,
    queue,
    ledger: await openSqliteLedger({ path: ofKind('sqlite', environment.ledger).path, now: () => clock.now(), newId }),
    objects: createFolderObjects({ root: ofKind('folder', environment.objects).root }),
    transformer:
      options.transformer ??
      (await createDuckdbTransformer({
        lanes,
        pieceBytes: piece_bytes,
        memoryLimit: memory_limit,
        tempDir: scratchRoot,
      })),
    warehouse: createDuckdbWarehouse({
      path: warehouse.path,
      memoryLimit: warehouse.memory_limit,
      clock,
    }),
    source: (pipeline) => known(connectors, pipeline),
    newId,
    withScratch: (work) => withScratch(scratchRoot, work),
  }
}

/** Until an adapter of the other kinds is wired here. */
function ofKind<Kind extends string, Config extends { readonly kind: string }>(
  kind: Kind,
  config: Config,
): Extract<Config, { readonly kind: Kind }> {
  const is = (value: Config): value is Extract<Config, { readonly kind: Kind }> => value.kind === kind
  if (is(config)) return config
  throw new DaybreakError('CONFIG_INVALID', `the kind ${JSON.stringify(config.kind)} cannot be opened here`)
}

function openQueue({ environment }: Project, { clock, log }: ComposeOptions): LocalQueue {
  const { engine } = environment
  const queue = ofKind('local', environment.queue)
  return createLocalQueue({
    clock,
    log,
    random: Math.random,
    maxAttempts: queue.max_attempts,
    minBackoff: toMilliseconds(queue.min_backoff),
    maxBackoff: toMilliseconds(queue.max_backoff),
    concurrency: engine.lanes,
    groupOf: partitionOf,
  })
}

async function openConnectors(
  project: Project,
  options: ComposeOptions,
): Promise<ReadonlyMap<string, SourceConnector>> {
  const connectors = new Map<string, SourceConnector>()
  for (const { pipeline, source } of project.pipelines.values()) {
    connectors.set(
      pipeline,
      options.source?.connector ?? lazily(() => openConnector(configOf(project, source), project, options)),
    )
  }
  return connectors
}

/** A connector whose key is read when it is first needed: `status` must work on a machine that has none. */
function lazily(open: () => Promise<SourceConnector>): SourceConnector {
  let opened: Promise<SourceConnector> | null = null
  return {
    name: 'source',
    async connect(signal) {
      opened ??= open()
      return await (await opened).connect(signal)
    },
  }
}

async function openConnector(
  config: SourceConfig,
  project: Project,
  { clock, log }: ComposeOptions,
): Promise<SourceConnector> {
  if (config.kind === 'folder')
    return createFolderConnector({ root: config.root, maxFileBytes: config.max_file_bytes }, { log })
  if (config.kind === 'gcs') throw new DaybreakError('CONFIG_INVALID', 'the kind "gcs" cannot be opened here')
  const settings = {
    host: config.host,
    port: config.port,
    user: config.user,
    privateKey: await readSecret(config.private_key, project),
    ...(config.passphrase && {
      passphrase: Buffer.from(await readSecret(config.passphrase, project)).toString('utf8'),
    }),
    hostKeys: config.host_keys,
    connections: config.connections,
    connectTimeout: toMilliseconds(config.connect_timeout),
    inactivityTimeout: toMilliseconds(config.inactivity_timeout),
    maxFileBytes: config.max_file_bytes,
    attempts: config.attempts,
  }
  return createSftpConnector(settings, { clock, log, random: Math.random })
}

async function defineAll(project: Project, options: ComposeOptions): Promise<ReadonlyMap<string, PipelineDefinition>> {
  const privacyKey = await readHashKey(project)
  const definitions = new Map<string, PipelineDefinition>()
  for (const config of project.pipelines.values()) {
    const source = configOf(project, config.source)
    const { schedule } = config
    definitions.set(config.pipeline, {
      name: config.pipeline,
      config,
      contracts: project.contracts.get(config.pipeline) ?? new Map(),
      locations: options.locations ?? project.locations.locations,
      root: options.source?.root ?? source.root,
      minimumAge: options.source?.minimumAge ?? toMilliseconds(source.minimum_age),
      lateAfter: toMilliseconds(schedule.late_after),
      sweepEvery: toMilliseconds(schedule.sweep_every),
      retention: toMilliseconds(schedule.retention),
      lookBackDays: Math.ceil(toMilliseconds(schedule.look_back) / 86_400_000),
      privacyKey,
      environment: project.environment.environment,
    })
  }
  return definitions
}

/** The key of the privacy class `hash`. A machine of its own makes one on first use; it must then be kept like the data. */
async function readHashKey(project: Project): Promise<Uint8Array> {
  const reference = project.environment.privacy.hash_key
  const path = secretPath(reference, project)
  if (project.environment.environment === 'local') {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await writeFile(path, randomBytes(32).toString('hex'), { flag: 'wx', mode: 0o600 }).catch(ignoreExisting)
  }
  return await readSecret(reference, project)
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}

function configOf({ environment }: Project, source: string): SourceConfig {
  const config = environment.sources[source]
  if (config) return config
  throw new DaybreakError(
    'CONFIG_MISSING',
    `environment ${environment.environment} has no source ${JSON.stringify(source)}`,
  )
}

function known<Value>(values: ReadonlyMap<string, Value>, name: string): Value {
  const value = values.get(name)
  if (value !== undefined) return value
  throw new DaybreakError('CONFIG_MISSING', `there is no pipeline ${JSON.stringify(name)} in config/pipelines`)
}

async function withScratch<Result>(root: string, work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(root, 'work-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
