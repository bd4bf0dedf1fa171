import {
  type BusinessDate,
  type DeliveryRecord,
  type ExpectedSlice,
  hasRejects,
  type Instant,
  type Reason,
  type Run,
  type Sighting,
  type Slice,
  type SliceKey,
  type SourceFile,
} from '../entities.ts'
import type { Readiness } from '../plan/planner.ts'
import { sliceFor, type Words } from '../slice-words.ts'

/** The next step of one slice, decided after its folder was listed. */
export type Decision =
  /** Read the file: it is new, changed, or due to be compared byte for byte. `mark`: it is late, and was never seen to stand still. */
  | {
      readonly action: 'fetch'
      readonly file: SourceFile
      readonly mark: Reason | null
      readonly clock: Reason | null
    }
  /** The bytes are landed already; transform them again. */
  | { readonly action: 'redo' }
  | { readonly action: 'keep' }
  | {
      readonly action: 'wait'
      readonly file: SourceFile
      readonly reason: Reason
      readonly sighting: Sighting
      /** When a second look may find that it stood still. */
      readonly until: Instant
      readonly clock: Reason | null
    }
  | { readonly action: 'absent'; readonly state: 'expected' | 'waived'; readonly reason: Reason | null }
  | {
      readonly action: 'absent'
      readonly state: 'missing'
      readonly reason: Reason
      /** As it was given. */
      readonly beside: string
    }

/** Facts about one slice that decide what is done with it. */
export interface DecideInput {
  readonly slice: Slice
  /** Null when the folder or the file is not there. */
  readonly file: SourceFile | null
  /** Result of the slice's newest raw object, if there is one. */
  readonly lastRecord: DeliveryRecord | null
  readonly version: { readonly contract: string; readonly engine: string }
  readonly readiness: Readiness
  /** Milliseconds between two looks that find a file the same before it is read. */
  readonly minimumAge: number
  /** This is the second look of a run. */
  readonly again: boolean
  readonly closed: boolean
  /** Its absence means nothing. */
  readonly optional: boolean
  readonly force: boolean
  /** No signature closes the day. */
  readonly isOpen: boolean
  /** In words: entries of the folder that look like the file that is absent; '' when there are none. */
  readonly beside: string
  /** Read the file even if size and time are the known ones: only its bytes can tell a silent rewrite. */
  readonly rehash: boolean
  readonly now: Instant
  readonly words: Words
}

/** Pure. A file that vanished from the server after it was landed changes nothing: Toast deletes after seven days. */
export function decide(input: DecideInput): Decision {
  const { slice, file, now, readiness, minimumAge, force, again, rehash } = input
  if (file === null) return decideAbsent(input)
  if (file.refusal !== undefined) return { action: 'fetch', file, mark: null, clock: null }
  // Refused before its first byte, so another look costs nothing, and the limit may have been raised since.
  if (wasTooLarge(input, file)) return { action: 'fetch', file, mark: null, clock: null }
  // What could not be read is tried at every look, until the file is read or gone.
  const unread = slice.reason?.code === 'SOURCE_READ_FAILED'
  const known = slice.raw !== null && isSameFile(slice.source, file) && !unread
  if (known && !rehash) return needsTransform(input) || force ? { action: 'redo' } : { action: 'keep' }
  // Bytes that are only compared once more have stood still since they were read.
  if (known) return { action: 'fetch', file, mark: null, clock: null }
  const { lateAt, endsAt } = readiness
  const stillness = judgeStillness({
    ...{ file, sighting: slice.sighting, minimumAge, lateAt, endsAt, window: slice.window },
    ...{ force, again, now },
  })
  if (stillness.read) return { action: 'fetch', file, mark: stillness.mark, clock: stillness.clock }
  const { reason, sighting, until, clock } = stillness
  return { action: 'wait', file, reason, sighting, until, clock }
}

/** A slice of which nothing is known yet. */
export function newSlice(key: SliceKey): ExpectedSlice {
  return {
    ...key,
    state: 'expected',
    reason: null,
    source: null,
    raw: null,
    delivery: null,
    rejects: null,
    firstSeenAt: null,
    dueAt: null,
    firstLoadedAt: null,
    sighting: null,
    lookedAt: null,
    updatedAt: 0,
    runId: null,
    version: 0,
  }
}

