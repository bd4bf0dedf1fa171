import { toDaybreakError } from '../errors.ts'
import { beginEpoch, want } from './load/begin.ts'
import { runJob } from './load/job.ts'
import { lookAtPartition, mayLeave } from './load/look.ts'
import { nextMove, verify } from './load/move.ts'
import { settleLoad } from './load/settle.ts'
import type { Loaded, LoadPorts, LoadTask, Progress, Tries } from './load/task.ts'
import type { Ports } from './ports.ts'
import { checkDay } from './steps/check-day.ts'
import type { Day, DayResult } from './steps/day.ts'
import { keepFiles } from './steps/keep.ts'
import { landAndTransform } from './steps/land-and-transform.ts'
import { lookAtDay, rememberSeen } from './steps/look.ts'
import { publishDay, stageDay } from './steps/publish.ts'
import { settle } from './steps/settle.ts'
import { createWatch } from './steps/watch.ts'

/**
 * Brings in one day of one location: look, land, transform, check, settle, stage, publish. The ledger changes in one
 * transaction at the end, so the work is safe to repeat from any point.
 */
export async function bringIn(day: Day, ports: Ports): Promise<DayResult> {
  const watch = createWatch(ports.clock)
  const seen = await watch.time('look', () => lookAtDay(day, ports))
  if (seen.lookAgainAt !== null) {
    await rememberSeen(seen, day, ports)
    return { window: day.window, runSlices: [], failure: null, lookAgainAt: seen.lookAgainAt }
  }
  const prepared = await watch.time('transform', () => landAndTransform(seen.items, day, ports))
  const checked = await watch.time('check', () => checkDay(prepared, day, ports))
  const { changes, runSlices, failure } = settle({ ...checked, ...day, now: ports.clock.now(), newId: ports.newId })
  await watch.time('stage', () => stageDay({ items: prepared, changes }, day, ports))
  // A look that found nothing new is not worth four rows.
  const times = runSlices.some(({ outcome }) => outcome === 'staged') ? watch.changes(day.run.id) : []
  await publishDay({ changes, runSlices, copies: checked.copies, times }, day, ports)
  // A day that is looked at again keeps its other files then.
  const isOver = failure !== null || day.signal?.aborted
  const unkept = isOver ? null : await keepFiles(seen.others, day, ports).catch(toDaybreakError)
  return { window: day.window, runSlices, failure: failure ?? unkept ?? null, lookAgainAt: null }
}

/**
 * Makes one partition equal to the newest state of the ledger: look, want, begin, load, verify, settle, and look again. Exactly
 * once in effect: with any number of workers, at any interleaving, with any process dying at any point. The partition's row moves by
 * compare-and-set alone, and a worker leaves only when row and slices, read in this order, agree: one whose slices were old by
 * the time it wanted their manifest sees it here, and so does the worker that gets its message after its death.
 * tests/unit/pipeline/load-protocol.ts explores all of it.
 */
export async function ensureLoaded(task: LoadTask, ports: LoadPorts): Promise<Loaded> {
  const tries: Tries = { stale: 0, remade: 0 }
  const progress: Progress = { hasLoaded: false, verified: 0, known: [] }
  for (;;) {
    const seen = await lookAtPartition(task, ports)
    if (await mayLeave(seen, progress, task)) return { outcome: 'loaded', partition: seen.partition }
    const wanted = await want(seen, task, ports)
    if (wanted === null) continue
    progress.verified = wanted.partition.wanted
    const begun = await beginEpoch(wanted, { seen, task, progress }, ports)
    if (begun === null) continue
    if ('outcome' in begun) return begun
    progress.known = (await task.waiting?.()) ?? []
    const result = await runJob(begun, { task, ports, tries })
    const verified = verify(result, task.table)
    const move = nextMove(verified, begun, { task, tries })
    const answer = await settleLoad(move, begun, { task, ports, tries })
    if (answer !== null) return answer
    progress.hasLoaded = true
  }
}
