import type {
  DeliveryRecord,
  ExpectedSlice,
  Instant,
  Reason,
  Sighting,
  Slice,
  SliceKey,
  SourceFile,
} from '../entities.ts'
import type { Readiness } from '../plan/planner.ts'
import { sliceFor, type Words } from '../slice-words.ts'
import { judgeStillness } from './stillness.ts'

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

function besideReason({ slice, beside: found, words }: DecideInput): Reason | null {
  if (found === '') return null
  return { code: 'INCOMPLETE', message: `${sliceFor(slice, words)} is not there; ${found}` }
}

function missingMessage({ slice, readiness: { goneAt }, beside: found, now, words }: DecideInput): string {
  const days = Math.floor((goneAt - now) / 86_400_000)
  const fate =
    goneAt <= now
      ? 'the server no longer keeps that day'
      : `the server deletes that day in ${days === 0 ? 'less than a day' : `${days} d`}`
  return `${sliceFor(slice, words)} was not delivered; ${found === '' ? '' : `${found}; `}${fate}`
}

function needsTransform({ slice, lastRecord, version }: DecideInput): boolean {
  if (slice.state === 'landed') return true
  if (lastRecord === null) return true
  return lastRecord.contract !== version.contract || lastRecord.engine !== version.engine
}
