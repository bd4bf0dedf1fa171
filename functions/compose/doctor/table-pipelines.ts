import type { PipelineDefinition } from '../../pipeline/definition.ts'
import { type Destination, isWarehouse } from '../../pipeline/destination.ts'
import type { Ports } from '../../pipeline/ports.ts'
import { expectTools, isTables, type TableDefinition } from '../../pipeline/tables/tools.ts'
import type { Worker } from '../../pipeline/work/worker.ts'
import { type Checks, fail, type Outcome, off, pass, warn } from './finding.ts'

interface Asking {
  readonly worker: Pick<Worker, 'tables'>
  /** A secret could not be read, so no server can be asked. */
  readonly lacksSecret: boolean
}

const LACKING = ['not asked, because a secret is missing', 'Put the secret in its place first.'] as const

/** Connects to the source of pipelines of tables, and looks for each of their tables. */
export async function examineTableSource(
  pipelines: readonly TableDefinition[],
  { worker, lacksSecret }: Asking,
): Promise<Outcome> {
  if (lacksSecret) return off(...LACKING)
  const reader = await expectTools(worker.tables).reader(pipelines[0]?.name ?? '')
  const { version, isEncrypted, milliseconds, mayWrite } = await reader.test()
  const wanted = new Set(pipelines.flatMap(({ config }) => Object.values(config.tables).map(({ from }) => from)))
  const lost: string[] = []
  for (const from of wanted) if ((await reader.describe(from)) === null) lost.push(from)
  const found = `${reader.name}: ${version}, ${isEncrypted ? 'encrypted' : 'not encrypted'}, ${milliseconds} ms, ${wanted.size - lost.length} of ${wanted.size} tables are there`
  if (lost.length > 0)
    return fail(
      `${found}; not ${lost.join(', ')}`,
      'Compare `from` of the pipelines with `daybreak connection discover`: there is no such table, or the login may not see it.',
    )
  return mayWrite
    ? warn(`${found}; the login may write`, 'Give it a login that only reads: a source needs SELECT.')
    : pass(found)
}

/** One check for each destination that takes tables and answers no queries: it connects, and plans the table of its first stream. */
export function tableDestinationChecks(
  definitions: readonly PipelineDefinition[],
  { destination }: Pick<Ports, 'destination'>,
  { worker, lacksSecret }: Asking,
): Checks {
  const all = definitions.filter(isTables).filter(({ name }) => !isWarehouse(destination(name)))
  const byName = Map.groupBy(all, ({ config }) => config.destination)
  return Object.fromEntries(
    [...byName].flatMap(([connection, [definition]]) =>
      definition
        ? [
            [
              `destination ${connection}`,
              () => examine(definition, destination(definition.name), { worker, lacksSecret }),
            ],
          ]
        : [],
    ),
  )
}

async function examine(
  { name, config }: TableDefinition,
  destination: Destination,
  { worker, lacksSecret }: Asking,
): Promise<Outcome> {
  if (lacksSecret) return off(...LACKING)
  const [stream = ''] = config.streams
  const table = { schema: expectTools(worker.tables).schema(name), name: config.tables[stream]?.into ?? stream }
  const found = await destination.describeTable(table)
  return pass(`connects, ${found === null ? 'has no table of' : 'has the table of'} ${stream}`)
}
