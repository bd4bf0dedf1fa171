import { DaybreakError } from '../../errors.ts'
import type { Work } from '../entities.ts'
import type { LoadTask } from '../load/task.ts'
import type { Ports } from '../ports.ts'
import { readWindowPlan, targetOf } from '../tables/window-plan.ts'
import { recordOf } from './plan-tables.ts'

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

/** Records that a window is in its table. Safe to repeat. */
export async function recordLoaded(
  { pipeline, stream, window }: LoadWork,
  ports: Pick<Ports, 'objects' | 'ledger'>,
): Promise<void> {
  const plan = await readWindowPlan({ pipeline, stream, window }, ports.objects)
  const [before] = await ports.ledger.windows({ pipeline, streams: [stream], windows: [window] })
  await ports.ledger.apply([{ change: 'window', window: recordOf(plan, 'loaded', before?.sourceTotals ?? null) }])
}
