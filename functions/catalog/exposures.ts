import type { Exposure } from '../models/exposure.ts'
import { type EntryContext, neighboursOf, sharedOf } from './context.ts'
import type { CatalogEntry } from './entry.ts'

/** Pure: a page or export as the catalog shows it: its columns are those of the tables that it shows. */
export function exposureEntry(
  { name, title, kind, description, owner, url }: Exposure,
  id: string,
  context: EntryContext,
): CatalogEntry {
  const columns = context.graph.nodes.get(id)?.columns ?? []
  return {
    ...{ id, kind: 'exposure', form: kind, name, title, description, pipeline: null },
    ...{ owner: owner ?? null, source: 'config/models/exposures.yaml', file: null, url: url ?? null, version: null },
    ...{ isOptional: false, tables: [], key: [], partitionBy: null, clusterBy: [], labels: {} },
    columns: columns.map((column) => ({
      ...{ name: column.name, type: column.type, description: column.description, unit: null },
      ...sharedOf(id, column.name, context),
      // The class of the column that it shows.
      privacy: column.privacy,
      ...{ isKey: false, isRequired: false, headers: [], expression: null, values: null, rules: [] },
      ...{ isAdditive: null, of: [] },
    })),
    references: [],
    checks: [],
    ...neighboursOf(id, context),
    ...{ state: null, reason: null, newestWindow: null, freshAt: null, quality: '' },
  }
}
