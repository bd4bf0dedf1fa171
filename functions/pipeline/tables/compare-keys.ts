import { DaybreakError } from '../../errors.ts'
import type { Destination, KeyComparison, KeyOutcome } from '../destination.ts'
import type { Instant } from '../entities.ts'
import type { Ports } from '../ports.ts'
import { landKeys } from './land-keys.ts'
import type { TableDefinition, TableTools } from './tools.ts'
import { targetOf, type WindowPlan } from './window-plan.ts'

/** The newest loaded window of a stream, and the run that compares its keys. */
interface Comparing {
  readonly definition: TableDefinition
  readonly plan: WindowPlan
  readonly tools: TableTools
  readonly runId: string
  readonly signal?: AbortSignal | undefined
}

type ComparePorts = Pick<Ports, 'clock' | 'destination' | 'withScratch'>

/**
 * Reads the keys of a source and deletes rows of the table that have none of them. Null where that is not due. Keys are read after the
 * newest window was loaded, and nothing is deleted where a newer one is loaded meanwhile: its rows may be younger than the keys.
 */
export async function compareKeys(comparing: Comparing, ports: ComparePorts): Promise<KeyOutcome | null> {
  const { definition, plan, tools, runId, signal } = comparing
  const deletes = definition.config.tables[plan.stream]?.deletes
  if (deletes === undefined) return null
  const destination = ports.destination(definition.name)
  const at = ports.clock.now()
  const table = keyTable(plan)
  const id = comparisonId(plan, deletes.compareKeys === 'daily' ? dayOf(at) : runId)
  const job = { id, table, window: plan.window }
  if ((await destination.loadStatus(job)) !== null) return null
  const [reader, engine] = [await tools.reader(definition.name), await tools.engine()]
  return await ports.withScratch(async (scratch) => {
    const part = await landKeys({ plan, reader, engine, scratch, signal })
    const { effect, column, most } = deletes
    return await ask(destination, { ...job, part, effect, column, most, at })
  })
}

async function ask(destination: Destination, comparison: KeyComparison): Promise<KeyOutcome> {
  if (destination.compareKeys) return await destination.compareKeys(comparison)
  const { name } = comparison.table
  throw new DaybreakError('CONFIG_INVALID', `${name} has \`deletes\`, and its destination finds no rows by their keys`)
}

/** The table with the columns of its key alone. */
function keyTable(plan: WindowPlan): KeyComparison['table'] {
  const table = targetOf(plan)
  if (table.writing === undefined) return table
  const columns = plan.columns.filter(({ name }) => plan.key.includes(name))
  return { ...table, totals: [], writing: { ...table.writing, columns, totals: [] } }
}

function comparisonId({ pipeline, stream }: WindowPlan, time: string): string {
  return `${pipeline}_${stream}_keys_${time}`.replaceAll(/[^A-Za-z0-9_-]/g, '_')
}

const dayOf = (at: Instant): string => new Date(at).toISOString().slice(0, 10).replaceAll('-', '')
