import { basename, join } from 'node:path'
import { Contract } from '../contract/contract.ts'
import { DaybreakError } from '../errors.ts'
import { EnvironmentConfig, LocationsConfig, type PipelineConfig, pipelineSchema } from './config.ts'
import { ConnectionsConfig } from './connections.ts'
import type { ProjectFiles } from './disk.ts'
import { EventsConfig } from './events-config.ts'
import type { Environment } from './interpolate.ts'
import { readOnce } from './known-readings.ts'
import { isModelEnvironment, ModelEnvironmentConfig } from './model-environment.ts'
import { NotifyConfig } from './notify-config.ts'
import type { Problem } from './problem.ts'
import { type Reading, readConfig, type SchemaOf, unread } from './read.ts'

/** The files of a project as they were read, each with its problems. */
export interface Readings {
  readonly pipelines: readonly Reading<PipelineConfig>[]
  /** By the name of the folder, which is that of the pipeline. */
  readonly contracts: ReadonlyMap<string, readonly Reading<Contract>[]>
  readonly locations: Reading<LocationsConfig>
  readonly environment: Reading<EnvironmentConfig>
  /** The file of an environment of models alone, which was asked for; null for an environment with places of its own. */
  readonly modelEnvironment: Reading<ModelEnvironmentConfig> | null
  /** Environments of models alone that share the places of this one. */
  readonly modelEnvironments: readonly string[]
  /** Null where the project has no config/connections.yaml. */
  readonly connections: Reading<ConnectionsConfig> | null
  /** Null where the project has no config/events.yaml. */
  readonly events: Reading<EventsConfig> | null
  /** Null where the project has no config/notify.yaml. */
  readonly notify: Reading<NotifyConfig> | null
  /** Files that look like configuration and are not read. */
  readonly strays: readonly Problem[]
}

/** Folder, environment, variables and files that a project is read with. */
interface ReadInput {
  readonly projectDir: string
  readonly environment: string
  readonly env: Environment
  readonly files: ProjectFiles
  readonly mayBeEmpty?: boolean
}

const CONNECTIONS = 'config/connections.yaml'
const EVENTS = 'config/events.yaml'
const NOTIFY = 'config/notify.yaml'

/** Reads every file of the project that counts in an environment. @throws {DaybreakError} CONFIG_MISSING without a pipeline. */
export async function readProject({ projectDir, environment, env, files, mayBeEmpty }: ReadInput): Promise<Readings> {
  const read = <T>(schema: SchemaOf<T>, file: string) => readFile(schema, { root: projectDir, file, env, files })
  const list = async (folder: string) => (await files.list(join(projectDir, folder))).map((name) => `${folder}/${name}`)
  const yamlIn = async (folder: string) => (await list(folder)).filter((name) => name.endsWith('.yaml'))
  const pipelines = await yamlIn('config/pipelines')
  if (pipelines.length === 0 && mayBeEmpty !== true) throw noProject(projectDir)
  const contracts = pipelines.map(nameOf).map(async (pipeline) => {
    const found = await yamlIn(`config/contracts/${pipeline}`)
    return [pipeline, await Promise.all(found.map((file) => read(Contract, file)))] as const
  })
  const readings = await Promise.all(pipelines.map((file) => read<PipelineConfig>(pipelineSchema, file)))
  const locations = await read(LocationsConfig, LOCATIONS)
  const { own, base, others } = await readModelEnvironments(environment, { projectDir, env, files })
  // Pipelines that list their own shards need no locations.
  const isNeeded = readings.some(({ value }) => value?.kind !== 'files' && value?.kind !== 'table')
  return {
    pipelines: readings,
    contracts: new Map(await Promise.all(contracts)),
    locations: isNeeded || !isAbsent(locations) ? locations : NO_LOCATIONS,
    environment: await read(EnvironmentConfig, `config/environments/${base}.yaml`),
    modelEnvironment: own,
    modelEnvironments: others,
    connections: (await list('config')).includes(CONNECTIONS) ? await read(ConnectionsConfig, CONNECTIONS) : null,
    events: (await list('config')).includes(EVENTS) ? await read(EventsConfig, EVENTS) : null,
    notify: (await list('config')).includes(NOTIFY) ? await read(NotifyConfig, NOTIFY) : null,
    strays: [...(await findStrays(pipelines, list))],
  }
}

