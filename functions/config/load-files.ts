import type { Issue } from '../contract/issue.ts'
import { allStreams, type EnvironmentConfig, type LocationConfig, listedShards, type PipelineConfig } from './config.ts'
import type { DestinationConfig } from './connections.ts'
import { MOST_LOAD_FILES } from './defaults.ts'

interface LoadFilesContext {
  readonly environment: EnvironmentConfig
  readonly destinations: Readonly<Record<string, DestinationConfig>>
  readonly locations: readonly LocationConfig[]
}

/** Loads of a date that would have more files than BigQuery takes: the parts of a stream, or the profiles of all its files. */
export function loadFilesIssues(
  pipeline: PipelineConfig,
  { environment, destinations, locations }: LoadFilesContext,
): readonly Issue[] {
  if (pipeline.kind === 'table' || (pipeline.kind === 'files' && pipeline.shards === 'discover')) return []
  const { destination } = pipeline
  const kind = destination === undefined ? environment.warehouse.kind : destinations[destination]?.kind
  if (kind !== 'bigquery') return []
  const streams = allStreams(pipeline)
  const own = locations.filter(({ pipelines }) => pipelines.includes(pipeline.pipeline))
  const shards = pipeline.kind === 'files' ? listedShards(pipeline).length : own.length
  const limit = `BigQuery takes ${MOST_LOAD_FILES} files with one load`
  if (shards > MOST_LOAD_FILES) {
    const message = `${shards} locations are ${shards} files of a stream and date, and ${limit}; move some of them to a second pipeline, which loads into a dataset of its own`
    return [{ path: ['streams'], message }]
  }
  const off = own.reduce((sum, { streamsOff }) => sum + streams.filter((name) => streamsOff.includes(name)).length, 0)
  const profiles = shards * streams.length - off
  if (!pipeline.profiles || profiles <= MOST_LOAD_FILES) return []
  const message = `${shards} locations and ${streams.length} streams are up to ${profiles} profiles of a date, and ${limit}; say \`profiles: false\`, or move some locations to a second pipeline`
  return [{ path: ['streams'], message }]
}
