import { join, resolve } from 'node:path'
import { Contract } from '../contract/contract.ts'
import { referenceChecks } from '../contract/references.ts'
import { DaybreakError } from '../errors.ts'
import { allStreams, type EnvironmentConfig, type LocationsConfig, type PipelineConfig } from './config.ts'
import type { Connection, DestinationConfig } from './connections.ts'
import { diskFiles, type ProjectFiles } from './disk.ts'
import type { EventConfig } from './events-config.ts'
import type { Environment } from './interpolate.ts'
import { mergeConnections } from './merge-connections.ts'
import { viewsOf } from './model-environment.ts'
import type { NotifyConfig } from './notify-config.ts'
import { connectionsAt, notifyAt, withAbsolutePaths } from './places.ts'
import { problemsError } from './problem.ts'
import { checkProject, contractProblems } from './project-checks.ts'
import { nameOf, type Readings, readFile, readProject } from './read-project.ts'

/** Everything the YAML of a project says, checked as a whole, for one environment. */
export interface Project {
  /** Absolute. */
  readonly projectDir: string
  /** Folder of local data, absolute: `DAYBREAK_HOME`, else `.daybreak` in the project. */
  readonly home: string
  /** Folder of the secrets of this machine, absolute: `DAYBREAK_SECRETS_DIR`, else `<home>/secrets`. */
  readonly secretsDir: string
  readonly pipelines: ReadonlyMap<string, PipelineConfig>
  /** By pipeline and stream, in the order of the pipeline's `streams`, then `optional_streams`. */
  readonly contracts: ReadonlyMap<string, ReadonlyMap<string, Contract>>
  readonly locations: LocationsConfig
  /** Paths in it are absolute. `sources` has all connections of that role, also those of config/connections.yaml. */
  readonly environment: EnvironmentConfig
  /** Dataset of the views of models: `models`, or that of an environment of models alone. */
  readonly modelViews: string
  /** Environments of models alone that share the places of this one. */
  readonly modelEnvironments: readonly string[]
  /** Connections that a pipeline may name as its destination. Paths in them are absolute. */
  readonly destinations: Readonly<Record<string, DestinationConfig>>
  /** All connections by name, in any role. Paths in them are absolute. */
  readonly connections: Readonly<Record<string, Connection>>
  /** Days that are known to be unusual; none without config/events.yaml. */
  readonly events: readonly EventConfig[]
  /** Paths in it are absolute. Null in a project that tells no person. */
  readonly notify: NotifyConfig | null
}

/** Folder, environment and variables that a project is read with. */
export interface ProjectInput {
  /** Absolute. */
  readonly projectDir: string
  /** A file of config/environments, without .yaml. */
  readonly environment: string
  readonly env: Environment
  readonly files?: ProjectFiles
  /** True for work on models and for looking: an environment of models alone is refused for all else. */
  readonly isForModels?: boolean
  /** True where the first pipeline is still to be written. */
  readonly mayBeEmpty?: boolean
}

/**
 * Reads and cross-checks all YAML of a project: config/pipelines, config/contracts/<pipeline>, config/locations.yaml,
 * config/connections.yaml, config/events.yaml and config/notify.yaml where they exist, and the environment's file. `${DAYBREAK_HOME}` always has a value there.
 * @throws {DaybreakError} CONFIG_INVALID, or CONFIG_MISSING when all that is wrong is something missing; its message has one
 * `file:line:column sentence` for every problem of every file.
 */
export async function loadProject(input: ProjectInput): Promise<Project> {
  const { projectDir, environment, files = diskFiles, mayBeEmpty = false } = input
  if (!/^[a-z][a-z0-9_-]{0,30}$/.test(environment)) {
    throw new DaybreakError('USAGE_INVALID', `"${environment}" is no environment; expected a name such as local`)
  }
  const home = homeOf(projectDir, input.env)
  const env = { ...input.env, DAYBREAK_HOME: home }
  const readings = await readProject({ projectDir, environment, env, files, mayBeEmpty })
  const problems = checkProject(readings)
  if (problems.length > 0) throw problemsError(problems)
  if (readings.modelEnvironment !== null && input.isForModels !== true) throw onlyForModels(readings)
  return assemble(readings, { projectDir, home, env })
}

