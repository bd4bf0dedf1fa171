import { DaybreakError } from '../../errors.ts'
import type { CompiledModel } from '../../models/compiled.ts'
import type { BuildCheck, PendingBuild, Reason } from '../entities.ts'
import { awaitJob, labelsOf, modelWarehouse, queryJobId } from './job.ts'
import { scriptSql } from './script-sql.ts'
import { checksSql, querySql } from './sql.ts'
import { type BuildPorts, dateOf, type Helped, stagingName, stagingOf } from './task.ts'

/** How the query of an epoch, or the checks of its staging table, went on. */
export type Finished =
  | { readonly is: 'running' }
  | {
      readonly is: 'checked'
      readonly rows: number
      readonly bytes: number | null
      readonly checks: readonly BuildCheck[]
    }
  /** Another attempt may succeed. */
  | { readonly is: 'failed'; readonly reason: Reason }
  /** Another attempt would meet the same. */
  | { readonly is: 'refused'; readonly reason: Reason }
  /** The staging table is not there any more. */
  | { readonly is: 'gone' }

/** Brings the query of an epoch to its end, whichever worker began it, and checks its rows. Changes no row of the ledger. */
export async function finishJob(helped: Helped, ports: BuildPorts): Promise<Finished> {
  const { build, seen, task } = helped
  const { compiled } = task.model
  if (compiled.kind === 'view') throw new TypeError('a view has no partition to build')
  const warehouse = modelWarehouse(ports)
  const filling = { task, span: seen.span, dialect: warehouse.dialect }
  const id = queryJobId(build, task)
  // A script that another worker has run is not run again.
  if (compiled.kind !== 'script' || (await warehouse.buildStatus(id)) === null) {
    const sql = compiled.kind === 'script' ? await scriptSql(compiled, filling, ports) : querySql(compiled.sql, filling)
    await warehouse.startBuild({
      id,
      into: stagingOf(task.model, id),
      window: dateOf(compiled, build.window),
      sql,
      labels: labelsOf(build),
    })
  }
  const status = await awaitJob(id, task, ports)
  if (status === null || status.state === 'running') return { is: 'running' }
  if (status.state === 'failed') {
    const place = `the query of ${build.model} of ${build.window} failed`
    const reason = { code: 'MODEL_FAILED', message: `${place}: ${status.message}` } as const
    return status.permanent && !status.isGone ? { is: 'refused', reason } : { is: 'failed', reason }
  }
  const checks = await runChecks(helped, ports)
  return checks === null ? { is: 'gone' } : { is: 'checked', rows: status.rows, bytes: status.bytesBilled, checks }
}

/** Runs all checks as one query. Null when the staging table is gone. */
async function runChecks({ build, seen, task }: Helped, ports: BuildPorts): Promise<readonly BuildCheck[] | null> {
  const { checks } = task.model.compiled
  if (checks.length === 0) return []
  const warehouse = modelWarehouse(ports)
  const staging = stagingName(queryJobId(build, task))
  const sql = checksSql(staging, { task, span: seen.span, dialect: warehouse.dialect })
  try {
    const { rows } = await warehouse.query(sql)
    return checksOf(task.model.compiled, new Map(rows.map(([name, count]) => [name ?? '', Number(count)])))
  } catch (error) {
    if (!(error instanceof DaybreakError) || error.code !== 'USAGE_INVALID') throw error
    if ((await warehouse.describeTable(staging)) === null) return null
    throw new DaybreakError('MODEL_FAILED', `the checks of ${build.model} of ${build.window} failed: ${error.message}`)
  }
}

/** The checks of a model with the number of rows that failed each. */
export function checksOf({ checks }: CompiledModel, failed: ReadonlyMap<string, number>): readonly BuildCheck[] {
  return checks.map(({ name, effect }) => ({ name, effect, failed: failed.get(name) ?? 0 }))
}

/** True for a pending build whose inputs have changed since its epoch was published. Its rows would be stale. */
export function isStale({ wanted }: PendingBuild, seen: Pick<Helped['seen'], 'wanted'>): boolean {
  return wanted !== seen.wanted
}
