import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { makeOwnFolder } from './adapters/local/own-folder.ts'
import { createProcesses } from './adapters/local/processes.ts'
import { openScripts } from './adapters/local/scripts.ts'
import { type Closing, createClosing } from './compose/closing.ts'
import { compareStream } from './compose/compare.ts'
import type { ConnectorOpening } from './compose/connectors.ts'
import { defineAll } from './compose/definitions.ts'
import { destinationsInUse, expectDestinationPlaces, openDestination } from './compose/destinations.ts'
import { openHashKey } from './compose/hash-key.ts'
import { openHooks } from './compose/hooks.ts'
import { lineageTargets, openLineageSending } from './compose/lineage-sending.ts'
import { withModels } from './compose/model-destination.ts'
import { readCompiledModels } from './compose/models.ts'
import { expectLedgerHere, openLedger, openObjects, openTransformer, scratchBelow } from './compose/ports.ts'
import { type OpenQueue, openQueue } from './compose/queue.ts'
import { openSecrets } from './compose/secrets.ts'
import { openSource, sourceConfig } from './compose/sources.ts'
import { type TablePlans, tablePlans } from './compose/table-plans.ts'
import { openTableDestinations, openTableTools, tableEngine, tablePipelines } from './compose/tables.ts'
import type { LocationConfig } from './config/config.ts'
import type { Project } from './config/project.ts'
import type { SecretReader } from './config/secret.ts'
import { DaybreakError } from './errors.ts'
import { createIds } from './lib/id.ts'
import { MODELS, type Models } from './models/order.ts'
import { createModelProject } from './pipeline/build/project.ts'
import type { PipelineDefinition } from './pipeline/definition.ts'
import type { Destination } from './pipeline/destination.ts'
import type { ImportedLocation, Run } from './pipeline/entities.ts'
import type { PeopleLedger } from './pipeline/people/reads.ts'
import type { Clock, Log, Ports, SourceConnector, Transformer } from './pipeline/ports.ts'
import { wordsOf } from './pipeline/slice-words.ts'
import type { Comparison } from './pipeline/tables/compare.ts'
import type { TableDefinition, TableTools } from './pipeline/tables/tools.ts'
import { exportAudit } from './pipeline/work/export-audit.ts'
import { keepImported } from './pipeline/work/imported-record.ts'
import { lineageHandler } from './pipeline/work/lineage.ts'
import { forgetOldEntries } from './pipeline/work/retention.ts'
import { LEASE, type RunRequest, recoverRuns, startRun } from './pipeline/work/run.ts'
import type { Worker } from './pipeline/work/worker.ts'

/** Clock, log and replacements that a project's ports are opened with. */
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
  /** Take the place of those of config/models/compiled.json. */
  readonly models?: Models
  /** Opens the warehouse together with other readers, for a command that only reads tables. */
  readonly readOnlyWarehouse?: boolean
  /** Wraps the ports, for a test that counts, delays or fails their calls. */
  readonly wrap?: (ports: Ports) => Ports
}

/** A project with its ports open. */
export interface Daybreak {
  readonly definitions: ReadonlyMap<string, PipelineDefinition>
  readonly ports: Ports
  /** The ledger of the ports, as people use it. */
  readonly people: PeopleLedger
  /** Plans runs of pipelines of tables; null where no pipeline copies tables. */
  readonly tablePlans: TablePlans | null
  /** Compares both sides of a stream, and names so many keys at most; null where no pipeline copies tables. */
  readonly compare: ((definition: TableDefinition, stream: string, most: number) => Promise<Comparison>) | null
  readonly worker: Worker
  /** Records and sends a new run, after taking over those whose worker died. */
  start(request: RunRequest): Promise<Run>
  /** Records locations that an import brings in, so that every later command knows their zone. */
  rememberLocations(locations: readonly ImportedLocation[]): Promise<void>
  /**
   * Brings a run to its end, and gives it as it is then. With a queue of this process it delivers messages until none is
   * left; where others deliver them, it waits for them.
   */
  drive(run: Run): Promise<Run>
  /** Delivers messages of this process as they come, until the signal aborts; null where they are pushed over HTTP. */
  readonly work: ((signal: AbortSignal) => Promise<void>) | null
  close(): Promise<void>
}

/** Environment to adapters to ports: this file and its folder are the only places that know them all. */
export async function compose(project: Project, options: ComposeOptions): Promise<Daybreak> {
  expectLedgerHere(project)
  await expectPlaces(project)
  const closing = createClosing()
  try {
    return await composeOpen(project, { ...options, closing })
  } catch (error) {
    // Why it did not open says more than what then failed to close.
    await closing.close().catch(() => undefined)
    throw error
  }
}