/** A slice whose file was listed, and waits. */
export function toSeen(slice: Slice, wait: Extract<Decision, { action: 'wait' }>, lookedAt: Instant): Slice {
  const { reason, sighting } = wait
  const seen = { reason, sighting, firstSeenAt: slice.firstSeenAt ?? lookedAt, lookedAt }
  return slice.raw === null ? { ...slice, ...seen, state: 'seen' } : { ...slice, ...seen }
}

/** True when listing says it is the file the ledger knows. */
export function isSameFile(known: SourceFile | null, listed: SourceFile): boolean {
  return known?.bytes === listed.bytes && known.modifiedAt === listed.modifiedAt
}

/** The same file was not read, because of its size. One that grew too large as it was unpacked is landed, and has a record. */
function wasTooLarge({ slice: { source, reason }, lastRecord }: DecideInput, file: SourceFile): boolean {
  const isTooLarge = reason?.code === 'FILE_TOO_LARGE' && isSameFile(source, file)
  return isTooLarge && lastRecord?.reason?.code !== 'FILE_TOO_LARGE'
}

function decideAbsent(input: DecideInput): Decision {
  const { slice, closed, optional, readiness, now } = input
  if (slice.raw !== null) return needsTransform(input) || input.force ? { action: 'redo' } : { action: 'keep' }
  if (closed || optional) return { action: 'absent', state: 'waived', reason: null }
  if (slice.state === 'waived') return { action: 'keep' }
  if (now < readiness.lateAt) return { action: 'absent', state: 'expected', reason: besideReason(input) }
  return {
    action: 'absent',
    state: 'missing',
    reason: { code: 'INCOMPLETE', message: missingMessage(input) },
    beside: input.beside,
  }
}

/** True when there is nothing to record: an optional file that is absent, and of which nothing was ever known. */
export function isNothing(decision: Decision, slice: Slice, optional: boolean): boolean {
  return optional && decision.action === 'absent' && slice.version === 0
}

/**
 * True for a slice that the run is about. An imported folder holds the files that a person has, and the archive those that were
 * landed: neither says that a file is missing. A replay of rejects leaves slices without any alone.
 */
export function isMeant(
  decision: Decision,
  slice: Slice,
  { run: { trigger, scope }, optional }: { readonly run: Run; readonly optional: boolean },
): boolean {
  if (isNothing(decision, slice, optional)) return false
  if ((trigger === 'import' || scope.fromArchive) && decision.action === 'absent') return false
  return !scope.rejectedOnly || hasRejects(slice)
}

function besideReason({ slice, beside: found, words }: DecideInput): Reason | null {
  if (found === '') return null
  return { code: 'INCOMPLETE', message: `${sliceFor(slice, words)} is not there; ${found}` }
}

function missingMessage({ slice, readiness: { goneAt }, beside: found, now, words }: DecideInput): string {
  const notes = [found, ...(goneAt === null ? [] : [fateOf(goneAt - now)])].filter((note) => note !== '')
  return [`${sliceFor(slice, words)} was not delivered`, ...notes].join('; ')
}

function fateOf(left: number): string {
  const days = Math.floor(left / 86_400_000)
  if (left <= 0) return 'the server no longer keeps that day'
  return `the server deletes that day in ${days === 0 ? 'less than a day' : `${days} d`}`
}

/** True for a file that waits because its day was signed. */
export function isProposal({ state, reason }: Pick<Slice, 'state' | 'reason'>): boolean {
  return state === 'held' && reason?.code === 'DAY_CLOSED'
}

function needsTransform({ slice, lastRecord, version, isOpen }: DecideInput): boolean {
  if (slice.state === 'landed') return true
  if (isProposal(slice) && isOpen) return true
  if (lastRecord === null) return true
  return lastRecord.contract !== version.contract || lastRecord.engine !== version.engine
}

/** Facts about a file that decide if it stands still. */
export interface StillnessInput {
  readonly file: SourceFile
  /** Memory of earlier looks at a file of this name that was not read yet. */
  readonly sighting: Sighting | null
  /** Milliseconds between two equal looks. Zero where no other program writes: then nothing waits, and no time is judged. */
  readonly minimumAge: number
  /** From then on a file is read though it does not stand still. */
  readonly lateAt: Instant
  /** End of the business date: no export of it can be older. */
  readonly endsAt: Instant
  readonly window: BusinessDate
  readonly force: boolean
  /** This is the second look of a run. */
  readonly again: boolean
  readonly now: Instant
}

