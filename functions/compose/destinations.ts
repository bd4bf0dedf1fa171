import { expectOwnFile } from '../adapters/local/own-folder.ts'
import { type DestinationConfig, pathsOf } from '../config/connections.ts'
import type { Project } from '../config/project.ts'
import { DaybreakError } from '../errors.ts'
import type { Destination } from '../pipeline/destination.ts'
import type { Clock, Log } from '../pipeline/ports.ts'
import { DESTINATIONS, type DestinationKind } from './destination-kinds.ts'

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

/** Warehouses that the pipelines of a project load into, in the order of the pipelines. Other destinations of tables are in compose/tables.ts. */
export function destinationsInUse(
  project: Pick<Project, 'pipelines' | 'destinations' | 'environment'>,
): readonly DestinationInUse[] {
  const inWarehouses = [...project.pipelines.values()].filter(
    ({ kind, destination = '' }) => kind !== 'table' || project.destinations[destination] !== undefined,
  )
  const byName = Map.groupBy(inWarehouses, ({ destination }) => destination)
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
    for (const [member, path] of pathsOf(config)) await expectOwnFile(path, `${key}.${member}`)
}

interface DestinationOptions {
  readonly clock: Clock
  readonly log: Log
  /** For commands that only look at tables. */
  readonly readOnlyWarehouse?: boolean
}

/** Opens a destination of a project. */
export async function openDestination(
  { key, config }: Pick<DestinationInUse, 'key' | 'config'>,
  project: Project,
  { clock, log, readOnlyWarehouse: readOnly = false }: DestinationOptions,
): Promise<Destination> {
  const kind: DestinationKind = DESTINATIONS[config.kind]
  return await kind.open(config, { project, clock, log, key, readOnly })
}
