import type { Readiness } from './definition.ts'
import type { DeliveryRecord, Instant, Reason, Slice, SliceKey, SourceFile } from './model.ts'

/** What to do about one slice after its folder was listed. */
export type Decision =
  /** Read the file: it is new, changed, or due to be compared byte for byte. */
  | { readonly action: 'fetch'; readonly file: SourceFile }
  /** The bytes are landed already; transform them again. */
  | { readonly action: 'redo' }
  | { readonly action: 'keep' }
  | { readonly action: 'wait'; readonly file: SourceFile; readonly reason: Reason }
  | { readonly action: 'absent'; readonly state: 'expected' | 'missing' | 'waived'; readonly reason: Reason | null }

export interface DecideInput {
  readonly slice: Slice
  /** Null when the folder or the file is not there. */
  readonly file: SourceFile | null
  /** What was made of the slice's newest raw object, if anything. */
  readonly lastRecord: DeliveryRecord | null
  readonly version: { readonly contract: string; readonly engine: string }
  readonly readiness: Readiness
  /** Milliseconds a file must have been left alone. */
  readonly minimumAge: number
  readonly closed: boolean
  readonly force: boolean
  /** Read the file even if size and time are the known ones: only its bytes can tell a silent rewrite. */
  readonly rehash: boolean
  readonly now: Instant
}

/** Pure. A file that vanished from the server after it was landed changes nothing: Toast deletes after seven days. */
export function decide(input: DecideInput): Decision {
  const { slice, file, now, minimumAge, force, rehash } = input
  if (file === null) return decideAbsent(input)
  // What could not be read is tried at every look, until the file is read or gone.
  const unread = slice.reason?.code === 'SOURCE_READ_FAILED'
  const known = slice.raw !== null && isSameFile(slice.source, file) && !unread
  if (known && !rehash) return needsTransform(input) || force ? { action: 'redo' } : { action: 'keep' }
  const age = now - file.modifiedAt
  // Where nobody is writing, as in a folder that is imported, a time in the future is only a wrong time.
  if (minimumAge > 0 && age < minimumAge) {
    const message = `${file.path} was modified ${Math.round(age / 1000)} s ago; it is taken when it has stood still for ${minimumAge / 1000} s`
    return { action: 'wait', file, reason: { code: 'FILE_CHANGED', message } }
  }
  return { action: 'fetch', file }
}

/** A slice of which nothing is known yet. */
export function newSlice(key: SliceKey): Slice {
  return {
    ...key,
    state: 'expected',
    reason: null,
    source: null,
    raw: null,
    delivery: null,
    rejects: null,
    firstSeenAt: null,
    lookedAt: null,
    updatedAt: 0,
    runId: null,
    version: 0,
  }
}

/** True when listing says it is the file the ledger knows. */
export function isSameFile(known: SourceFile | null, listed: SourceFile): boolean {
  return known?.bytes === listed.bytes && known.modifiedAt === listed.modifiedAt
}

function decideAbsent(input: DecideInput): Decision {
  const { slice, closed, readiness, now } = input
  if (slice.raw !== null) return needsTransform(input) || input.force ? { action: 'redo' } : { action: 'keep' }
  if (closed) return { action: 'absent', state: 'waived', reason: null }
  if (slice.state === 'waived') return { action: 'keep' }
  if (now < readiness.lateAt) return { action: 'absent', state: 'expected', reason: null }
  return {
    action: 'absent',
    state: 'missing',
    reason: { code: 'INCOMPLETE', message: missingMessage(slice, readiness, now) },
  }
}

function missingMessage({ stream, location, date }: Slice, { goneAt }: Readiness, now: Instant): string {
  const days = Math.floor((goneAt - now) / 86_400_000)
  const fate =
    goneAt <= now
      ? 'the server no longer keeps that day'
      : `the server deletes that day in ${days === 0 ? 'less than a day' : `${days} d`}`
  return `${stream} of location ${location} for ${date} was not delivered; ${fate}`
}

function needsTransform({ slice, lastRecord, version }: DecideInput): boolean {
  if (slice.state === 'landed') return true
  if (lastRecord === null) return true
  return lastRecord.contract !== version.contract || lastRecord.engine !== version.engine
}
