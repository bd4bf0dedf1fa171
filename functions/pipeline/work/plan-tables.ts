import type { DaybreakError } from '../../errors.ts'
import type { Instant, WindowRecord } from '../entities.ts'
import { hooksBeforeRun } from '../hooks/run-ends.ts'
import { incidentCause } from '../incident-cause.ts'
import type { Change } from '../ports.ts'
import { type NextStep, nextStep, snapshotId } from '../tables/next-window.ts'
import { refusedStream, soundStream, toLasting } from '../tables/refused-stream.ts'
import { expectTools, type TableDefinition } from '../tables/tools.ts'
import type { WindowPlan } from '../tables/window-plan.ts'
import { deleteRows } from './delete-rows.ts'
import { newMessage } from './run.ts'
import type { Assignment, Ending, Worker } from './worker.ts'

/** The work of a `tick` of a pipeline of tables: one window per stream, to be read or to be loaded. */
export async function planTables(
  { message, run, definition }: Assignment & { readonly definition: TableDefinition },
  worker: Worker,
): Promise<Ending> {
  const { ports, tables, signal } = worker
  const tools = expectTools(tables)
  await hooksBeforeRun(run, ports, signal)
  const streams = Object.entries(definition.config.tables).filter(([name]) => run.scope.streams?.includes(name) ?? true)
  const steps: NextStep[] = []
  const refused: { readonly stream: string; readonly failure: DaybreakError }[] = []
  for (const [stream, config] of streams) {
    try {
      steps.push(await nextStep({ definition, stream, config, tools }, ports))
    } catch (error) {
      refused.push({ stream, failure: toLasting(error) })
    }
  }
  // A run without a stream that can be read has failed.
  if (steps.length === 0 && refused[0]) throw refused[0].failure
  // A stream that is read compares its keys once its window is loaded.
  const sound: NextStep[] = []
  for (const next of steps) {
    const last = next.step === 'none' ? next.last : null
    if (last === null || (await deleteRows({ run, definition, plan: last }, worker)) === 'sound') sound.push(next)
  }
  const now = ports.clock.now()
  const reads = steps.flatMap((next) => (next.step === 'read' ? [next.plan] : []))
  const loads = steps.flatMap((next) => (next.step === 'load' ? [next.plan] : []))
  const ingests = reads.map(({ pipeline, stream, window }) =>
    newMessage({ kind: 'ingest', pipeline, shard: 'all', stream, windows: [window] }, run.id, ports),
  )
  const waiting = loads.map(({ pipeline, stream, window }) =>
    newMessage({ kind: 'load', pipeline, stream, window }, run.id, ports),
  )
  await ports.ledger.apply([
    ...reads.map((plan): Change => ({ change: 'window', window: recordOf(plan, 'planned') })),
    { change: 'run', run: { ...run, state: 'running', startedAt: run.startedAt ?? now } },
    { change: 'message', message: { ...message, state: 'done' } },
    { change: 'incident_resolved', key: incidentCause.message(message.work).key, at: now },
    ...resolved(sound, now),
    ...refused.flatMap(({ stream, failure }) => {
      const place = { pipeline: definition.name, stream, window: snapshotId(now) }
      return refusedStream({ place, failure, run, at: now })
    }),
    ...[...ingests, ...waiting].map((next): Change => ({ change: 'message', message: next })),
  ])
  await ports.queue.publish(ingests)
  return { end: 'recorded', windows: loads.map(({ window }) => window) }
}

/** A stream that is to be read shows first that it can be. */
function resolved(steps: readonly NextStep[], at: Instant): readonly Change[] {
  return steps.flatMap((next) => {
    const plan = next.step === 'none' ? next.last : next.step === 'load' ? next.plan : null
    return plan === null ? [] : [soundStream(plan, at)]
  })
}

/** The record of a window in the ledger. */
export function recordOf(
  { pipeline, stream, window, mode, range, at }: WindowPlan,
  state: WindowRecord['state'],
  sourceTotals: WindowRecord['sourceTotals'] = null,
): WindowRecord {
  return { pipeline, stream, window, mode, low: range?.low ?? null, high: range?.high ?? null, sourceTotals, state, at }
}