async function composeOpen(
  project: Project,
  options: ComposeOptions & { readonly closing: Closing },
): Promise<Daybreak> {
  const { signal, clock, log, closing } = options
  const secrets = await closing.keep(openSecrets(project, { clock, log }))
  const compiled = options.models ?? new Map(Object.entries((await readCompiledModels(project.projectDir)).models))
  const { opened, queue, people, tables, opening } = await openPorts(project, { ...options, secrets, models: compiled })
  const ports = options.wrap?.(opened) ?? opened
  const hashKey = await openHashKey(project, { secrets, ledger: opened.ledger, clock })
  const define = async () =>
    await defineAll(project, { ...options, hashKey, imported: await opened.ledger.importedLocations() })
  const definitions = new Map(await define())
  const auditPorts = { ledger: people, objects: ports.objects, clock }
  const models =
    compiled.size > 0 &&
    createModelProject(compiled, {
      environment: project.environment.environment,
      views: project.modelViews,
    })
  const targets = lineageTargets(project)
  const worker: Worker = {
    definitions,
    ports,
    exportAudit: () => exportAudit(auditPorts),
    ...(signal && { signal }),
    ...(models && { models }),
    ...(tables && { tables }),
    ...(targets.length > 0 && { lineage: targets }),
    handlers: new Map([['lineage', lineageHandler(openLineageSending(project, { secrets, models: compiled }))]]),
  }
  const { work } = queue
  return {
    definitions,
    ports,
    people,
    compare:
      tables &&
      ((definition, stream, most) =>
        compareStream(definition, stream, { project, ports, tools: tables, opening, most })),
    tablePlans: tables && tablePlans(tables, ports),
    worker,
    async start(request) {
      // A queue of this process forgot what a worker that died had in hand; one that is a service goes on delivering it.
      await recoverRuns(ports, queue.work ? { silentFor: LEASE / 3 } : {})
      await forgetOldEntries(ports)
      return await startRun(request, ports)
    },
    async drive(run) {
      await queue.drive(run, worker)
      return (await ports.ledger.run(run.id)) ?? run
    },
    work: work && ((until) => work(worker, until)),
    async rememberLocations(locations) {
      await keepImported(locations, ports)
      await ports.ledger.apply(locations.map((location) => ({ change: 'location_imported', location })))
      for (const [name, definition] of await define()) definitions.set(name, definition)
    },
    close: () => closing.close(),
  }
}

/** Asked before anything opens. @throws {DaybreakError} CONFIG_INVALID. */
async function expectPlaces(project: Project): Promise<void> {
  const { home, environment } = project
  const { objects } = environment
  await makeOwnFolder(home, 'DAYBREAK_HOME')
  if (objects.kind === 'folder') await makeOwnFolder(objects.root, 'objects.root')
  await expectDestinationPlaces(project)
}

// Models have the nouns of restaurants.
const NIGHTLY = { kind: 'nightly' } as const

interface Opening extends ComposeOptions {
  readonly models: Models
  readonly closing: Closing
  readonly secrets: SecretReader
}

async function openPorts(
  project: Project,
  options: Opening,
): Promise<{
  readonly opened: Ports
  readonly queue: OpenQueue
  readonly people: PeopleLedger
  /** Null where no pipeline copies tables. */
  readonly tables: TableTools | null
  readonly opening: ConnectorOpening
}> {
  const { clock, log, closing } = options
  const scratchRoot = join(project.home, 'tmp')
  await makeOwnFolder(scratchRoot, 'DAYBREAK_HOME')
  const connectors = openConnectors(project, options)
  const withScratch = scratchBelow(scratchRoot)
  const engine = tableEngine(project, { closing, tempDir: scratchRoot })
  const opening = { ...options, project, engine, withScratch }
  // The queue is the last, so it is closed first and gives out no more work.
  const [ledger, objects, destinations, transformer, queue] = await Promise.all([
    closing.keep(openLedger(project, options)),
    openObjects(project, options),
    openDestinations(project, opening).then((all) => withModels(all, options.models)),
    options.transformer ?? closing.keep(openTransformer(project, scratchRoot)),
    closing.keep(openQueue(project, { clock, log })),
  ])
  const hooks = openHooks(project, opening)
  const opened: Ports = {
    clock,
    log,
    queue: queue.queue,
    ledger,
    objects,
    transformer,
    scripts: openScripts(),
    ...(hooks && { hooks }),
    destination: (pipeline) => known(destinations, pipeline),
    source: (pipeline) => known(connectors, pipeline),
    words: (pipeline) =>
      wordsOf({
        config: pipeline === MODELS ? NIGHTLY : known(project.pipelines, pipeline),
        contracts: project.contracts.get(pipeline) ?? new Map(),
      }),
    newId: createIds({ now: () => clock.now(), randomBytes }),
    processes: queue.work ? createProcesses() : null,
    withScratch,
  }
  const tables = tablePipelines(project).size > 0 ? openTableTools(project, { ...opening, hooks }) : null
  return { opened, queue, people: ledger, tables, opening }
}

/** By pipeline. Pipelines of one destination share it. */
async function openDestinations(
  project: Project,
  options: Opening & ConnectorOpening,
): Promise<ReadonlyMap<string, Destination>> {
  const opened = await Promise.all(
    destinationsInUse(project).map(async (each) => {
      const destination = await options.closing.keep(openDestination(each, project, options))
      return each.pipelines.map((pipeline) => [pipeline, destination] as const)
    }),
  )
  return new Map([...opened.flat(), ...(await openTableDestinations(project, options))])
}

function openConnectors(project: Project, options: Opening): ReadonlyMap<string, SourceConnector> {
  return new Map(
    [...project.pipelines.values()]
      .filter(({ kind }) => kind !== 'table')
      .map(({ pipeline, source }) => [
        pipeline,
        options.source?.connector ?? openSource(sourceConfig(project, source), project, options),
      ]),
  )
}

function known<Value>(values: ReadonlyMap<string, Value>, name: string): Value {
  const value = values.get(name)
  if (value !== undefined) return value
  throw new DaybreakError('CONFIG_MISSING', `there is no pipeline ${JSON.stringify(name)} in config/pipelines`)
}
