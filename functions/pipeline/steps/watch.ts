import type { Change, Clock } from '../ports.ts'

/** Times the steps of a piece of work, for the run that it belongs to. */
export interface Watch {
  /** Runs a step and adds its time. */
  time<Result>(step: string, work: () => Promise<Result>): Promise<Result>
  /** Changes that add the times so far to those of the run, always in the order of the names, so that workers do not deadlock. */
  changes(runId: string): readonly Change[]
}

/** A watch that has timed no step yet. */
export function createWatch(clock: Pick<Clock, 'now'>): Watch {
  const spent = new Map<string, number>()
  return {
    async time(step, work) {
      const started = clock.now()
      try {
        return await work()
      } finally {
        spent.set(step, (spent.get(step) ?? 0) + Math.max(0, clock.now() - started))
      }
    },
    changes: (runId) =>
      [...spent]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([step, milliseconds]) => ({ change: 'run_step', step: { runId, step, milliseconds, count: 1 } })),
  }
}
