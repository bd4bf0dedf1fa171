import { keyedId } from '../../lib/id.ts'
import { isDay } from '../../lib/window-time.ts'
import { columnKey, type LineageGraph } from './graph.ts'
import type { ColumnEdge, ColumnOf, LineageNode, RowEdge } from './node.ts'

/** A load or a build that is over, as it was when it ended. */
export interface EndedWork {
  /** Id of the node of its table: `toast.order_details`, `models.daily_sales`. */
  readonly table: string
  readonly window: string
  readonly epoch: number
  readonly startedAt: number
  readonly endedAt: number
  readonly rows: number
  /** Bytes that its query was billed for; null where it has none, or the warehouse counts none. */
  readonly bytes: number | null
  /** Exact sums of columns, as decimal text. */
  readonly totals: Readonly<Record<string, string>>
  readonly checks: readonly { readonly name: string; readonly effect: string; readonly failed: number }[]
  /** Null for a success. */
  readonly error: { readonly code: string; readonly message: string } | null
}

/** A name of a data set: the namespace says in which system, as the naming rules of OpenLineage have it. */
export interface DatasetName {
  readonly namespace: string
  readonly name: string
}

/** How an environment names its jobs and data sets. */
export interface OpenLineageNames {
  readonly environment: string
  /** Of a file, the table of a stream, or a model. */
  datasetOf(node: Pick<LineageNode, 'id' | 'kind' | 'pipeline'>): DatasetName
}

/** Run event of OpenLineage 2-0-2, as JSON. */
export type RunEvent = Readonly<Record<string, unknown>>

/** Everything that run events are made of. */
export interface RunEventSources {
  readonly graph: LineageGraph
  readonly names: OpenLineageNames
  /** Query of a model in the SQL of its warehouse; null for a load. */
  readonly sql: string | null
  readonly owner: string | null
}

/** Name of the program that makes the events. */
export const PRODUCER = 'urn:daybreak:lineage'
/** Where the schemas of OpenLineage are published. */
export const SPEC = 'https://openlineage.io/spec'

/**
 * Pure: START and COMPLETE, or START and FAIL, of a load or a build. The same work gives the same run id and the same text, so
 * that a receiver may get them twice.
 */
export function runEvents(ended: EndedWork, sources: RunEventSources): readonly [RunEvent, RunEvent] {
  const { names } = sources
  const namespace = `daybreak.${names.environment}`
  const { table, window, epoch, startedAt, endedAt, error } = ended
  const runId = keyedId([names.environment, table, window, epoch].join('\n'), startedAt)
  const base = {
    producer: PRODUCER,
    schemaURL: `${SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent`,
    job: { namespace, name: table, facets: jobFacets(ended, sources) },
    inputs: inputsOf(ended, sources),
  }
  const run = { runId, facets: runFacets(ended, namespace) }
  const failed = error === null ? {} : { errorMessage: facet('1-0-1/ErrorMessageRunFacet', errorOf(error)) }
  return [
    {
      ...{ eventType: 'START', eventTime: instantText(Math.min(startedAt, endedAt)), run, ...base },
      outputs: [outputOf(ended, sources, { isOver: false })],
    },
    {
      ...{ eventType: error === null ? 'COMPLETE' : 'FAIL', eventTime: instantText(endedAt) },
      ...{ run: { runId, facets: { ...run.facets, ...failed } }, ...base },
      outputs: [outputOf(ended, sources, { isOver: error === null })],
    },
  ]
}

/** Pure: an event that links at most so many pairs of columns: first without those that only decide over rows, then with none. */
export function withinLinks(event: RunEvent, most: number | null): RunEvent {
  if (most === null || linksOf(event) <= most) return event
  const direct = withLineage(event, (facets) => ({ ...facets, dataset: undefined }))
  return linksOf(direct) <= most ? direct : withLineage(direct, () => undefined)
}

/** Pairs of columns that an event links. */
function linksOf(event: RunEvent): number {
  let links = 0
  JSON.stringify(event, (key, value: unknown) => {
    if ((key === 'inputFields' || key === 'dataset') && Array.isArray(value)) links += value.length
    return value
  })
  return links
}

function withLineage(event: RunEvent, change: (lineage: object) => object | undefined): RunEvent {
  return JSON.parse(
    JSON.stringify(event, (key, value: unknown) =>
      key === 'columnLineage' && typeof value === 'object' && value !== null ? change(value) : value,
    ),
  )
}

/** A facet with the schema that it is valid by. */
export function facet<Members extends object>(schema: string, members: Members) {
  const [version = '', name = ''] = schema.split('/')
  return { _producer: PRODUCER, _schemaURL: `${SPEC}/facets/${version}/${name}.json#/$defs/${name}`, ...members }
}

function errorOf({ code, message }: NonNullable<EndedWork['error']>) {
  return { message: `${code}: ${message}`, programmingLanguage: 'SQL' }
}

function runFacets({ table, window }: EndedWork, namespace: string) {
  const [pipeline = ''] = table.split('.')
  const parent = {
    run: { runId: keyedId([namespace, pipeline, window].join('\n')) },
    job: { namespace, name: pipeline },
  }
  const nominal = { nominalStartTime: `${window}T00:00:00Z`, nominalEndTime: `${window}T23:59:59Z` }
  return {
    parent: facet('1-2-0/ParentRunFacet', parent),
    ...(isDay(window) && { nominalTime: facet('1-0-1/NominalTimeRunFacet', nominal) }),
  }
}

