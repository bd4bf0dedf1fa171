import type { Change, Ports } from '../ports.ts'
import { recordedBy } from '../tables/known-rows.ts'
import type { TableDefinition } from '../tables/tools.ts'
import { newestNumber, readNumbered, type WindowPlan } from '../tables/window-plan.ts'
import { recordOf } from './plan-tables.ts'

/**
 * Adds windows of tables that the ledger does not have, from their plans in object storage. Those that the destination has on record
 * are loaded; the others are read again. Returns how many were added, and how many of them are loaded.
 */
export async function rebuildTables(
  { name: pipeline, config }: TableDefinition,
  ports: Pick<Ports, 'ledger' | 'objects' | 'destination'>,
): Promise<{ readonly windows: number; readonly loaded: number }> {
  let [windows, loaded] = [0, 0]
  for (const stream of config.streams) {
    const plans = await plansOf({ pipeline, stream }, ports)
    const [newest] = plans.slice(-1)
    if (newest === undefined) continue
    const recorded = new Set((await recordedBy(ports.destination(pipeline), newest)).map(({ window }) => window))
    const known = new Set((await ports.ledger.windows({ pipeline, streams: [stream] })).map(({ window }) => window))
    const lacking = plans.filter(({ window }) => !known.has(window))
    const isLoaded = ({ window }: WindowPlan) => recorded.has(window)
    await ports.ledger.apply(
      lacking.map(
        (plan): Change => ({ change: 'window', window: recordOf(plan, isLoaded(plan) ? 'loaded' : 'planned') }),
      ),
    )
    windows += lacking.length
    loaded += lacking.filter(isLoaded).length
  }
  return { windows, loaded }
}

async function plansOf(
  place: Pick<WindowPlan, 'pipeline' | 'stream'>,
  { objects }: Pick<Ports, 'objects'>,
): Promise<readonly WindowPlan[]> {
  const plans: WindowPlan[] = []
  const newest = await newestNumber(place, 0, objects)
  for (let number = 1; number <= newest; number++) plans.push(await readNumbered({ ...place, number }, objects))
  return plans
}
