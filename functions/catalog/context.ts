import { columnKey } from '../models/lineage/graph.ts'
import type { CatalogEntry, CatalogSources } from './entry.ts'
import type { PrivacyOf } from './privacy.ts'

type CatalogColumn = CatalogEntry['columns'][number]

/** Sources of a catalog, with what each entry looks up. */
export interface EntryContext extends CatalogSources {
  readonly privacy: PrivacyOf
  /** By `table.column`. */
  readonly terms: ReadonlyMap<string, readonly string[]>
}

/** Pure: what lineage, privacy and glossary say of a column. */
export function sharedOf(
  table: string,
  column: string,
  { graph, privacy, policyTags, terms }: EntryContext,
): Pick<CatalogColumn, 'privacy' | 'policyTag' | 'terms'> & { readonly from: CatalogColumn['from'] } {
  const own = privacy(table, column)
  const edges = graph.index.columnsTo.get(columnKey({ node: table, column })) ?? []
  return {
    privacy: own,
    policyTag: policyTags[own] ?? null,
    terms: [...(terms.get(`${table}.${column}`) ?? [])],
    from: edges.map(({ from, kind }) => ({ table: from.node, column: from.column, kind })),
  }
}

/** Pure: ids of what a node reads and of what reads it; the file of a stream is left out. */
export function neighboursOf(id: string, { graph }: EntryContext): Pick<CatalogEntry, 'reads' | 'readBy'> {
  const { readsTo, readsFrom } = graph.index
  const isFile = (node: string) => graph.nodes.get(node)?.kind === 'file'
  const unique = (ids: readonly string[]) => [...new Set(ids)].toSorted()
  return {
    reads: unique((readsTo.get(id) ?? []).map(({ from }) => from).filter((from) => !isFile(from))),
    readBy: unique((readsFrom.get(id) ?? []).map(({ to }) => to)),
  }
}

/** Members of an entry that its labels tell. */
interface Labelled {
  readonly kind: string
  readonly pipeline: string | null
  readonly owner: string | null
  readonly columns: readonly CatalogColumn[]
}

/** Pure: labels of a table in BigQuery, whose values are lower case letters, digits, `_` and `-`, 63 at most. */
export function labelsOf({ kind, pipeline, owner, columns }: Labelled, environment: string): Record<string, string> {
  const isPrivate = columns.some(({ privacy }) => privacy !== 'keep')
  const labels = {
    ...{ managed_by: 'daybreak', environment, kind, privacy: isPrivate ? 'private' : 'none' },
    ...(pipeline !== null && { pipeline }),
    ...(owner !== null && { owner }),
  }
  return Object.fromEntries(Object.entries(labels).map(([key, value]) => [key, labelValue(value)]))
}

function labelValue(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, '_')
    .slice(0, 63)
}

/** Pure: a name as people say it: `order_details` is `Order details`. */
export function titleOf(name: string): string {
  const text = name.replaceAll('_', ' ').trim()
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}
