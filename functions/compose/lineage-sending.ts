import type { Reach } from '../adapters/openlineage/ask-receiver.ts'
import type { EnvironmentConfig } from '../config/config.ts'
import type { Project } from '../config/project.ts'
import type { SecretReader } from '../config/secret.ts'
import { fillHoles } from '../models/compiled.ts'
import type { LineageGraph } from '../models/lineage/graph.ts'
import type { DatasetName, OpenLineageNames, RunEventSources } from '../models/lineage/openlineage.ts'
import { type StaticEvent, staticEvents } from '../models/lineage/static-events.ts'
import { MODELS, type Models } from '../models/order.ts'
import type { LineageTarget } from '../pipeline/entities.ts'
import type { LineageReceiver } from '../pipeline/ports.ts'
import type { LineageSending } from '../pipeline/work/lineage.ts'
import { type DestinationInUse, destinationsInUse } from './destinations.ts'
import { googleOf } from './google.ts'
import { readLineage } from './lineage.ts'

/** Receivers that an environment names; none where it has no `lineage`. */
export function lineageTargets({ environment: { lineage } }: Project): readonly LineageTarget[] {
  return [...(lineage?.http ? (['http'] as const) : []), ...(lineage?.google ? (['google'] as const) : [])]
}

/** Receivers of run events and the sources of events, read when the first event is sent. */
export function openLineageSending(
  project: Project,
  { secrets, models }: { readonly secrets: SecretReader; readonly models: Models },
): LineageSending {
  let graph: ReturnType<typeof readLineage> | null = null
  const names = openLineageNames(project)
  return {
    receiver: (target) => openReceiver(target, project, secrets),
    async sourcesOf(table) {
      graph ??= readLineage(project, models)
      return { graph: await graph, names, ...makerOf(table, project, models) }
    },
  }
}

/** Query and owner of the table of a stream or of a model. */
function makerOf(table: string, project: Project, models: Models): Pick<RunEventSources, 'sql' | 'owner'> {
  const [dataset, name = ''] = table.split('.')
  const model = dataset === MODELS ? models.get(name) : undefined
  const owner = model?.owner ?? project.pipelines.get(dataset ?? '')?.owner ?? null
  return { owner, sql: model ? sqlOf(model) : null }
}

/** The graph of a project as job and data set events of OpenLineage. */
export function lineageEvents(graph: LineageGraph, project: Project, options: EventOptions): readonly StaticEvent[] {
  const { models, now } = options
  const names = openLineageNames(project)
  return staticEvents({ graph, names, makerOf: (table) => makerOf(table, project, models) }, now)
}

interface EventOptions {
  readonly models: Models
  /** Milliseconds since 1970: the time of the events. */
  readonly now: number
}

/** Query of a model with the names of its tables; null for a script, which has none. */
function sqlOf(model: NonNullable<ReturnType<Models['get']>>): string | null {
  if (model.kind === 'script' || model.kind === 'seed') return null
  const byHole = new Map(model.references.map(({ hole, table }) => [hole, table]))
  return fillHoles(model.sql.bigquery, (hole) => byHole.get(hole) ?? '')
}

async function openReceiver(
  target: LineageTarget,
  project: Project,
  secrets: SecretReader,
): Promise<LineageReceiver | null> {
  const { lineage } = project.environment
  if (target === 'google') {
    if (!lineage?.google) return null
    const { openGoogleLineage } = await import('../adapters/google-lineage/lineage.ts')
    const { project: id, endpoints } = googleOf(project)
    return openGoogleLineage({ project: id, location: lineage.google.location, endpoint: endpoints?.datalineage })
  }
  if (!lineage?.http) return null
  const { openHttpLineage } = await import('../adapters/openlineage/lineage.ts')
  const { url, token } = lineage.http
  const read = token === undefined ? null : async () => new TextDecoder().decode(await secrets.read(token))
  return openHttpLineage({ url, token: read, reach: lineageReach(project.environment) })
}

/** Pure: machines that the receiver of an environment may be. */
export function lineageReach({ lineage, auth }: EnvironmentConfig): Reach {
  // A laptop serves only its own user, who may run a receiver next to it.
  const isServed = auth !== undefined && auth.kind !== 'loopback'
  return !isServed ? 'this_machine' : lineage?.http?.private ? 'private' : 'public'
}

/**
 * Pure: names by the rules of OpenLineage. A table of BigQuery is `bigquery` and `project.dataset.table`, as every other tool names
 * it, so that graphs join. DuckDB and files have no rule: their namespaces name the environment.
 */
export function openLineageNames(project: Project): OpenLineageNames {
  const { environment } = project.environment
  const places = new Map(
    destinationsInUse(project).flatMap((place) => place.pipelines.map((pipeline) => [pipeline, place] as const)),
  )
  // Models are built where the streams are that they read.
  const first = [...places.values()][0]
  const tableIn = (place: DestinationInUse | undefined, name: string): DatasetName =>
    place?.config.kind === 'bigquery'
      ? { namespace: 'bigquery', name: `${googleOf(project).project}.${name}` }
      : { namespace: `duckdb://daybreak.${environment}`, name }
  return {
    environment,
    datasetOf({ id, kind, pipeline }) {
      if (kind === 'file') return { namespace: `file://daybreak.${environment}`, name: `/${id.replace(/^file:/, '')}` }
      return tableIn(pipeline === null ? first : places.get(pipeline), id)
    },
  }
}
