import { hooksAt } from '../../config/hooks-config.ts'
import { toDaybreakError } from '../../errors.ts'
import type { Reason, Run, RunCounts, RunState } from '../entities.ts'
import type { Ports } from '../ports.ts'
import { isOfHook, runHooks } from './run-hooks.ts'
import { callingOf } from './window-hooks.ts'

type CallingPorts = Pick<Ports, 'hooks' | 'clock' | 'log'>

/** Runs the hooks before a run is planned. @throws {DaybreakError} of one that fails. */
export async function hooksBeforeRun(run: Run, ports: CallingPorts, signal?: AbortSignal): Promise<void> {
  const called = callingOf(ports, signal)
  const hooks = ports.hooks?.hooksOf(run.pipeline)
  if (called === null || !hooks) return
  await runHooks('run.before', hooksAt('run.before', [hooks]), subjectOf(run), called)
}

interface Ended {
  readonly state: RunState
  readonly counts: RunCounts
}

/** Runs the hooks before the end of a run is recorded. Gives the reason for which it failed after all; null for none. */
export async function hooksAfterRun(run: Run, ended: Ended, ports: CallingPorts): Promise<Reason | null> {
  const called = callingOf(ports)
  const hooks = ports.hooks?.hooksOf(run.pipeline)
  if (called === null || !hooks) return null
  try {
    await runHooks('run.after', hooksAt('run.after', [hooks]), subjectOf(run, ended), called)
    return null
  } catch (error) {
    const { code, message } = toDaybreakError(error)
    if (!isOfHook({ code })) throw error
    return { code, message }
  }
}

function subjectOf({ id, pipeline, backfillId }: Run, ended?: Ended) {
  return {
    event: { pipeline, run: id, ...(ended && { state: ended.state, counts: { ...ended.counts } }) },
    key: id,
    isBackfill: backfillId !== null,
  }
}
