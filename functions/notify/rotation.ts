import { Temporal } from 'temporal-polyfill'
import type { RotationConfig } from '../config/notify-config.ts'
import { instantOf } from '../lib/business-date.ts'
import type { Instant } from '../pipeline/entities.ts'

/** One person on call from an instant until another, which is not part of it. */
export interface Shift {
  readonly person: string
  readonly from: Instant
  readonly until: Instant
  /** True where an override put the person there. */
  readonly isOverride: boolean
}

/** A person who takes part of a rotation from another. Where two overlap, the one that was made last counts. */
export interface Override {
  readonly rotation: string
  readonly person: string
  readonly from: Instant
  readonly until: Instant
  readonly madeAt: Instant
}

/** A rotation with the name that its overrides use. */
export interface Rotation {
  readonly name: string
  readonly config: RotationConfig
}

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']

/** The person on call at an instant, until when, as the overrides have it. */
export function onCall(rotation: Rotation, overrides: readonly Override[], at: Instant): Shift {
  const turn = turnAt(rotation.config, at)
  const shift = shiftsIn(rotation, overrides, turn).find((each) => each.from <= at && at < each.until)
  if (!shift) throw new TypeError(`a rotation has no shift at ${at}`)
  return extended(rotation, overrides, shift)
}

/** Every shift of a span, without a gap and without an overlap. The first and the last are cut at its ends. */
export function shiftsIn(
  { name, config }: Rotation,
  overrides: readonly Override[],
  { from, until }: { readonly from: Instant; readonly until: Instant },
): readonly Shift[] {
  const own = overrides.filter((each) => each.rotation === name).toSorted((a, b) => a.madeAt - b.madeAt)
  const turns = turnsIn(config, from, until)
  const cuts = [from, until, ...turns.map((turn) => turn.from), ...own.flatMap((each) => [each.from, each.until])]
  const edges = [...new Set(cuts)].filter((at) => at >= from && at <= until).toSorted((a, b) => a - b)
  const pieces = edges.slice(1).map((end, at): Shift => {
    const start = edges[at] ?? from
    const taken = own.findLast((each) => each.from <= start && start < each.until)
    const person = taken?.person ?? turns.findLast((turn) => turn.from <= start)?.person ?? ''
    return { person, from: start, until: end, isOverride: taken !== undefined }
  })
  return joined(pieces)
}

/** A turn of the rotation alone: the first instant, and the first of the next turn. */
interface Turn {
  readonly person: string
  readonly from: Instant
  readonly until: Instant
}

/** Neighbours of the same person and origin become one shift. */
function joined(pieces: readonly Shift[]): readonly Shift[] {
  const shifts: Shift[] = []
  for (const piece of pieces) {
    const last = shifts.at(-1)
    if (last?.person === piece.person && last.isOverride === piece.isOverride)
      shifts[shifts.length - 1] = { ...last, until: piece.until }
    else shifts.push(piece)
  }
  return shifts
}

/** A shift that the end of its turn cut goes on where the next turn begins with the same person. */
function extended(rotation: Rotation, overrides: readonly Override[], shift: Shift): Shift {
  const { until } = turnAt(rotation.config, shift.until)
  return shiftsIn(rotation, overrides, { from: shift.from, until })[0] ?? shift
}

function turnsIn(config: RotationConfig, from: Instant, until: Instant): readonly Turn[] {
  const turns: Turn[] = []
  let number = numberAt(config, from)
  for (;;) {
    const turn = turnOf(config, number)
    if (turn.from >= until && turns.length > 0) return turns
    turns.push(turn)
    number++
  }
}

function turnAt(config: RotationConfig, at: Instant): Turn {
  return turnOf(config, numberAt(config, at))
}

function turnOf(config: RotationConfig, number: number): Turn {
  const { people } = config
  const place = ((number % people.length) + people.length) % people.length
  return { person: people[place] ?? '', from: beginOf(config, number), until: beginOf(config, number + 1) }
}

/** The number of the turn at an instant; the first turn has 0, those before it are negative. */
function numberAt(config: RotationConfig, at: Instant): number {
  const date = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(config.zone).toPlainDate()
  const days = Temporal.PlainDate.from(firstDay(config)).until(date).days
  let number = Math.floor(days / lengthOf(config)) + 1
  // A day that a zone left out has no instant of its own, so several turns may begin at one.
  while (beginOf(config, number) > at) number--
  return number
}

/** Instant at which a turn begins: the same time of the wall clock, on both sides of a change of the clock. */
function beginOf(config: RotationConfig, number: number): Instant {
  const date = Temporal.PlainDate.from(firstDay(config)).add({ days: number * lengthOf(config) })
  return instantOf(date.toString(), timeOf(config), config.zone)
}

/** The day on which the turn of the first person begins. */
function firstDay({ starts, handoff }: RotationConfig): string {
  const weekday = WEEKDAYS.indexOf(handoff.split(' ')[0] ?? '') + 1
  if (weekday === 0) return starts
  const date = Temporal.PlainDate.from(starts)
  return date.add({ days: (weekday - date.dayOfWeek + 7) % 7 }).toString()
}

function timeOf({ handoff }: RotationConfig): string {
  return handoff.split(' ').at(-1) ?? ''
}

/** Days of a turn. */
function lengthOf({ every }: RotationConfig): number {
  return Number(every.slice(0, -1)) * (every.endsWith('w') ? 7 : 1)
}