function onlyForModels({ modelEnvironment, environment }: Readings): DaybreakError {
  const [own, base] = [nameOf(modelEnvironment?.file ?? ''), nameOf(environment.file)]
  const message = `${own} is an environment of models alone: its files, ledger and tables are those of ${base}; use \`-e ${base}\` here, and \`-e ${own}\` with model plan, apply, build, diff and releases`
  return new DaybreakError('USAGE_INVALID', message, { details: { next: `daybreak model plan -e ${own}` } })
}

/**
 * Pure: the folder of all that a project keeps on this machine. A relative DAYBREAK_HOME begins at the project, as each path of its
 * files does, so a command finds the same data from any folder.
 */
export function homeOf(projectDir: string, { DAYBREAK_HOME: home }: Environment): string {
  return resolve(projectDir, home || '.daybreak')
}

/** One contract file. @throws {DaybreakError} CONFIG_INVALID, CONFIG_MISSING. */
export async function loadContract(path: string, env: Environment, files = diskFiles): Promise<Contract> {
  const reading = await readFile(Contract, { root: '', file: path, env, files })
  const problems = contractProblems(reading)
  if (reading.value === null || problems.length > 0) throw problemsError(problems)
  return reading.value
}

interface Places {
  readonly projectDir: string
  readonly home: string
  readonly env: Environment
}

function assemble(readings: Readings, { projectDir, home, env }: Places): Project {
  const { pipelines, contracts, locations, environment } = readings
  const { sources, destinations, all } = mergeConnections(readings)
  const known = pipelines.flatMap(({ value }) => (value ? [value] : []))
  const streams = new Map(
    known.map((pipeline) => [pipeline.pipeline, inOrder(allStreams(pipeline), contracts.get(pipeline.pipeline) ?? [])]),
  )
  if (!locations.value || !environment.value) throw new TypeError('a reading without problems has no value')
  return {
    projectDir,
    home,
    secretsDir: env.DAYBREAK_SECRETS_DIR ? resolve(projectDir, env.DAYBREAK_SECRETS_DIR) : join(home, 'secrets'),
    pipelines: new Map(
      known.map((pipeline) => [
        pipeline.pipeline,
        withReferences(pipeline, streams.get(pipeline.pipeline) ?? new Map()),
      ]),
    ),
    contracts: streams,
    locations: locations.value,
    environment: withAbsolutePaths({ ...environment.value, sources }, { projectDir, home: env.HOME }),
    modelViews: readings.modelEnvironment?.value ? viewsOf(readings.modelEnvironment.value.environment) : 'models',
    modelEnvironments: readings.modelEnvironments,
    destinations: connectionsAt(destinations, { projectDir, home: env.HOME }),
    connections: connectionsAt(all, { projectDir, home: env.HOME }),
    events: readings.events?.value?.events ?? [],
    notify: readings.notify?.value ? notifyAt(readings.notify.value, { projectDir, home: env.HOME }) : null,
  }
}

/** The pipeline with the checks of its contracts' references before its own. */
function withReferences(pipeline: PipelineConfig, streams: ReadonlyMap<string, Contract>): PipelineConfig {
  const references = referenceChecks(streams)
  return references.length === 0 ? pipeline : { ...pipeline, checks: [...references, ...pipeline.checks] }
}

function inOrder(streams: readonly string[], readings: readonly { file: string; value: Contract | null }[]) {
  const byName = new Map(readings.map(({ file, value }) => [nameOf(file), value]))
  return new Map(
    streams.flatMap((stream) => {
      const contract = byName.get(stream)
      return contract ? [[stream, contract] as const] : []
    }),
  )
}
