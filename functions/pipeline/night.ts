import { toDaybreakError } from '../errors.ts'
import type { Ports } from './ports.ts'
import { checkDay } from './steps/check-day.ts'
import type { Day, DayResult } from './steps/day.ts'
import { keepFiles } from './steps/keep.ts'
import { landAndTransform } from './steps/land-and-transform.ts'
import { lookAtDay, rememberSeen } from './steps/look.ts'
import { publishDay } from './steps/publish.ts'
import { settle } from './steps/settle.ts'
import { stageDay } from './steps/stage.ts'
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
