import type { Project } from '../config/project.ts'
import { readCatalogFiles } from './catalog.ts'
import { readLineage } from './lineage.ts'
import { readCompiledModels } from './models.ts'

/**
 * Reads exposures and glossary of a project against its tables.
 * @throws {DaybreakError} CONFIG_INVALID with one `file:line:column sentence` for every name of what does not exist.
 */
export async function checkCatalogFiles(project: Project): Promise<void> {
  const { models } = await readCompiledModels(project.projectDir)
  await readCatalogFiles(project, await readLineage(project, new Map(Object.entries(models))))
}
