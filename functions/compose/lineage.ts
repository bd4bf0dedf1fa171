import { join } from 'node:path'
import { diskFiles } from '../config/disk.ts'
import { problemsError } from '../config/problem.ts'
import type { Project } from '../config/project.ts'
import { readFile } from '../config/read-project.ts'
import { EXPOSURES, ExposuresConfig, exposureIssues } from '../models/exposure.ts'
import { type LineageGraph, lineageGraph } from '../models/lineage/graph.ts'
import type { Models } from '../models/order.ts'

/**
 * The lineage of a project: its contracts, its compiled models, and the exposures of config/models/exposures.yaml if it has any.
 * @throws {DaybreakError} CONFIG_INVALID for exposures that name what does not exist.
 */
export async function readLineage({ projectDir, contracts }: Project, models: Models): Promise<LineageGraph> {
  const streams = [...contracts].flatMap(([pipeline, own]) =>
    [...own.values()].map((contract) => ({ pipeline, contract })),
  )
  const below = lineageGraph({ streams, models, exposures: [] })
  if ((await diskFiles.read(join(projectDir, EXPOSURES))) === null) return below
  const reading = await readFile(ExposuresConfig, { root: projectDir, file: EXPOSURES, env: {}, files: diskFiles })
  if (reading.value === null) throw problemsError(reading.problems)
  const { exposures } = reading.value
  const issues = exposureIssues(exposures, below.nodes)
  if (issues.length > 0) throw problemsError(issues.map(({ path, message }) => reading.problemAt(path, message)))
  return lineageGraph({ streams, models, exposures })
}
