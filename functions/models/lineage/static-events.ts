import type { LineageNode } from './node.ts'
import {
  columnLineageOf,
  datasetFacets,
  facet,
  instantText,
  jobFacets,
  PRODUCER,
  type RunEventSources,
  SPEC,
} from './openlineage.ts'

/** A job or a data set of OpenLineage as it is by design, without a run, as JSON. */
export type StaticEvent = Readonly<Record<string, unknown>>

/** Graph and names of an environment, and what is known of the maker of a table. */
export interface StaticEventSources extends Pick<RunEventSources, 'graph' | 'names'> {
  /** Query and owner of the table of a stream or of a model. */
  makerOf(table: string): Pick<RunEventSources, 'sql' | 'owner'>
}

/**
 * Pure: the whole graph as events. Each file and table is a data set, with its columns and what they are made of; each load, build
 * and exposure is a job with what it reads.
 */
export function staticEvents(sources: StaticEventSources, at: number): readonly StaticEvent[] {
  const nodes = [...sources.graph.nodes.values()]
  const datasets = nodes.filter(({ kind }) => kind !== 'exposure')
  const jobs = nodes.filter(({ kind }) => kind !== 'file')
  return [
    ...datasets.map((node) => ({ ...base('DatasetEvent', at), dataset: datasetOf(node, sources) })),
    ...jobs.map((node) => ({ ...base('JobEvent', at), ...jobOf(node, sources) })),
  ]
}

function base(kind: 'DatasetEvent' | 'JobEvent', at: number) {
  return { eventTime: instantText(at), producer: PRODUCER, schemaURL: `${SPEC}/2-0-2/OpenLineage.json#/$defs/${kind}` }
}

function datasetOf(node: LineageNode, { graph, names }: StaticEventSources) {
  const lineage = node.kind === 'file' ? null : columnLineageOf(node, { graph, names })
  const { description } = node
  return {
    ...names.datasetOf(node),
    facets: {
      ...datasetFacets(node, names),
      documentation: facet('1-1-0/DocumentationDatasetFacet', { description }),
      ...(lineage && { columnLineage: facet('1-2-0/ColumnLineageDatasetFacet', lineage) }),
    },
  }
}

function jobOf(node: LineageNode, { graph, names, makerOf }: StaticEventSources) {
  const read = [...new Set((graph.index.readsTo.get(node.id) ?? []).map(({ from }) => from))]
  const inputs = read.flatMap((id) => graph.nodes.get(id) ?? []).map((each) => names.datasetOf(each))
  const outputs = node.kind === 'exposure' ? [] : [names.datasetOf(node)]
  const facets = jobFacets({ table: node.id }, { graph, ...makerOf(node.id) })
  return { job: { namespace: `daybreak.${names.environment}`, name: node.id, facets }, inputs, outputs }
}
