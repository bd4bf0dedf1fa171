import type { PipelineDefinition } from '../definition.ts'
import { calendarPlanner } from './calendar.ts'
import { files } from './files.ts'
import { nightly } from './nightly.ts'
import type { Planner } from './planner.ts'
import { tablePlanner } from './table.ts'

/** The planner of a pipeline, by its `kind`. */
export function plannerOf(definition: PipelineDefinition): Planner {
  const { config } = definition
  switch (config.kind) {
    case 'files':
      return calendarPlanner(definition, files(config))
    case 'table':
      return tablePlanner(definition)
    case 'nightly':
    case undefined:
      return calendarPlanner(definition, nightly(config))
  }
}
