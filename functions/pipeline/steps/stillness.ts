import type { BusinessDate, Instant, Reason, Sighting, SourceFile } from '../entities.ts'

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
