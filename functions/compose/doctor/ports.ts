import type { Daybreak } from '../../compose.ts'
import type { Project } from '../../config/project.ts'
import { DaybreakError } from '../../errors.ts'
import { isDiscovered, type PipelineDefinition } from '../../pipeline/definition.ts'
import { isWarehouse } from '../../pipeline/destination.ts'
import type { Instant } from '../../pipeline/entities.ts'
import { staleIn } from '../../pipeline/load/renew.ts'
import { plannerOf } from '../../pipeline/plan/planners.ts'
import type { Ports, SourceConnector } from '../../pipeline/ports.ts'
import { findSlices, withKnownShards } from '../../pipeline/read/discover.ts'
import { isDelivered } from '../../pipeline/shard.ts'
import { wordsOf } from '../../pipeline/slice-words.ts'
import { isTables } from '../../pipeline/tables/tools.ts'
import { destinationsInUse } from '../destinations.ts'
import { fingerprintOf } from '../hash-key.ts'
import { type Checks, fail, type Outcome, off, pass, warn } from './finding.ts'
import { examineTableSource, tableDestinationChecks } from './table-pipelines.ts'

/** Long enough for a server on another continent, short enough for a person who waits. */
const SOURCE_TIMEOUT = 15_000

/** A project whose ports are open. */
export interface Opened extends Pick<Daybreak, 'ports' | 'definitions' | 'worker'> {
  readonly project: Project
  readonly signal: AbortSignal
  /** A secret could not be read, so no source can be asked. */
  readonly lacksSecret: boolean
}

/** Checks of ledger, hash key, destinations, tables and sources, through the ports that a run uses. */
export function portChecks(opened: Opened): Checks {
  const { project, ports, definitions } = opened
  return {
    ledger: () => examineLedger(ports),
    'hash key': async () => {
      const [definition] = definitions.values()
      return definition ? pass(`fingerprint ${fingerprintOf(definition.privacyKey)}`) : pass('no pipeline uses one')
    },
    ...destinationChecks(project, ports),
    ...tableDestinationChecks([...definitions.values()], ports, opened),
    tables: () => examineTables([...definitions.values()], ports),
    ...Object.fromEntries(
      [...project.pipelines.values()].map(({ pipeline, source }) => [
        `source ${source}`,
        () => examineSourceOf(pipeline, opened),
      ]),
    ),
  }
}

async function examineLedger({ ledger }: Ports): Promise<Outcome> {
  const runs = await ledger.runs({ limit: 1 })
  return pass(`opens, its tables are up to date, ${runs.length > 0 ? 'has runs' : 'has no runs yet'}`)
}

/** One check per destination in use. The only destination of a project is called `warehouse`. */
function destinationChecks(project: Project, ports: Ports): Checks {
  const all = destinationsInUse(project)
  return Object.fromEntries(
    all.map(({ name, pipelines }) => [
      all.length === 1 ? 'warehouse' : `destination ${name}`,
      () => examineDestination(ports, pipelines),
    ]),
  )
}

async function examineDestination(ports: Ports, [pipeline = '']: readonly string[]): Promise<Outcome> {
  const destination = ports.destination(pipeline)
  if (!isWarehouse(destination)) return pass('opens, answers no queries')
  return pass(`opens, answers ${(await destination.query('SELECT 1')).rows.length} row`)
}

/** Compares row counts and load jobs of the newest dates with the ledger, without reading a table. */
async function examineTables(definitions: readonly PipelineDefinition[], ports: Ports): Promise<Outcome> {
  const stale: string[] = []
  for (const definition of definitions)
    for (const { stream, window: date } of await staleIn(definition, ports)) stale.push(`${stream} of ${date}`)
  if (stale.length === 0) return pass('hold what was loaded')
  const some = stale.slice(0, 5).join(', ')
  const remedy = 'Run `daybreak status --verify`, or load again: `daybreak run --reload`, `daybreak import FOLDER`.'
  return fail(`${stale.length} partitions are not what was loaded: ${some}`, remedy)
}

async function examineSourceOf(
  pipeline: string,
  { ports, definitions, signal, lacksSecret, worker }: Opened,
): Promise<Outcome> {
  const definition = definitions.get(pipeline)
  if (definition && isTables(definition)) {
    const ofSource = [...definitions.values()].filter(isTables)
    const { source } = definition.config
    return await examineTableSource(
      ofSource.filter(({ config }) => config.source === source),
      { worker, lacksSecret },
    )
  }
  if (!definition?.hasSource)
    return off('not configured: files come by import', 'Set its host, user, key and host key; or nothing.')
  if (lacksSecret) return off('not asked, because a secret is missing', 'Put the secret in its place first.')
  const limit = AbortSignal.any([signal, AbortSignal.timeout(SOURCE_TIMEOUT)])
  const connector = ports.source(pipeline)
  if (isDiscovered(definition)) return await examineDiscovered(connector, definition, { limit, now: ports.clock.now() })
  return await examineSource(connector, definition, limit)
}

interface Asked {
  readonly limit: AbortSignal
  readonly now: Instant
}

/** Connects, and counts the shards that a look would find in the days that it goes through. */
async function examineDiscovered(
  connector: SourceConnector,
  definition: PipelineDefinition,
  { limit, now }: Asked,
): Promise<Outcome> {
  const source = await connector.connect(limit)
  const { from, to } = plannerOf(definition).span({}, now)
  const slices = await findSlices(definition, { from, to }, source).finally(() => source.close())
  const { length } = withKnownShards(definition, slices).shards
  const { one, many } = wordsOf(definition).shard
  const days = `from ${from} to ${to}`
  if (length > 0) return pass(`connects, finds ${length} ${length === 1 ? one : many} ${days}`)
  return warn(
    `connects, finds no ${one} ${days} in ${definition.root}`,
    `Compare \`path\` in config/pipelines/${definition.name}.yaml, and the files of its contracts, with the folders of the source.`,
  )
}

/** Connects, and compares the folders of the root with the shards whose folders are expected there. */
async function examineSource(
  connector: SourceConnector,
  definition: PipelineDefinition,
  signal: AbortSignal,
): Promise<Outcome> {
  const { root } = definition
  const source = await connector.connect(signal)
  const folders = await source.listFolders(root).finally(() => source.close())
  if (folders === null) throw new DaybreakError('SOURCE_ROOT_MISSING', `${root} does not exist at ${connector.name}`)
  const found = `connects, ${folders.length} ${folders.length === 1 ? 'folder' : 'folders'}`
  if (!hasFolderPerShard(definition)) return pass(found)
  const expected = definition.shards.filter(isDelivered)
  const { shard } = wordsOf(definition)
  const names = new Set(folders)
  const absent = expected.filter(({ id }) => !names.has(id)).map(({ id }) => id)
  if (absent.length === 0) return pass(found)
  const some = `${absent.slice(0, 5).join(', ')}${absent.length > 5 ? ', ...' : ''}`
  return warn(
    `${found} in ${root}; ${absent.length} of ${expected.length} ${shard.many} have none there: ${some}`,
    definition.config.kind === 'files'
      ? `Compare \`root\` of the source with the server, and \`shards\` in config/pipelines/${definition.name}.yaml with its folders.`
      : 'Compare `root` of the source with the server, and config/locations.yaml with the export in Toast Web.',
  )
}

function hasFolderPerShard({ config }: Pick<PipelineDefinition, 'config'>): boolean {
  return config.kind !== 'files' || config.path.startsWith('{shard}/')
}
