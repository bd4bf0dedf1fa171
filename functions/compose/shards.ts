import { type FilesPipeline, type LocationConfig, listedShards, type PipelineConfig } from '../config/config.ts'
import type { ShardConfig } from '../pipeline/shard.ts'

/** The shards of a pipeline: those that it lists, or the locations of config/locations.yaml. */
export function shardsOf(config: PipelineConfig, locations: readonly LocationConfig[]): readonly ShardConfig[] {
  if (config.kind === 'files') return listedShards(config).map((shard) => listedShard(shard, config.schedule))
  if (config.kind === 'table') return []
  return locations.map((location) => locationShard(location, config.pipeline))
}

/** A location as the shard of a pipeline. */
function locationShard(location: LocationConfig, pipeline: string): ShardConfig {
  const { id, name, timeZone, closeoutHour, pipelines, contacts } = location
  const delivery = deliveryOf(pipelines, pipeline)
  return { id, name, timeZone, closeoutHour, delivery, ...(contacts && { contacts }), ...daysOf(location) }
}

function listedShard(
  shard: ReturnType<typeof listedShards>[number],
  { timeZone, cut }: FilesPipeline['schedule'],
): ShardConfig {
  const { id, name = id } = shard
  return { id, name, timeZone, cut, closeoutHour: null, delivery: 'source', ...daysOf(shard) }
}

function deliveryOf(pipelines: readonly string[], pipeline: string): ShardConfig['delivery'] {
  if (pipelines.includes(pipeline)) return 'source'
  return pipelines.length === 0 ? 'import' : 'elsewhere'
}

/** What a configuration says of the days of a shard. */
type DaysConfig = Pick<LocationConfig, 'activeFrom' | 'activeTo' | 'closed' | 'streamsOff'>

function daysOf(shard: DaysConfig) {
  const { activeFrom, activeTo, closed, streamsOff } = shard
  return { activeFrom, activeTo, closed, streamsOff }
}
