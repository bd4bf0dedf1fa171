import { sql } from 'kysely'
import type { RunStep, Usage } from '../pipeline/entities.ts'
import { value, type Writer } from './writer.ts'

/** Adds to the time and the count of a step of a run. */
export async function addRunStep({ run }: Writer, { runId, step, milliseconds, count }: RunStep): Promise<void> {
  await run({
    name: 'add run_steps',
    build: () => sql`
      insert into run_steps (run_id, step, milliseconds, count) values (${value}, ${value}, ${value}, ${value})
      on conflict (run_id, step) do update
      set milliseconds = run_steps.milliseconds + excluded.milliseconds, count = run_steps.count + excluded.count
    `,
    parameters: [runId, step, milliseconds, count],
  })
}

/** Adds to what a run used; time and pipeline are those of the run. A cost without a price stays unknown. */
export async function addUsage({ run }: Writer, { runId, kind, amount, costMicros }: Usage): Promise<void> {
  await run({
    name: 'add usage',
    build: () => sql`
      insert into usage (run_id, kind, amount, cost_micros, at, pipeline)
      values (${value}, ${value}, ${value}, ${value}, coalesce(${ofRun('created_at')}, 0), coalesce(${ofRun('pipeline')}, ''))
      on conflict (run_id, kind) do update
      set amount = usage.amount + excluded.amount, cost_micros = usage.cost_micros + excluded.cost_micros
    `,
    parameters: [runId, kind, amount, costMicros, runId, runId],
  })
}

function ofRun(column: 'created_at' | 'pipeline') {
  return sql`(select ${sql.ref(column)} from runs where id = ${value})`
}
