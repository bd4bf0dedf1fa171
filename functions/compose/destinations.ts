import { dirname } from 'node:path'
import { expectOwnFile, makeOwnFolder } from '../adapters/local/own-folder.ts'
import type { DestinationConfig } from '../config/connections.ts'
import type { Project } from '../config/project.ts'
import { DaybreakError } from '../errors.ts'
import type { Warehouse } from '../pipeline/destination.ts'
import type { Clock, Log } from '../pipeline/ports.ts'
import { googleOf } from './google.ts'

/** A destination that is in use. */
export interface DestinationInUse {
  /** Name of the connection; `warehouse` for that of the environment. */
  readonly name: string
  /** The key that says it, for messages. */
  readonly key: string
  readonly config: DestinationConfig
  /** Names of the pipelines that load into it. At least one. */
  readonly pipelines: readonly string[]
}

/** Destinations that the pipelines of a project load into, in the order of the pipelines. */
export function destinationsInUse(
  project: Pick<Project, 'pipelines' | 'destinations' | 'environment'>,
): readonly DestinationInUse[] {
  const byName = Map.groupBy(project.pipelines.values(), ({ destination }) => destination)
  return [...byName].map(([name, all]) => {
    const pipelines = all.map(({ pipeline }) => pipeline)
    if (name === undefined)
      return { name: 'warehouse', key: 'warehouse', config: project.environment.warehouse, pipelines }
    const config = project.destinations[name]
    if (config !== undefined) return { name, key: `connections.${name}`, config, pipelines }
    const message = `environment ${project.environment.environment} has no destination ${JSON.stringify(name)}`
    throw new DaybreakError('CONFIG_MISSING', message)
  })
}

/** Asked before anything opens. @throws {DaybreakError} CONFIG_INVALID. */
export async function expectDestinationPlaces(project: Project): Promise<void> {
  for (const { key, config } of destinationsInUse(project))
    if (config.kind === 'duckdb') await expectOwnFile(config.path, `${key}.path`)
}

interface DestinationOptions {
  readonly clock: Clock
  readonly log: Log
  /** For commands that only look at tables. */
  readonly readOnlyWarehouse?: boolean
}

// A look has time; a load goes back to its queue instead.
const READER_PATIENCE = 60_000

type Open<Kind> = (
  config: Extract<DestinationConfig, { readonly kind: Kind }>,
  project: Project,
  options: DestinationOptions & { readonly key: string },
) => Promise<Warehouse>

/** How each kind is opened. Its package is loaded then, so that no command waits for one that it does not use. */
const OPENERS: { readonly [Kind in DestinationConfig['kind']]: Open<Kind> } = {
  async duckdb({ path, memory_limit: memoryLimit }, _, { clock, log, key, readOnlyWarehouse = false }) {
    const { openDuckdbWarehouse } = await import('../adapters/duckdb/warehouse/warehouse.ts')
    await makeOwnFolder(dirname(path), `${key}.path`)
    const settings = { path, memoryLimit, clock, log }
    return openDuckdbWarehouse(
      readOnlyWarehouse ? { ...settings, readOnly: true, patience: READER_PATIENCE } : settings,
    )
  },
  async bigquery(config, project, { clock, log }) {
    const { openBigqueryWarehouse } = await import('../adapters/bigquery/warehouse.ts')
    const { project: id, endpoints } = googleOf(project)
    return openBigqueryWarehouse({
      project: id,
      location: config.location,
      endpoint: endpoints?.bigquery,
      maximumBytesBilled: config.maximum_bytes_billed,
      createTables: config.create_tables,
      clock,
      log,
      random: Math.random,
    })
  },
}

/** Opens a destination of a project. */
export async function openDestination(
  { key, config }: Pick<DestinationInUse, 'key' | 'config'>,
  project: Project,
  { clock, log, readOnlyWarehouse = false }: DestinationOptions,
): Promise<Warehouse> {
  const options = { clock, log, readOnlyWarehouse, key }
  return config.kind === 'duckdb'
    ? await OPENERS.duckdb(config, project, options)
    : await OPENERS.bigquery(config, project, options)
}
