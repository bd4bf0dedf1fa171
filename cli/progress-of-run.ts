import type { Daybreak } from '../functions/compose.ts'
import type { Run } from '../functions/pipeline/entities.ts'
import { progressOf } from '../functions/pipeline/views/progress.ts'
import type { Call } from './command.ts'
import { type Progress, startProgress } from './progress.ts'

const LOOK_EVERY = 400

/** Works until the run is over, and shows meanwhile how many of its slices are done. */
export async function trackRun(
  run: Run,
  daybreak: Daybreak,
  { context, options }: Pick<Call, 'context' | 'options'>,
): Promise<Run> {
  const progress = startProgress(
    { label: run.pipeline, unit: run.trigger === 'import' ? 'files' : 'slices', total: null },
    context,
    options,
  )
  const timer = setInterval(() => void look(run, daybreak, progress).catch(() => undefined), LOOK_EVERY)
  try {
    const ended = await daybreak.drive(run)
    const { groupOpenIncidents } = await import('../functions/compose/watch.ts')
    await groupOpenIncidents(daybreak)
    return ended
  } finally {
    clearInterval(timer)
    progress.stop()
  }
}

async function look(run: Run, { definitions, ports }: Daybreak, progress: Progress): Promise<void> {
  const { done, total } = await progressOf(run, definitions, ports.ledger)
  progress.update(done, ...(total === null ? [] : [total]))
}
