import type { Daybreak } from '../functions/compose.ts'
import type { Run } from '../functions/pipeline/entities.ts'
import type { Call } from './command.ts'
import { type Progress, startProgress } from './progress.ts'

const LOOK_EVERY = 400

/** Works until the run is over, and tells meanwhile how many of its slices are done. */
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
    return await daybreak.drive(run)
  } finally {
    clearInterval(timer)
    progress.stop()
  }
}

async function look(run: Run, { definitions, ports: { ledger } }: Daybreak, progress: Progress): Promise<void> {
  // An import looks for nothing: what its folders hold is counted as it is found.
  if (run.trigger === 'import') return progress.update((await ledger.runSlices(run.id)).length)
  const [done, messages] = await Promise.all([ledger.runSlices(run.id), ledger.messages({ runId: run.id })])
  const streams = run.scope.streams?.length ?? definitions.get(run.pipeline)?.config.streams.length ?? 0
  const days = messages.reduce((sum, { work }) => sum + (work.kind === 'ingest' ? work.windows.length : 0), 0)
  progress.update(done.length, Math.max(done.length, days * streams))
}
