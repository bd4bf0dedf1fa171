import { ERRORS, type ErrorCode, type ErrorKind } from '../../errors.ts'
import type { BusinessDate, CheckResult, Reason, SliceKey, SliceState } from '../entities.ts'
import { dayNamed, type Words } from '../slice-words.ts'

/** A day of a location: whole and agreed, waiting for files, or with files that contradict each other. */
type DayState = 'complete' | 'incomplete' | 'disputed'

/** A failed check whose effect is to dispute the day. Its message names both sides. */
export type Dispute = CheckResult & SliceKey

/** The verdict on one location and business date, in two halves. */
export interface DayVerdict {
  readonly state: DayState
  /** Everything that was delivered is published, with equal rows and money in file, part and table. */
  readonly balanced: boolean
  /** The published files agree with each other, within the tolerance of the checks. */
  readonly agreed: boolean
  readonly disputes: readonly Dispute[]
  /** The gravest reason why the day is not complete; null when it is. */
  readonly reason: Reason | null
}

/** Slices and disputes of one location and day. */
interface DayInput {
  readonly shard: string
  readonly window: BusinessDate
  /** The expected slices that are there, with their reasons. */
  readonly slices: readonly { readonly stream: string; readonly state: SliceState; readonly reason: Reason | null }[]
  /** Streams whose slices are still to come. */
  readonly lacking: readonly string[]
  readonly disputes: readonly Dispute[]
  readonly words: Words
}

const PUBLISHED: readonly SliceState[] = ['loaded', 'waived']

/**
 * Pure: what is to be said of a day. Files that disagree dispute it, even if others are missing; a day that only lacks
 * files is incomplete, because a check without all of its files is not run.
 */
export function judgeDay({ shard, window, slices, lacking, disputes, words }: DayInput): DayVerdict {
  const standing = disputes.filter((dispute) => isPublished(dispute, slices))
  const open = slices.filter(({ state }) => !PUBLISHED.includes(state))
  const waiting = [...open.filter(({ state }) => !isRefused(state)).map(({ stream }) => stream), ...lacking]
  const reasons = [
    ...(standing.length > 0 ? [disputeReason({ shard, window }, standing, words)] : []),
    ...open.flatMap(({ state, reason }) => (isRefused(state) && reason ? [reason] : [])),
    ...(waiting.length > 0 ? [lackingReason({ shard, window }, waiting, words)] : []),
  ]
  const isComplete = open.length === 0 && lacking.length === 0
  return {
    state: standing.length > 0 ? 'disputed' : isComplete ? 'complete' : 'incomplete',
    balanced: open.length === 0,
    agreed: standing.length === 0,
    disputes: standing,
    reason: gravest(reasons),
  }
}

const isRefused = (state: SliceState): boolean => state === 'quarantined' || state === 'held'

/** A check of a file that is held back is not about the published rows. */
function isPublished({ stream }: Dispute, slices: DayInput['slices']): boolean {
  return !slices.some((slice) => slice.stream === stream && isRefused(slice.state))
}

interface Day {
  readonly shard: string
  readonly window: BusinessDate
}

// Enough to see the cause; `runs show` has all of them.
const MOST_NAMED = 3

/** Names what disagrees, with the numbers of both sides. */
export function disputeReason(day: Day, disputes: readonly CheckResult[], words: Words): Reason {
  const named = disputes.slice(0, MOST_NAMED).map(({ check, message }) => `${check}: ${message}`)
  const more = disputes.length > MOST_NAMED ? `; and ${disputes.length - MOST_NAMED} more` : ''
  const message = `the files of ${dayNamed(day, words)}, disagree; ${named.join('; ')}${more}`
  return { code: 'DAY_DISPUTED', message }
}

function lackingReason(day: Day, streams: readonly string[], words: Words): Reason {
  return { code: 'INCOMPLETE', message: `${dayNamed(day, words)}: ${streams.join(', ')} not loaded` }
}

const PARTIAL: readonly ErrorKind[] = ['data', 'drift', 'incomplete', 'usage', 'machinery']
const FAILED: readonly ErrorKind[] = ['machinery', 'usage', 'data', 'drift', 'incomplete']

/** The reason that decides the exit code of something partial: data, then drift, then what is late or missing. */
export function gravest(reasons: readonly Reason[]): Reason | null {
  return firstOf(PARTIAL, reasons)
}

/** The reason that decides the exit code of something failed: machinery before all else. */
export function gravestFailure(reasons: readonly Reason[]): Reason | null {
  return firstOf(FAILED, reasons)
}

function firstOf(order: readonly ErrorKind[], reasons: readonly Reason[]): Reason | null {
  const place = (code: ErrorCode) => order.indexOf(ERRORS[code].kind)
  return reasons.toSorted((a, b) => place(a.code) - place(b.code))[0] ?? null
}
