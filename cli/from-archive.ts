import { DaybreakError } from '../functions/errors.ts'
import type { PipelineDefinition } from '../functions/pipeline/definition.ts'

interface Asked {
  /** `--from-archive` was given. */
  readonly fromArchive: boolean
  /** Dates or locations were named, so that the archive has something to be asked for. */
  readonly isNarrowed: boolean
}

/**
 * True when the work reads the raw archive: it was told to, or no source is configured and the work names its days.
 * @throws {DaybreakError} CONFIG_MISSING for work that only a source, or only a location of one, can begin.
 */
export function readsArchive(definition: PipelineDefinition, { fromArchive, isNarrowed }: Asked): boolean {
  if (fromArchive) return true
  if (!definition.hasSource) {
    if (isNarrowed) return true
    throw missing('no source is configured: its host is empty in the environment file', 'daybreak import FOLDER')
  }
  if (!isNarrowed && !definition.locations.some(({ pipelines }) => pipelines.includes(definition.name)))
    throw missing('config/locations.yaml lists no location of this pipeline', 'daybreak locations add --help')
  return false
}

function missing(message: string, next: string): DaybreakError {
  return new DaybreakError('CONFIG_MISSING', message, { details: { next } })
}
