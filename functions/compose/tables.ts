import { type Connection, isFileKind } from '../config/connections.ts'
import type { Project } from '../config/project.ts'
import type { TablePipeline } from '../config/table-pipeline.ts'
import { DaybreakError } from '../errors.ts'
import type { Destination } from '../pipeline/destination.ts'
import type { HookCaller } from '../pipeline/hooks/ports.ts'
import type { TableEngine, TableReader } from '../pipeline/tables/ports.ts'
import type { TableTools } from '../pipeline/tables/tools.ts'
import type { Closing } from './closing.ts'
import { type ConnectorOpening, openTableDestination, openTableReader } from './connectors.ts'

/** Pipelines of a project that copy tables. */
export function tablePipelines({ pipelines }: Pick<Project, 'pipelines'>): ReadonlyMap<string, TablePipeline> {
  return new Map([...pipelines].flatMap(([name, config]) => (config.kind === 'table' ? [[name, config] as const] : [])))
}

/** A connection by its name. @throws {DaybreakError} CONFIG_MISSING. */
export function connectionOf(
  { connections, environment }: Pick<Project, 'connections' | 'environment'>,
  name: string,
): Connection {
  const config = connections[name]
  if (config) return config
  throw new DaybreakError(
    'CONFIG_MISSING',
    `environment ${environment.environment} has no connection ${JSON.stringify(name)}`,
  )
}

/** The engine of tables of an environment, opened when the first part is made. */
export function tableEngine(
  { environment }: Project,
  { closing, tempDir }: { readonly closing: Closing; readonly tempDir: string },
) {
  let opened: Promise<TableEngine> | null = null
  return async (): Promise<TableEngine> => {
    opened ??= closing.keep(openEngine(environment.engine, tempDir))
    return await opened
  }
}

async function openEngine(
  { lanes, memoryLimit }: Project['environment']['engine'],
  tempDir: string,
): Promise<TableEngine> {
  const { openTableEngine } = await import('../adapters/duckdb/tables/engine.ts')
  return await openTableEngine({ lanes, memoryLimit, tempDir })
}

/** Readers and engine of the pipelines of tables. Nothing is connected before it is used. */
export function openTableTools(
  project: Project,
  opening: ConnectorOpening & { readonly closing: Closing; readonly hooks: HookCaller | null },
): TableTools {
  const pipelines = tablePipelines(project)
  const readers = new Map<string, Promise<TableReader>>()
  const configOf = (name: string) => {
    const config = pipelines.get(name)
    if (config) return config
    throw new DaybreakError('CONFIG_MISSING', `${name} is no pipeline of tables`)
  }
  return {
    async reader(pipeline) {
      const { source } = configOf(pipeline)
      const known = readers.get(source)
      const opened = known ?? opening.closing.keep(openTableReader(source, connectionOf(project, source), opening))
      readers.set(source, opened)
      return await opened
    },
    engine: opening.engine,
    ...(opening.hooks && { hashHook: opening.hooks.hashOf }),
    sourceKind: (pipeline) => connectionOf(project, configOf(pipeline).source).kind,
    destinationKind: (pipeline) => connectionOf(project, configOf(pipeline).destination).kind,
    schema(pipeline) {
      const config = connectionOf(project, configOf(pipeline).destination)
      return isFileKind(config.kind) ? '' : (schemaOf(config) ?? pipeline)
    },
  }
}

/** Destinations of tables that are no warehouses, by pipeline. Pipelines of one connection share it. */
export async function openTableDestinations(
  project: Project,
  opening: ConnectorOpening & { readonly closing: Closing },
): Promise<ReadonlyMap<string, Destination>> {
  const byName = Map.groupBy(tablePipelines(project).values(), ({ destination }) => destination)
  const opened = await Promise.all(
    [...byName].map(async ([name, pipelines]) => {
      const destination = await openTableDestination(connectionOf(project, name), opening)
      if (destination === null) return []
      await opening.closing.keep(Promise.resolve(destination))
      return pipelines.map(({ pipeline }) => [pipeline, destination] as const)
    }),
  )
  return new Map(opened.flat())
}

/** Schema of tables that name none; null where each pipeline has one of its own. */
function schemaOf(config: Connection): string | null {
  if (config.kind === 'postgres') return config.schema
  if (config.kind === 'sqlite') return 'main'
  return config.kind === 'mysql' ? config.database : null
}
