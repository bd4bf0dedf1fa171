import type { LocationConfig, PipelineConfig } from './config.ts'

/** Time of day, `HH:MM`, at which a pipeline first looks for files. */
export function firstLookOf(pipeline: PipelineConfig): string {
  if (pipeline.kind === 'table') return '00:00'
  return pipeline.kind === 'files' ? pipeline.schedule.at : pipeline.schedule.firstLook
}

/** Distinct zones in which a pipeline has a first look, sorted. Nothing is listed that the configuration does not say. */
export function firstLookZones(pipeline: PipelineConfig, locations: readonly LocationConfig[]): readonly string[] {
  if (pipeline.kind === 'files') return [pipeline.schedule.timeZone]
  if (pipeline.kind === 'table') return ['UTC']
  const mine = locations.filter(({ pipelines }) => pipelines.includes(pipeline.pipeline))
  return [...new Set(mine.map(({ timeZone }) => timeZone))].toSorted()
}
