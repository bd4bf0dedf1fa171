import { DaybreakError } from '../../errors.ts'
import type { ModelWarehouse } from '../destination.ts'
import type { BuildCheck, PendingBuild } from '../entities.ts'
import { answerOf, logBuilt } from './ensure-built.ts'
import { checksOf } from './finish-job.ts'
import { labelsOf, modelWarehouse, publishJobId, queryJobId } from './job.ts'
import { becomeBuiltTogether, claimedRow, compareAndSetAll, judgedRow } from './row.ts'
import { areCheckedTogether, checksTogetherSql, querySql } from './sql.ts'
import { type BuildPorts, type BuildTask, type SeenBuild, stagingName, stagingOf, tableOfModel } from './task.ts'
import { lookAtBuild } from './wanted.ts'

// What one statement makes is in memory at once, and one transaction of the ledger.
const MOST = 32

interface Due {
  readonly task: BuildTask
  readonly seen: SeenBuild
}

interface Begun extends Due {
  readonly build: PendingBuild
}

type Together = Required<Pick<ModelWarehouse, 'startBuilds' | 'publishPartitions'>> &
  Pick<ModelWarehouse, 'dialect' | 'query'>

/**
 * Brings partitions of one model as far as it can with one statement for each step: one query, one query of all checks, one
 * publication. Rows, job ids and staging tables are those that `ensureBuilt` uses, and each row moves as it does there, so any worker
 * can go on from any point. Where something is in the way, nothing is done: `ensureBuilt` must follow for each partition.
 * Gives the windows that were claimed.
 */
export async function buildTogether(tasks: readonly BuildTask[], ports: BuildPorts): Promise<ReadonlySet<string>> {
  const [first] = tasks
  const warehouse = first && togetherOf(first, ports)
  if (!warehouse || tasks.length < 2) return new Set()
  const looked = await Promise.all(tasks.map(async (task) => ({ task, seen: await lookAtBuild(task, ports) })))
  const due = looked.filter(({ task, seen }) => {
    return seen.build?.state !== 'pending' && answerOf(seen, { task, hasWorked: false }, ports) === null
  })
  const claimed = new Set<string>()
  for (const group of alike(due)) {
    if (first.signal?.aborted) break
    const builds = await claimAll(group, ports)
    for (const { build } of builds) claimed.add(build.window)
    await buildAll(builds, warehouse, ports)
  }
  return claimed
}

function togetherOf({ model: { compiled } }: BuildTask, ports: BuildPorts): Together | null {
  const warehouse = modelWarehouse(ports)
  const { startBuilds, publishPartitions, dialect } = warehouse
  const isOneQuery = compiled.kind === 'partition' && compiled.partitionBy !== null
  if (!startBuilds || !publishPartitions || !isOneQuery || !areCheckedTogether(compiled)) return null
  return { startBuilds, publishPartitions, dialect, query: (sql) => warehouse.query(sql) }
}

/** Groups whose queries differ in nothing but the date. */
function alike(due: readonly Due[]): readonly (readonly Due[])[] {
  const groups = Map.groupBy(due, ({ seen: { span } }) => {
    return JSON.stringify([span.locations, [...(span.absent ?? [])].toSorted()])
  })
  return [...groups.values()].flatMap((group) => {
    const count = Math.ceil(group.length / MOST)
    return Array.from({ length: count }, (_, at) => group.slice(at * MOST, (at + 1) * MOST))
  })
}

async function claimAll(group: readonly Due[], ports: BuildPorts): Promise<readonly Begun[]> {
  if (group.length < 2) return []
  const now = ports.clock.now()
  const rows = group.map(({ task, seen }) => claimedRow(seen, task, now))
  return withRows(group, await compareAndSetAll(rows, ports))
}

/** The partitions with their rows; none where a row was moved by another worker. */
function withRows(group: readonly Due[], rows: readonly PendingBuild[] | null): readonly Begun[] {
  return (rows ?? []).flatMap((build, at) => {
    const due = group[at]
    return due ? [{ ...due, build }] : []
  })
}

async function buildAll(begun: readonly Begun[], warehouse: Together, ports: BuildPorts): Promise<void> {
  if (begun.length === 0) return
  const rows = await queryAll(begun, warehouse)
  const checks = rows && (await checkAll(begun, warehouse))
  if (!rows || !checks) return
  const judged = begun.map(({ build }, at) =>
    judgedRow(build, { rows: rows[at] ?? 0, bytes: null, checks: checks[at] ?? [] }),
  )
  const recorded = withRows(begun, await compareAndSetAll(judged, ports))
  const passed = recorded.filter(({ build }) => build.verdict === 'pass')
  if (passed.length === 0 || !(await publishAll(passed, warehouse))) return
  const builds = passed.map(({ build }) => build)
  if (await becomeBuiltTogether(builds, ports)) for (const build of builds) logBuilt({ build }, ports)
}

/** Rows of each staging table; null when none was made. */
async function queryAll(begun: readonly Begun[], warehouse: Together): Promise<readonly number[] | null> {
  const jobs = begun.map((one) => {
    const { build, task } = one
    const id = queryJobId(build, task)
    return {
      id,
      into: stagingOf(task.model, id),
      window: build.window,
      sql: sqlOf([one], warehouse),
      labels: labelsOf(build),
    }
  })
  const started = await warehouse.startBuilds({ jobs, sql: sqlOf(begun, warehouse) })
  return started.created ? started.rows : null
}

/** The query of the model over the dates of some partitions. */
function sqlOf(begun: readonly Begun[], { dialect }: Together): string {
  const [first] = begun
  if (!first || first.task.model.compiled.kind === 'script') throw new TypeError('no query is built together')
  return querySql(first.task.model.compiled.sql, { task: first.task, span: spanOf(begun, first), dialect })
}

function spanOf(begun: readonly Begun[], { seen: { span } }: Due): SeenBuild['span'] {
  return begun.length === 1 ? span : { ...span, dates: begun.map(({ build }) => build.window) }
}

/** The checks of each partition by one query; null when it failed: each alone says why. */
async function checkAll(
  begun: readonly Begun[],
  warehouse: Together,
): Promise<readonly (readonly BuildCheck[])[] | null> {
  const [first] = begun
  if (!first) return null
  const { task } = first
  const { compiled } = task.model
  if (compiled.checks.length === 0) return begun.map(() => [])
  const staged = begun.map(({ build, task: own }) => ({
    date: build.window,
    staging: stagingName(queryJobId(build, own)),
  }))
  const sql = checksTogetherSql(staged, { task, span: spanOf(begun, first), dialect: warehouse.dialect })
  const rows = await warehouse.query(sql).then(
    (answer) => answer.rows,
    (error: unknown) => {
      if (error instanceof DaybreakError && error.code === 'USAGE_INVALID') return null
      throw error
    },
  )
  if (rows === null) return null
  const byDate = Map.groupBy(rows, ([, date]) => date ?? '')
  return begun.map(({ build }) => {
    const counted = byDate.get(build.window) ?? []
    return checksOf(compiled, new Map(counted.map(([name, , failed]) => [name ?? '', Number(failed)])))
  })
}

async function publishAll(passed: readonly Begun[], warehouse: Together): Promise<boolean> {
  const publications = passed.map(({ build, task }) => ({
    id: publishJobId(build, task),
    from: stagingName(queryJobId(build, task)),
    to: tableOfModel(task.model),
    window: build.window,
    rows: build.staged.rows,
    labels: labelsOf(build),
  }))
  return (await warehouse.publishPartitions(publications)).created
}
