import { DaybreakError, type ErrorCode } from '../../errors.ts'
import type { HeldBuild, Reason } from '../entities.ts'
import { finishJob, isStale } from './finish-job.ts'
import { publish } from './publish.ts'
import { becomeBuilt, claim, heldBecause, hold, reattempt, recordVerdict } from './row.ts'
import type { BuildPorts, BuildTask, Ensured, Helped, SeenBuild } from './task.ts'
import { lookAtBuild } from './wanted.ts'

/** How often one piece of work began an epoch anew because the one before came to nothing. */
interface Tries {
  lost: number
}

const MOST_LOST = 3
const ATTEMPTS = 3
// Milliseconds before the second attempt, four times as long before the last.
const PAUSE = 1_000

/**
 * Makes one partition of a model equal to its inputs: look, claim, query, check, publish, and look again. Exactly once in effect, as
 * `ensureLoaded` is, with any number of workers and any process dying at any point:
 *
 * 1. The row moves by compare-and-set alone. Each epoch has a staging table of its own.
 * 2. Before a verdict is on record, no job can touch the table, so an epoch whose inputs have changed is replaced by the next one.
 * 3. The verdict of the checks is written once per epoch. Only a recorded `pass` is published.
 * 4. Epoch e+1 follows a recorded verdict of e only after the publication of e is over, so at most one job can commit.
 *
 * tests/unit/pipeline/build-protocol-model.ts explores all of it.
 */
export async function ensureBuilt(task: BuildTask, ports: BuildPorts): Promise<Ensured> {
  const tries: Tries = { lost: 0 }
  let hasWorked = task.isBegun === true
  for (;;) {
    const seen = await lookAtBuild(task, ports)
    const { build } = seen
    if (build?.state === 'pending') {
      const answer = await help({ build, seen, task }, tries, ports)
      if (answer !== null) return answer
      hasWorked = true
      continue
    }
    const settled = answerOf(seen, { task, hasWorked }, ports)
    if (settled !== null) return settled
    await claim(seen, task, ports)
  }
}

/** The answer about a partition without a job, null when an epoch is to be begun. */
export function answerOf(
  { build, wanted, accepted, isEmpty, blockedBy }: SeenBuild,
  { task, hasWorked }: { readonly task: BuildTask; readonly hasWorked: boolean },
  { clock }: Pick<BuildPorts, 'clock'>,
): Ensured | null {
  const isForced = task.force === true && !hasWorked
  const isEqual = build !== null && [wanted, ...accepted].includes(build.wanted)
  if (build?.state === 'idle' && isEqual && !isForced) return { outcome: hasWorked ? 'built' : 'unchanged', build }
  if (build?.state === 'held' && isEqual && !isForced && !isDue(build, clock.now())) return { outcome: 'held', build }
  if (blockedBy !== null) return { outcome: 'blocked', by: blockedBy }
  return build === null && isEmpty ? { outcome: 'empty' } : null
}

/** Brings a pending epoch on. Null when the partition is to be looked at again; else the answer. */
async function help(helped: Helped, tries: Tries, ports: BuildPorts): Promise<Ensured | null> {
  const { build } = helped
  try {
    if (build.verdict === 'none') return await helpToVerdict(helped, tries, ports)
    if (build.verdict === 'fail') return heldAnswer(await hold(build, heldBecause(helped), ports), ports)
    return await helpToPublish(helped, tries, ports)
  } catch (error) {
    // Every failure that another delivery would only meet again moves the row. A defect, or a process that ends, does not.
    if (!(error instanceof DaybreakError) || error.retryable || error.code === 'CANCELLED') throw error
    return heldAnswer(await hold(build, { code: error.code, message: error.message }, ports), ports)
  }
}

