import { DaybreakError } from '../../errors.ts'
import type { Run, Work } from '../entities.ts'
import { hooksAfterLoad } from '../hooks/after-load.ts'
import type { LoadTask } from '../load/task.ts'
import type { Ports } from '../ports.ts'
import { expectTools, type TableDefinition } from '../tables/tools.ts'
import { readWindowPlan, targetOf } from '../tables/window-plan.ts'
import { recordOf } from './plan-tables.ts'
import type { Worker } from './worker.ts'

type LoadWork = Extract<Work, { kind: 'load' }>

/** The table of a window, as its plan says it: what a load needs besides its message. */
export async function targetTask(
  { pipeline, stream, window }: LoadWork,
  { objects }: Pick<Ports, 'objects'>,
): Promise<Pick<LoadTask, 'table' | 'remake'>> {
  const plan = await readWindowPlan({ pipeline, stream, window }, objects)
  return {
    table: targetOf(plan),
    async remake(damaged) {
      const names = damaged.map(({ part }) => part.object).join(', ')
      throw new DaybreakError('OBJECT_DAMAGED', `parts of ${stream}, window ${window}, are gone or damaged: ${names}`)
    },
  }
}

interface Loaded {
  readonly run: Run
  readonly definition: TableDefinition
}

/** Records that a window is in its table, after the hooks that follow it. Safe to repeat: the hooks of a recorded window do not run again. */
export async function recordLoaded(
  { pipeline, stream, window }: LoadWork,
  { run, definition }: Loaded,
  { ports, tables, signal }: Pick<Worker, 'ports' | 'tables' | 'signal'>,
): Promise<void> {
  const plan = await readWindowPlan({ pipeline, stream, window }, ports.objects)
  const [before] = await ports.ledger.windows({ pipeline, streams: [stream], windows: [window] })
  if (before?.state !== 'loaded')
    await hooksAfterLoad({ plan, definition, run, tools: expectTools(tables), signal }, ports)
  await ports.ledger.apply([{ change: 'window', window: recordOf(plan, 'loaded', before?.sourceTotals ?? null) }])
}
