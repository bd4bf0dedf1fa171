import { listedShards } from './config.ts'
import type { Project } from './project.ts'

/** Number of places that rows are expected from, in words: locations of restaurants, shards of other pipelines, tables. */
export function placesOf({ pipelines, locations }: Pick<Project, 'pipelines' | 'locations'>): string {
  const all = [...pipelines.values()]
  const shards = all.flatMap(listedShards)
  const isDiscovered = all.some((pipeline) => pipeline.kind === 'files' && pipeline.shards === 'discover')
  const tables = all.reduce((sum, each) => sum + (each.kind === 'table' ? each.streams.length : 0), 0)
  const isNightly = all.some(({ kind }) => kind !== 'files' && kind !== 'table')
  return [
    ...(isNightly ? [`${locations.locations.length} locations`] : []),
    ...(shards.length > 0 ? [`${shards.length} shards`] : []),
    ...(tables > 0 ? [`${tables} ${tables === 1 ? 'table' : 'tables'}`] : []),
    ...(isDiscovered ? ['shards as they are found'] : []),
  ].join(', ')
}