/** Judgement on a file: read it now, or look again at `until`. */
type Stillness =
  /** `mark` says that it was read though it was never seen to stand still. `clock`: its time cannot be right. */
  | { readonly read: true; readonly mark: Reason | null; readonly clock: Reason | null }
  | {
      readonly read: false
      readonly reason: Reason
      readonly sighting: Sighting
      readonly until: Instant
      readonly clock: Reason | null
    }

// Clocks of two machines differ by so much without anybody's fault.
const TOLERANCE = 120_000
// A restaurant may end its day a little before its closeout hour; no zone to the west of Greenwich is off by less.
const LONGEST_LEAD = 3_600_000

/**
 * Pure: may the file be read? It stands still when two of our looks, `minimumAge` apart by our clock, found the same size and
 * time. The server's clock is never asked how old a file is before the day is late; after that it saves a second look.
 */
export function judgeStillness(input: StillnessInput): Stillness {
  const { file, minimumAge, force, now } = input
  if (minimumAge <= 0) return { read: true, mark: null, clock: null }
  const clock = clockProblem(input)
  if (force) return { read: true, mark: null, clock }
  const sighting = sight(file, input.sighting, now)
  if (now - sighting.since >= minimumAge) return { read: true, mark: null, clock }
  if (isLate(input, sighting))
    return { read: true, mark: hasLongBeenLeft(input) ? null : markOf(input, sighting), clock }
  const until = sighting.since + minimumAge
  return { read: false, reason: clock ?? waitReason(input, sighting), sighting, until, clock }
}

/** The sighting after this look. A time from the future, left by a clock that was ahead, counts as none. */
export function sight(file: SourceFile, before: Sighting | null, now: Instant): Sighting {
  const { bytes, modifiedAt } = file
  const known = before !== null && before.since <= now && before.waitingSince <= now ? before : null
  const isSame = known?.bytes === bytes && known.modifiedAt === modifiedAt
  return { bytes, modifiedAt, since: isSame ? known.since : now, waitingSince: known?.waitingSince ?? now }
}

/** Late and seen long ago, or left alone for long as the server tells it. */
function isLate(input: StillnessInput, { waitingSince }: Sighting): boolean {
  const { lateAt, again, minimumAge, now } = input
  return now >= lateAt && (again || now - waitingSince >= minimumAge || hasLongBeenLeft(input))
}

function hasLongBeenLeft({ file, minimumAge, now, sighting }: StillnessInput): boolean {
  return sighting === null && now - file.modifiedAt >= minimumAge
}

function waitReason({ file, minimumAge }: StillnessInput, { since, waitingSince }: Sighting): Reason {
  const changed = since > waitingSince ? ` It has changed since ${text(waitingSince)}.` : ''
  const message = `${file.path} is taken when two looks ${minimumAge / 1000} s apart find it the same; this one found ${file.bytes} bytes.${changed}`
  return { code: 'FILE_CHANGED', message }
}

function markOf({ file }: StillnessInput, { waitingSince }: Sighting): Reason {
  const message = `${file.path} was read with ${file.bytes} bytes although it never stood still since ${text(waitingSince)}: the day is late. What changes later is taken as a correction`
  return { code: 'FILE_CHANGED', message }
}

/** A time that no clock in the right zone gives a file of that day. */
function clockProblem({ file: { path, modifiedAt }, endsAt, window, now }: StillnessInput): Reason | null {
  if (modifiedAt > now + TOLERANCE) {
    const message = `${path} has the time ${text(modifiedAt)}, which is ${span(modifiedAt - now)} from now: the server's clock is ahead, or it gives local time for UTC`
    return { code: 'SOURCE_CLOCK', message }
  }
  if (modifiedAt >= endsAt - LONGEST_LEAD) return null
  const message = `${path} has the time ${text(modifiedAt)}, ${span(endsAt - modifiedAt)} before ${window} ended: the server's clock is behind, it gives local time for UTC, or the file was made before the day was over`
  return { code: 'SOURCE_CLOCK', message }
}

function text(instant: Instant): string {
  const window = new Date(instant)
  return Number.isNaN(window.getTime()) ? `${instant} ms since 1970` : window.toISOString()
}

function span(milliseconds: number): string {
  const minutes = Math.round(milliseconds / 60_000)
  if (minutes < 120) return `${minutes} min`
  const hours = Math.round(minutes / 60)
  return hours < 72 ? `${hours} h` : `${Math.round(hours / 24)} d`
}
