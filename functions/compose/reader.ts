import type { Project } from '../config/project.ts'
import { DaybreakError } from '../errors.ts'
import type { Reader } from '../pipeline/ports.ts'
import { DESTINATIONS, type DestinationKind, type ReaderOpening } from './destination-kinds.ts'
import type { DestinationInUse } from './destinations.ts'

/**
 * A reader of a destination on behalf of people. It opens nothing before it is asked.
 * @throws {DaybreakError} USAGE_INVALID for a destination that answers no queries.
 */
export async function openReader(
  { name, config, pipelines: schemas }: Pick<DestinationInUse, 'name' | 'config' | 'pipelines'>,
  project: Project,
  options: Omit<ReaderOpening, 'project' | 'schemas'>,
): Promise<Reader> {
  const kind: DestinationKind = DESTINATIONS[config.kind]
  if (kind.openReader) return await kind.openReader(config, { ...options, project, schemas })
  const message = `the destination ${name} is of the kind ${config.kind}, which answers no queries`
  throw new DaybreakError('USAGE_INVALID', message)
}
