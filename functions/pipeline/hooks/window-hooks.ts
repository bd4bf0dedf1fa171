import { join } from 'node:path'
import { type Hook, hooksAt, type Moment, type PlacedHook } from '../../config/hooks-config.ts'
import type { Reason, Run } from '../entities.ts'
import type { Ports } from '../ports.ts'
import type { TableDefinition } from '../tables/tools.ts'
import type { WindowPlan } from '../tables/window-plan.ts'
import { type ChangedRows, changeRows } from './change-rows.ts'
import type { HookEvent } from './ports.ts'
import { type HookPorts, type HookSubject, runHooks } from './run-hooks.ts'

type Raw = Parameters<typeof changeRows>[0]
type Counts = NonNullable<HookEvent['counts']>

/** The hooks around the reading of one window. A reason holds the window back. */
export interface WindowHooks {
  readonly beforeWindow: () => Promise<Reason | null>
  readonly beforeShard: (shard: string) => Promise<Reason | null>
  /** Sends raw rows of a shard through the scripts; null where there are none. */
  readonly changeRows: (shard: string, raw: Raw) => Promise<ChangedRows | null>
  readonly afterShard: (shard: string, counts: Counts) => Promise<Reason | null>
}

interface WindowContext {
  readonly plan: Pick<WindowPlan, 'pipeline' | 'stream' | 'window' | 'columns'>
  readonly definition: TableDefinition
  readonly run: Pick<Run, 'id' | 'backfillId'> & { readonly isDry?: true }
}

type CallingPorts = Pick<Ports, 'hooks' | 'clock' | 'log'>

/** The hooks of a window; null where its pipeline and its stream have none. */
export function windowHooks(context: WindowContext, ports: CallingPorts, signal?: AbortSignal): WindowHooks | null {
  const called = callingOf(ports, signal)
  if (called === null) return null
  const { columns } = context.plan
  const run = (moment: Moment, more: Partial<HookEvent> = {}) =>
    runHooks(moment, placedAt(moment, context), subjectOf(context, more), called)
  return {
    beforeWindow: () => run('window.before'),
    beforeShard: (shard) => run('batch.before', { shard }),
    afterShard: (shard, counts) => run('batch.after', { shard, counts }),
    async changeRows(shard, raw) {
      const subject = subjectOf(context, { shard })
      const isDue = (hook: Hook) =>
        (hook.backfill || !subject.isBackfill) && (hook.dryRun || context.run.isDry !== true)
      const hooks = placedAt('row.before', context).filter(({ hook }) => isDue(hook))
      if (hooks.length === 0) return null
      const path = join(raw.path, '..', 'changed.csv')
      return await changeRows(raw, { columns: columns.map(({ name }) => name), hooks, subject, path }, called)
    },
  }
}

/** Ports that hooks are called with; null where the project has none. */
export function callingOf({ hooks, clock, log }: CallingPorts, signal?: AbortSignal): HookPorts | null {
  return hooks === undefined ? null : { caller: hooks, clock, log, signal }
}

/** The hooks of a moment of a stream. Statements in the transaction of a window are none: the destination runs them. */
export function placedAt(moment: Moment, { definition, plan }: Omit<WindowContext, 'run'>): readonly PlacedHook[] {
  const { config } = definition
  return hooksAt(moment, [config.hooks, config.tables[plan.stream]?.hooks]).filter(
    ({ hook }) => !('sql' in hook && hook.inTransaction),
  )
}

/** Subject of the hooks of a window. Their keys are the same for each attempt to bring it in. */
export function subjectOf({ plan, definition, run }: WindowContext, more: Partial<HookEvent> = {}): HookSubject {
  const { pipeline, stream, window } = plan
  const load = [definition.environment, pipeline, stream, window].join('_')
  const { shard } = more
  return {
    event: { pipeline, run: run.id, stream, window, load_id: load, ...more },
    key: shard === undefined || shard === 'all' ? load : `${load}/${shard}`,
    isBackfill: run.backfillId !== null,
  }
}