/** The environment that was asked for, and those that share its places. */
async function readModelEnvironments(
  asked: string,
  { projectDir, env, files }: Pick<ReadInput, 'projectDir' | 'env' | 'files'>,
): Promise<{
  readonly own: Reading<ModelEnvironmentConfig> | null
  readonly base: string
  readonly others: readonly string[]
}> {
  const folder = 'config/environments'
  const names = (await files.list(join(projectDir, folder))).filter((name) => name.endsWith('.yaml'))
  const found: Reading<ModelEnvironmentConfig>[] = []
  for (const name of names) {
    // A file that cannot be read is told of where it is asked for.
    const bytes = await files.read(join(projectDir, folder, name)).catch(() => null)
    if (bytes === null || !isModelEnvironment(new TextDecoder('utf-8').decode(bytes))) continue
    found.push(await readFile(ModelEnvironmentConfig, { root: projectDir, file: `${folder}/${name}`, env, files }))
  }
  const own = found.find(({ file }) => nameOf(file) === asked) ?? null
  const base = own?.value?.modelsOf ?? asked
  const others = found.flatMap(({ value }) => (value?.modelsOf === base ? [value.environment] : []))
  return { own, base, others: others.toSorted() }
}

const LOCATIONS = 'config/locations.yaml'
const NO_LOCATIONS: Reading<LocationsConfig> = {
  ...unread(LOCATIONS, 'CONFIG_MISSING', 'this file does not exist'),
  value: { version: 1, locations: [] },
  problems: [],
}

function isAbsent({ problems }: Reading<unknown>): boolean {
  return problems.some(({ code }) => code === 'CONFIG_MISSING')
}

/** Files that end in .yml, and folders of contracts that belong to no pipeline. Their author expects them to be read, so each is a problem. */
async function findStrays(
  pipelines: readonly string[],
  list: (folder: string) => Promise<readonly string[]>,
): Promise<readonly Problem[]> {
  const owned = pipelines.map((file) => `config/contracts/${nameOf(file)}`)
  const folders = ['config', 'config/pipelines', 'config/environments', ...owned]
  const found = (await Promise.all(folders.map(list))).flat().filter((file) => file.endsWith('.yml'))
  const lost = (await list('config/contracts')).filter(
    (path) => !owned.includes(path) && !basename(path).startsWith('.'),
  )
  return [
    ...found.flatMap((file) => unread(file, 'CONFIG_INVALID', 'is not read: rename it to .yaml').problems),
    ...lost.flatMap((file) => unread(file, 'CONFIG_INVALID', 'is not read: no pipeline has this name').problems),
  ]
}

interface FileInput {
  /** Folder that the name of the file is relative to. */
  readonly root: string
  readonly file: string
  readonly env: Environment
  readonly files: ProjectFiles
}

/** One file of a schema. Never throws: an absent or unreadable file is a problem of its own. */
export async function readFile<T>(schema: SchemaOf<T>, { root, file, env, files }: FileInput): Promise<Reading<T>> {
  try {
    const bytes = await files.read(join(root, file))
    if (bytes === null) return unread(file, 'CONFIG_MISSING', 'this file does not exist')
    const input = { file, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), env }
    return readOnce(schema, input, () => readConfig(schema, input))
  } catch (error) {
    if (error instanceof DaybreakError) return unread(file, 'CONFIG_INVALID', error.message)
    const why =
      error instanceof TypeError ? 'is not text in UTF-8' : error instanceof Error ? error.message : String(error)
    return unread(file, 'CONFIG_INVALID', `this file cannot be read: ${why}`)
  }
}

/** `toast` of `config/pipelines/toast.yaml`: the name that the file itself must have. */
export function nameOf(file: string): string {
  return basename(file, '.yaml')
}

function noProject(projectDir: string): DaybreakError {
  const message = `${projectDir} is no project: config/pipelines holds no .yaml file there`
  return new DaybreakError('CONFIG_MISSING', message, { details: { next: 'daybreak validate --project-dir DIR' } })
}
