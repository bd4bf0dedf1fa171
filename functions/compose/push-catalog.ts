import type { Catalog } from '../api/contract/catalog.ts'
import { type DescriptionChange, planDescription } from '../catalog/bigquery.ts'
import type { Project } from '../config/project.ts'
import { DaybreakError } from '../errors.ts'
import type { Clock, Log } from '../pipeline/ports.ts'
import { destinationsInUse } from './destinations.ts'
import { googleOf } from './google.ts'

interface Pushing {
  readonly clock: Clock
  readonly log: Log
  readonly isDryRun: boolean
}

/**
 * Describes the tables of BigQuery as the catalog does, and gives the differences. A table that nothing was loaded into yet is
 * left out. Tables of other destinations are left out.
 * @throws {DaybreakError} USAGE_INVALID where no table is in BigQuery, WAREHOUSE_DENIED, WAREHOUSE_FAILED.
 */
export async function pushToBigquery(
  catalog: Catalog,
  project: Project,
  { clock, log, isDryRun }: Pushing,
): Promise<readonly DescriptionChange[]> {
  const places = destinationsInUse(project).flatMap(({ config, pipelines }) =>
    config.kind === 'bigquery' ? [{ config, pipelines: new Set(pipelines) }] : [],
  )
  if (places.length === 0) {
    const { environment } = project.environment
    const message = `environment ${environment} loads no table into BigQuery, so there is none to describe`
    throw new DaybreakError('USAGE_INVALID', message, { details: { next: 'daybreak catalog build --out catalog' } })
  }
  const { openDescriptions } = await import('../adapters/bigquery/description.ts')
  const { project: id, endpoints } = googleOf(project)
  const changes: DescriptionChange[] = []
  for (const { config, pipelines } of places) {
    const settings = { project: id, location: config.location, endpoint: endpoints?.bigquery }
    const descriptions = openDescriptions({ ...settings, clock, log, random: Math.random })
    for (const entry of catalog.entries) {
      // Models are built where the streams are that they read.
      if (entry.pipeline !== null && !pipelines.has(entry.pipeline)) continue
      for (const text of entry.tables) {
        const [schema = '', name = ''] = text.split('.')
        const stored = await descriptions.read({ schema, name })
        if (stored === null) continue
        const plan = planDescription(entry, text, stored)
        changes.push(...plan.changes)
        if (plan.changes.length > 0 && !isDryRun) await descriptions.write({ schema, name }, plan.wanted)
      }
    }
  }
  return changes
}
