import type { PipelineDefinition } from '../definition.ts'
import type { Run } from '../entities.ts'
import type { Ledger } from '../ports.ts'

/** How far a run is. */
interface RunProgress {
  readonly done: number
  /** Slices that the run looks at, as far as its messages name them; null for an import, which finds them as it goes. */
  readonly total: number | null
}

/** Counts the slices that a run has done and those that its messages name. */
export async function progressOf(
  run: Run,
  definitions: ReadonlyMap<string, PipelineDefinition>,
  ledger: Pick<Ledger, 'runSlices' | 'messages'>,
): Promise<RunProgress> {
  if (run.trigger === 'import') return { done: (await ledger.runSlices(run.id)).length, total: null }
  const [slices, messages] = await Promise.all([ledger.runSlices(run.id), ledger.messages({ runId: run.id })])
  const streams = run.scope.streams?.length ?? definitions.get(run.pipeline)?.config.streams.length ?? 0
  const windows = messages.reduce((sum, { work }) => sum + (work.kind === 'ingest' ? work.windows.length : 0), 0)
  return { done: slices.length, total: Math.max(slices.length, windows * streams) }
}
