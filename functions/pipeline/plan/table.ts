import { addDays, localDate } from '../../lib/business-date.ts'
import { DATES_ONLY, timeOf } from '../../lib/window-time.ts'
import type { PipelineDefinition } from '../definition.ts'
import type { Planner } from './planner.ts'

/** The planner of a pipeline of tables. Which windows are due is asked of the source: tables/next-window.ts. */
export function tablePlanner({ lateAfter, retention }: Pick<PipelineDefinition, 'lateAfter' | 'retention'>): Planner {
  return {
    plan: () => [],
    span(_, now) {
      const today = localDate(now, 'UTC')
      return { from: addDays(today, -1), to: addDays(today, 1) }
    },
    readiness(_, window, times = DATES_ONLY) {
      const at = timeOf(window, times)
      return { endsAt: at, dueAt: at, lateAt: at + lateAfter, goneAt: retention === null ? null : at + retention }
    },
  }
}