/** Pure: kind, description, query and owner of a job. */
export function jobFacets(
  { table }: Pick<EndedWork, 'table'>,
  { graph, sql, owner }: Pick<RunEventSources, 'graph' | 'sql' | 'owner'>,
) {
  const node = graph.nodes.get(table)
  const jobType = {
    processingType: 'BATCH',
    integration: 'DAYBREAK',
    jobType: JOB_TYPES[node?.kind ?? 'stream'],
  }
  return {
    jobType: facet('2-0-4/JobTypeJobFacet', jobType),
    ...(node && { documentation: facet('1-1-0/DocumentationJobFacet', { description: node.description }) }),
    ...(sql !== null && { sql: facet('1-1-0/SQLJobFacet', { query: sql, dialect: 'bigquery' }) }),
    ...(owner !== null && { ownership: facet('1-0-1/OwnershipJobFacet', { owners: [{ name: owner }] }) }),
  }
}

const JOB_TYPES: Readonly<Record<LineageNode['kind'], string>> = {
  file: 'LOAD',
  stream: 'LOAD',
  model: 'BUILD',
  exposure: 'EXPOSURE',
}

function inputsOf({ table }: EndedWork, { graph, names }: RunEventSources) {
  const read = new Set((graph.index.readsTo.get(table) ?? []).map(({ from }) => from))
  return [...read].flatMap((id) => {
    const node = graph.nodes.get(id)
    return node ? [{ ...names.datasetOf(node), facets: datasetFacets(node, names) }] : []
  })
}

function outputOf(ended: EndedWork, { graph, names }: RunEventSources, { isOver }: { readonly isOver: boolean }) {
  const { table, rows, bytes, totals, checks } = ended
  const node = graph.nodes.get(table)
  if (!node) throw new TypeError(`the graph has no node ${table}`)
  const lineage = columnLineageOf(node, { graph, names })
  const columnMetrics = Object.fromEntries(Object.entries(totals).map(([name, sum]) => [name, { sum: Number(sum) }]))
  const assertions = checks.map(({ name, effect, failed }) => ({
    ...{ assertion: name, success: failed === 0, severity: effect === 'block' ? 'error' : 'warn' },
    actual: `${failed} failures`,
  }))
  return {
    ...names.datasetOf(node),
    facets: {
      ...datasetFacets(node, names),
      ...(lineage && { columnLineage: facet('1-2-0/ColumnLineageDatasetFacet', lineage) }),
      ...(isOver && {
        dataQualityMetrics: facet('1-0-0/DataQualityMetricsDatasetFacet', { rowCount: rows, columnMetrics }),
      }),
      ...(assertions.length > 0 && {
        dataQualityAssertions: facet('1-1-0/DataQualityAssertionsDatasetFacet', { assertions }),
      }),
    },
    ...(isOver && {
      outputFacets: {
        outputStatistics: facet('1-0-2/OutputStatisticsOutputDatasetFacet', {
          rowCount: rows,
          ...(bytes !== null && { size: bytes }),
        }),
      },
    }),
  }
}

/** Pure: columns and place of a data set. */
export function datasetFacets(node: LineageNode, names: OpenLineageNames) {
  const { namespace } = names.datasetOf(node)
  const fields = node.columns.map(({ name, type, description }) => ({ name, type: type ?? 'string', description }))
  return {
    schema: facet('1-2-0/SchemaDatasetFacet', { fields }),
    dataSource: facet('1-0-1/DatasourceDatasetFacet', { name: namespace, uri: uriOf(namespace) }),
  }
}

/** The namespace as a URI, which that of BigQuery is not. */
function uriOf(namespace: string): string {
  return namespace === 'bigquery' ? 'https://bigquery.googleapis.com' : namespace
}

/** Pure: what columns are made of. Null where that is not known: an empty facet would say that they are made of nothing. */
export function columnLineageOf(
  { id, columns }: LineageNode,
  { graph, names }: Pick<RunEventSources, 'graph' | 'names'>,
) {
  const reads = graph.index.readsTo.get(id) ?? []
  if (reads.some(({ isKnown }) => !isKnown)) return null
  const field = ({ node, column }: ColumnOf, transformations: readonly object[]) => {
    const source = graph.nodes.get(node)
    return source ? [{ ...names.datasetOf(source), field: column, transformations }] : []
  }
  const fields = columns.map(({ name }) => {
    const edges = graph.index.columnsTo.get(columnKey({ node: id, column: name })) ?? []
    return [name, { inputFields: edges.flatMap((edge) => field(edge.from, [directOf(edge)])) }] as const
  })
  const rows = graph.index.rowsTo.get(id) ?? []
  return {
    fields: Object.fromEntries(fields),
    ...(rows.length > 0 && { dataset: rows.flatMap((edge) => field(edge.from, [indirectOf(edge)])) }),
  }
}

function directOf({ kind, expression }: ColumnEdge) {
  return {
    ...{ type: 'DIRECT', subtype: kind, description: expression ?? '' },
    masking: expression === 'hash' || expression === 'mask' || expression === 'drop',
  }
}

function indirectOf({ kind }: RowEdge) {
  return { type: 'INDIRECT', subtype: kind, description: '', masking: false }
}

/** An instant as text. */
export function instantText(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
