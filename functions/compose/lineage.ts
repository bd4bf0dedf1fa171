import type { Project } from '../config/project.ts'
import { type LineageGraph, lineageGraph } from '../models/lineage/graph.ts'
import type { Models } from '../models/order.ts'
import { readExposures } from './catalog.ts'

/**
 * The lineage of a project: its contracts, its compiled models, and the exposures of config/models/exposures.yaml if there are some.
 * @throws {DaybreakError} CONFIG_INVALID for exposures that name what does not exist.
 */
export async function readLineage(project: Project, models: Models): Promise<LineageGraph> {
  const streams = [...project.contracts].flatMap(([pipeline, own]) =>
    [...own.values()].map((contract) => ({ pipeline, contract })),
  )
  const below = lineageGraph({ streams, models, exposures: [] })
  const exposures = await readExposures(project, below)
  return exposures.length === 0 ? below : lineageGraph({ streams, models, exposures })
}
