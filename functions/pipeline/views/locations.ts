import type { PipelineDefinition } from '../definition.ts'

/** A location that a pipeline knows. */
interface LocationRow {
  readonly id: string
  readonly name: string
  readonly timeZone: string
  /** Null for a shard that is no restaurant. */
  readonly closeoutHour: number | null
  /** `import`: an import brought it in, and no file of the configuration names it. */
  readonly knownFrom: 'config' | 'import'
}

/** Pure: locations that the pipeline's source delivers, and those that an import brought in. */
export function knownLocations({ shards }: Pick<PipelineDefinition, 'shards'>): readonly LocationRow[] {
  return shards
    .filter(({ delivery }) => delivery !== 'elsewhere')
    .map(({ id, name, timeZone, closeoutHour, delivery }) => ({
      id,
      name,
      timeZone,
      closeoutHour,
      knownFrom: delivery === 'import' ? 'import' : 'config',
    }))
}
