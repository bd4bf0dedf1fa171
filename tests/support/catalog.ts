import { catalogOf } from '../../functions/catalog/catalog.ts'
import type { CatalogSources } from '../../functions/catalog/entry.ts'
import { readCatalogFiles } from '../../functions/compose/catalog.ts'
import { readLineage } from '../../functions/compose/lineage.ts'
import { readCompiledModels } from '../../functions/compose/models.ts'
import { loadProject, type Project } from '../../functions/config/project.ts'
import type { Exposure } from '../../functions/models/exposure.ts'
import { lineageGraph } from '../../functions/models/lineage/graph.ts'
import { modelSet } from '../../functions/models/model-set.ts'

export const FLASH: Exposure = {
  ...{ name: 'flash', title: 'Weekly flash', kind: 'mail', description: 'Sales of the week.', owner: 'Kim' },
  reads: [
    { table: 'models.daily_location', columns: ['net_sales'] },
    { table: 'models.guests', columns: ['guest'] },
  ],
}

export const TAG = 'projects/p/locations/us/taxonomies/1/policyTags/2'

/** The project of this repository. */
export async function shippedProject(): Promise<Project> {
  return await loadProject({ projectDir: process.cwd(), environment: 'local', env: {} })
}

/** The sources of the catalog of this repository, with an exposure and a policy tag for hashes; nothing is loaded. */
export async function shippedSources(
  more: Partial<CatalogSources> = {},
): Promise<CatalogSources & { readonly project: Project }> {
  const project = await shippedProject()
  const models = new Map(Object.entries((await readCompiledModels(process.cwd())).models))
  const { glossary } = await readCatalogFiles(project, await readLineage(project, models))
  const streams = [...project.contracts].flatMap(([pipeline, own]) =>
    [...own.values()].map((contract) => ({ pipeline, contract })),
  )
  const exposures = [FLASH]
  return {
    ...{ project, environment: 'local', models: modelSet(models), exposures, glossary },
    graph: lineageGraph({ streams, models, exposures }),
    policyTags: { hash: TAG },
    facts: new Map(),
    at: '2026-10-30T12:00:00Z',
    ...more,
    project,
  }
}

/** The catalog of this repository. */
export async function shippedCatalog(more: Partial<CatalogSources> = {}) {
  return catalogOf(await shippedSources(more))
}
