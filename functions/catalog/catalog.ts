import type { Catalog } from '../api/contract/catalog.ts'
import type { GlossaryConfig } from '../config/glossary-config.ts'
import { exposureNode } from '../models/lineage/exposures.ts'
import { inBuildOrder } from '../models/order.ts'
import type { CatalogSources } from './entry.ts'
import { exposureEntry } from './exposures.ts'
import { modelEntry } from './models.ts'
import { passedPrivacy } from './privacy.ts'
import { streamEntry } from './streams.ts'

/** Pure: the catalog of a project, from its configuration and what the ledger knows. */
export function catalogOf(sources: CatalogSources): Catalog {
  const { project, environment, models, exposures, at } = sources
  const privacy = passedPrivacy(sources.graph)
  const context = { ...sources, privacy, terms: termsByColumn(sources.glossary) }
  const compiled = new Map([...models].map(([name, model]) => [name, model.compiled]))
  return {
    version: 1,
    ...{ environment, at },
    entries: [
      ...[...project.contracts].flatMap(([pipeline, contracts]) =>
        [...contracts.values()].map((contract) => streamEntry({ pipeline, contract }, context)),
      ),
      ...inBuildOrder(compiled).flatMap((name) => {
        const model = models.get(name)
        return model ? [modelEntry(name, model, context)] : []
      }),
      ...exposures.map((exposure) => exposureEntry(exposure, exposureNode(exposure.name), context)),
    ],
    glossary: sources.glossary.map(({ term, meaning, owner, synonyms, columns }) => ({
      ...{ term, meaning, owner: owner ?? null, synonyms: [...synonyms] },
      columns: columns.map(splitColumn),
    })),
  }
}

/** Pure: table and column of `models.daily_sales.net_sales`. */
export function splitColumn(text: string): { readonly table: string; readonly column: string } {
  const dot = text.lastIndexOf('.')
  return { table: text.slice(0, dot), column: text.slice(dot + 1) }
}

/** Terms of the glossary by the columns that they name. */
function termsByColumn(terms: GlossaryConfig['terms']): ReadonlyMap<string, readonly string[]> {
  const named = terms.flatMap(({ term, columns }) => columns.map((column) => ({ term, column })))
  const grouped = Map.groupBy(named, ({ column }) => column)
  return new Map([...grouped].map(([column, all]) => [column, all.map(({ term }) => term)]))
}