async function helpToVerdict(helped: Helped, tries: Tries, ports: BuildPorts): Promise<Ensured | null> {
  const { build, seen, task } = helped
  if (isStale(build, seen)) {
    // Left as it is: the sweep comes back to it.
    if (seen.blockedBy !== null) return { outcome: 'blocked', by: seen.blockedBy }
    await claim(seen, task, ports)
    return null
  }
  const finished = await finishJob(helped, ports)
  switch (finished.is) {
    case 'running':
      return { outcome: 'pending', build }
    case 'checked':
      // What was read before the query began is what the result is judged by; an input that came since begins the next epoch.
      await recordVerdict(build, finished, ports)
      return null
    case 'gone':
      return await replace(helped, tries, ports)
    case 'refused':
      return heldAnswer(await hold(build, finished.reason, ports), ports)
    case 'failed': {
      if (build.attempt % ATTEMPTS === 0) return heldAnswer(await hold(build, passing(finished.reason), ports), ports)
      await reattempt(build, ports)
      await ports.clock.sleep(PAUSE * 4 ** ((build.attempt - 1) % ATTEMPTS), task.signal)
      return null
    }
  }
}

async function helpToPublish(helped: Helped, tries: Tries, ports: BuildPorts): Promise<Ensured | null> {
  const { build } = helped
  const status = await publish(helped, ports)
  if (status === null || status.state === 'running') return { outcome: 'pending', build }
  if (status.state === 'done') {
    const built = await becomeBuilt(build, ports)
    if (built !== null) logBuilt(helped, ports)
    return null
  }
  if (status.isGone || !status.permanent) return await replace(helped, tries, ports)
  const message = `${build.model} of ${build.window} could not be published: ${status.message}`
  return heldAnswer(await hold(build, { code: 'MODEL_FAILED', message }, ports), ports)
}

/** Begins the next epoch in place of one whose staging table is gone, or whose publication failed and is over. */
async function replace({ build, seen, task }: Helped, tries: Tries, ports: BuildPorts): Promise<Ensured | null> {
  tries.lost++
  if (tries.lost > MOST_LOST) {
    const message = `the staging table of ${build.model} of ${build.window} was lost ${tries.lost} times in a row`
    return heldAnswer(await hold(build, { code: 'WAREHOUSE_FAILED', message }, ports), ports)
  }
  await claim(seen, task, ports)
  return null
}

function heldAnswer(build: HeldBuild | null, { log }: Pick<BuildPorts, 'log'>): Ensured | null {
  if (build === null) return null
  log({
    severity: 'WARNING',
    ...build.reason,
    step: 'build',
    pipeline: 'models',
    stream: build.model,
    window: build.window,
  })
  return { outcome: 'held', build }
}

// Another attempt meets the same rows: only other inputs, another version or --force helps.
const LASTING: readonly ErrorCode[] = ['MODEL_HELD', 'MODEL_FAILED', 'CONFIG_INVALID']
const FIRST_PAUSE = 60_000
const LONGEST_PAUSE = 6 * 3_600_000

/** True for a held partition that is to be tried again now: its failure may have passed. The pause grows, up to six hours. */
export function isDue({ reason, attempt, updatedAt }: HeldBuild, now: number): boolean {
  if (LASTING.includes(reason.code)) return false
  const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 4 ** Math.max(0, attempt - ATTEMPTS))
  // A time that is yet to come was written by a clock that was wrong.
  return now >= updatedAt + pause || updatedAt > now
}

/** A failure of the warehouse may pass, also after three attempts. */
function passing({ message }: Reason): Reason {
  return { code: 'WAREHOUSE_FAILED', message }
}

/** Notes that a partition was published. */
export function logBuilt({ build }: Pick<Helped, 'build'>, { log }: Pick<BuildPorts, 'log'>): void {
  const { model, window, staged, epoch, attempt, missing, bytes } = { ...build, bytes: build.staged.bytes }
  const left = missing.length === 0 ? '' : `, without ${missing.length} locations that are not complete`
  log({
    severity: 'INFO',
    message: `Built ${model} of ${window}: ${staged.rows} rows${left}`,
    ...{ step: 'build', pipeline: 'models', stream: model, window },
    counts: { rows: staged.rows, epoch, attempt, missing: missing.length, ...(bytes !== null && { bytes }) },
  })
}
