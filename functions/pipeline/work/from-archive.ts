import { DaybreakError } from '../../errors.ts'
import { isDiscovered, type PipelineDefinition } from '../definition.ts'
import { isDelivered } from '../shard.ts'

/** Request of a caller for a run. */
export interface Asked {
  /** Shards that were named; none when all are meant. */
  readonly shards?: readonly string[]
  /** `--from-archive` was given. */
  readonly fromArchive: boolean
  /** Dates or locations were named, so that the archive has something to be asked for. */
  readonly isNarrowed: boolean
}

/**
 * True when the work reads the raw archive: it was told to; or no source delivers the locations that it names; or no source
 * is configured and the work names its days.
 * @throws {DaybreakError} CONFIG_MISSING for work that only a source, or only a location of one, can begin.
 */
export function readsArchive(definition: PipelineDefinition, { fromArchive, isNarrowed, shards = [] }: Asked): boolean {
  if (fromArchive) return true
  const named = definition.shards.filter(({ id }) => shards.includes(id))
  if (named.length > 0 && !named.some(isDelivered)) return true
  if (!definition.hasSource) {
    if (isNarrowed) return true
    throw missing('no source is configured: its host is empty in the environment file', 'daybreak import FOLDER')
  }
  if (!isNarrowed && !isDiscovered(definition) && !definition.shards.some(isDelivered))
    throw missing('config/locations.yaml lists no location of this pipeline', 'daybreak locations add --help')
  return false
}

function missing(message: string, next: string): DaybreakError {
  return new DaybreakError('CONFIG_MISSING', message, { details: { next } })
}
