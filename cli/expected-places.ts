import type { Project } from '../functions/config/project.ts'

/** Where files are expected from, in words: the locations of restaurants, and the shards of other pipelines. */
export function placesOf({ pipelines, locations }: Pick<Project, 'pipelines' | 'locations'>): string {
  const all = [...pipelines.values()]
  const shards = all.flatMap((pipeline) => (pipeline.kind === 'files' ? pipeline.shards : []))
  const isNightly = all.some(({ kind }) => kind !== 'files')
  return [
    ...(isNightly ? [`${locations.locations.length} locations`] : []),
    ...(shards.length > 0 ? [`${shards.length} shards`] : []),
  ].join(', ')
}
