import { modelNode } from '../models/lineage/models.ts'
import { MODELS } from '../models/order.ts'
import { type EntryContext, labelsOf, neighboursOf, sharedOf, titleOf } from './context.ts'
import { type CatalogEntry, type CatalogModel, NO_FACTS } from './entry.ts'

/** Pure: a model as the catalog shows it. */
export function modelEntry(
  name: string,
  { compiled, fingerprint, table }: CatalogModel,
  context: EntryContext,
): CatalogEntry {
  const id = modelNode(name)
  const { failed, ...facts } = context.facts.get(id) ?? NO_FACTS
  const owner = compiled.owner ?? null
  const key = new Set(compiled.key)
  const columns = compiled.columns.map((column) => {
    const { name: columnName, type, unit, description, isAdditive, of } = column
    return {
      ...{ name: columnName, type, description, isAdditive, of: [...of], unit: unit ?? null },
      ...sharedOf(id, columnName, context),
      isKey: key.has(columnName),
      isRequired: key.has(columnName),
      ...{ headers: [], expression: null, values: null, rules: [] },
    }
  })
  return {
    ...{ id, kind: 'model', form: compiled.kind, name, title: titleOf(name), description: compiled.description },
    ...{ pipeline: null, owner, file: null, url: null, version: fingerprint, isOptional: false },
    source: fileOf(compiled),
    // A view as a model has no table.
    tables: compiled.kind === 'view' ? [id] : [id, `${MODELS}_data.${name}__${table}`],
    key: [...compiled.key],
    partitionBy: compiled.partitionBy,
    clusterBy: [...compiled.clusterBy],
    labels: labelsOf({ kind: 'model', pipeline: null, owner, columns }, context.environment),
    columns,
    references: [],
    checks: compiled.checks.map((check) => ({
      ...{ name: check.name, rule: check.rule ?? null, effect: check.effect, description: check.description ?? '' },
      failed: failed.get(check.name) ?? null,
    })),
    ...neighboursOf(id, context),
    ...facts,
  }
}

/** File that a model is made of, below the project. Only rows of configuration are made of YAML. */
function fileOf({ source }: CatalogModel['compiled']): string {
  return source.endsWith('.yaml') ? source : `config/models/${source}`
}
