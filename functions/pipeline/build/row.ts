import { applied } from '../apply.ts'
import type { Build, BuildBase, BuildCheck, HeldBuild, IdleBuild, Instant, PendingBuild, Reason } from '../entities.ts'
import { incidentCause } from '../incident-cause.ts'
import type { Change } from '../ports.ts'
import type { BuildPorts, BuildTask, Helped, SeenBuild } from './task.ts'

/**
 * Publishes the next epoch: from now on its jobs may run. The row must have no job in flight that may write to the table: it is
 * not pending, or has no verdict yet. An epoch is at least the seconds since 1970, so that a ledger that was put back to an
 * earlier state uses no id twice. Null when another worker was faster.
 */
export async function claim(seen: Claimed, task: BuildTask, ports: BuildPorts): Promise<PendingBuild | null> {
  return await compareAndSet(claimedRow(seen, task, ports.clock.now()), ports)
}

type Claimed = Pick<SeenBuild, 'build' | 'wanted' | 'missing'>

/** The row of the next epoch. */
export function claimedRow(
  { build, wanted, missing }: Claimed,
  { model, window }: BuildTask,
  now: Instant,
): PendingBuild {
  const row = build ?? newBuild({ model: model.name, fingerprint: model.table, window }, now)
  const epoch = Math.max(row.epoch + 1, Math.floor(now / 1000))
  const isSame = build?.state === 'held' && build.wanted === wanted
  const attempt = isSame ? row.attempt + 1 : 1
  const begun = { wanted, missing, epoch, attempt, checks: [] }
  return { ...baseOf(row), ...begun, state: 'pending', verdict: 'none', staged: NOTHING }
}

const NOTHING = { rows: 0, bytes: null } as const

/** Starts the query of an epoch again, under another job id. */
export async function reattempt(build: PendingBuild, ports: BuildPorts): Promise<PendingBuild | null> {
  return await compareAndSet({ ...build, attempt: build.attempt + 1 }, ports)
}

/** The staging table of an epoch, and what its checks found. */
interface Judged {
  readonly rows: number
  readonly bytes: number | null
  readonly checks: readonly BuildCheck[]
}

/**
 * Records the verdict, once per epoch: checks read other tables, so a second look may find another one. Only a recorded `pass` is
 * published. Null when another worker was faster.
 */
export async function recordVerdict(
  build: PendingBuild,
  judged: Judged,
  ports: BuildPorts,
): Promise<PendingBuild | null> {
  return await compareAndSet(judgedRow(build, judged), ports)
}

/** The row of an epoch with its verdict. */
export function judgedRow(build: PendingBuild, { rows, bytes, checks }: Judged): PendingBuild {
  return { ...build, verdict: checks.some(isBlocking) ? 'fail' : 'pass', checks, staged: { rows, bytes } }
}

/** A partition of a model becomes what its staging table was: row and incidents in one transaction. Null when the row moved. */
export async function becomeBuilt(build: PendingBuild, ports: BuildPorts): Promise<IdleBuild | null> {
  return await end(builtRow(build), { pending: build, changes: incidentsOf(build, null, ports.clock.now()) }, ports)
}

/** The row of an epoch that is published. */
function builtRow(build: PendingBuild): IdleBuild {
  const { rows, bytes } = build.staged
  return { ...baseOf(build), built: build.wanted, rows, bytes, state: 'idle' }
}

/** Several partitions become what their staging tables were, as `becomeBuilt` makes one, in one transaction. False when a row moved. */
export async function becomeBuiltTogether(builds: readonly PendingBuild[], ports: BuildPorts): Promise<boolean> {
  const updatedAt = ports.clock.now()
  const ended = builds.map((pending) => ({ pending, build: { ...builtRow(pending), updatedAt } }))
  const messages = ended.flatMap(({ build, pending }) => ports.ended?.messagesOf(build, pending) ?? [])
  const rows = ended.map(({ build }) => build)
  const incidents = builds.flatMap((build) => incidentsOf(build, null, updatedAt))
  const more = [...incidents, ...messages.map((message) => ({ change: 'message', message }) as const)]
  if ((await compareAndSetAll(rows, ports, more)) === null) return false
  if (messages.length > 0) await ports.ended?.publish(messages)
  return true
}

/** Ends the epoch without a publication, and opens the incident. Null when the row moved. */
export async function hold(build: PendingBuild, reason: Reason, ports: BuildPorts): Promise<HeldBuild | null> {
  const held = { ...baseOf(build), bytes: build.staged.bytes, state: 'held', reason } as const
  return await end(held, { pending: build, changes: incidentsOf(build, reason, ports.clock.now()) }, ports)
}

