import type { PipelineDefinition } from '../definition.ts'
import { dailyPlanner } from './daily.ts'
import { files } from './files.ts'
import { nightly } from './nightly.ts'
import type { Planner } from './planner.ts'
import { tablePlanner } from './table.ts'

/** The planner of a pipeline, by its `kind`. */
export function plannerOf(definition: PipelineDefinition): Planner {
  const { config } = definition
  switch (config.kind) {
    case 'files':
      return dailyPlanner(definition, files(config))
    case 'table':
      return tablePlanner(definition)
    case 'nightly':
    case undefined:
      return dailyPlanner(definition, nightly(config))
  }
}