/** Ends an epoch: the row, its incidents and the messages that follow are one transaction. */
async function end<Row extends IdleBuild | HeldBuild>(
  build: Row,
  { pending, changes }: { readonly pending: PendingBuild; readonly changes: readonly Change[] },
  ports: BuildPorts,
): Promise<Row | null> {
  const messages = ports.ended?.messagesOf({ ...build, updatedAt: ports.clock.now() }, pending) ?? []
  const recorded = messages.map((message) => ({ change: 'message', message }) as const)
  const row = await compareAndSet(build, ports, [...changes, ...recorded])
  if (row !== null && messages.length > 0) await ports.ended?.publish(messages)
  return row
}

/** True for a check that failed and keeps a partition from being published. */
function isBlocking({ effect, failed }: BuildCheck): boolean {
  return effect === 'block' && failed > 0
}

/** The reason of a partition whose checks failed. */
export function heldBecause({ build }: Pick<Helped, 'build'>): Reason {
  const failed = build.checks.filter(isBlocking).map((check) => `${check.name} (${rowsText(check.failed)})`)
  const place = `${build.model} of ${build.window}`
  const message = `${place} is not published: the ${failed.length === 1 ? 'check' : 'checks'} ${failed.join(', ')} failed; the table keeps the rows it had`
  return { code: 'MODEL_HELD', message }
}

function rowsText(rows: number): string {
  return rows === 1 ? '1 row' : `${rows} rows`
}

/**
 * One incident per cause: a check of a model, or the failure of its query. Dates are its subjects. A failed check that only warns
 * opens one as well; a check that passes takes its date off.
 */
function incidentsOf({ model, window, checks, state }: Build, reason: Reason | null, at: Instant): readonly Change[] {
  const open = (detail: string, why: Reason, severity: 'error' | 'warning'): Change => ({
    ...{ change: 'incident_opened', ...incidentCause.model(model, detail), subject: window },
    ...{ severity, reason: why, runId: null, at },
  })
  const close = (detail: string): Change => {
    return { change: 'incident_resolved', key: incidentCause.model(model, detail).key, subject: window, at }
  }
  const isJudged = state === 'pending' && checks.length > 0
  const ofChecks = (isJudged ? checks : []).map((check) => {
    if (check.failed === 0) return close(check.name)
    const message = `${model} of ${window}: the check ${check.name} found ${rowsText(check.failed)}`
    if (isBlocking(check)) return open(check.name, { code: 'MODEL_HELD', message }, 'error')
    return open(check.name, { code: 'CHECK_FAILED', message }, 'warning')
  })
  const hasFailed = reason !== null && !checks.some(isBlocking)
  return [...ofChecks, hasFailed ? open(QUERY, reason, 'error') : close(QUERY)]
}

// No check is called so.
const QUERY = '(query)'

function newBuild(key: Pick<BuildBase, 'model' | 'fingerprint' | 'window'>, now: Instant): IdleBuild {
  return {
    ...key,
    ...{ wanted: '', built: '', epoch: 0, attempt: 0, rows: 0, bytes: null, missing: [], checks: [] },
    ...{ state: 'idle', updatedAt: now, version: 0 },
  }
}

function baseOf(build: BuildBase): BuildBase {
  const { model, fingerprint, window, wanted, built, epoch, attempt, rows, bytes, missing, checks } = build
  const { updatedAt, version } = build
  return { model, fingerprint, window, wanted, built, epoch, attempt, rows, bytes, missing, checks, updatedAt, version }
}

/** Changes the row, and more in the same transaction, if it is still as it was read: the row as it is then, or null. */
async function compareAndSet<Row extends Build>(
  build: Row,
  ports: BuildPorts,
  more: readonly Change[] = [],
): Promise<Row | null> {
  const [changed = null] = (await compareAndSetAll([build], ports, more)) ?? []
  return changed
}

/** Changes several rows as `compareAndSet` changes one: all of them, or null. */
export async function compareAndSetAll<Row extends Build>(
  builds: readonly Row[],
  ports: BuildPorts,
  more: readonly Change[] = [],
): Promise<readonly Row[] | null> {
  const updatedAt = ports.clock.now()
  const changes = builds.map((build) => ({ change: 'build', build: { ...build, updatedAt } }) as const)
  const isApplied = await applied([...changes, ...more], ports.ledger)
  return isApplied ? builds.map((build) => ({ ...build, updatedAt, version: build.version + 1 })) : null
}
