import { toMilliseconds } from '../config/duration.ts'
import type { RuleConfig } from '../config/notify-config.ts'
import { type Condition, METRICS, parseCondition } from '../config/notify-metrics.ts'
import { addDays, instantOf, localDate } from '../lib/business-date.ts'
import type { Instant } from '../pipeline/entities.ts'
import type { Facts } from './facts.ts'
import { measure, measureAgain, type Sample } from './metrics.ts'

/** Memory of a rule between two passes, for one pipeline. */
export interface RuleState {
  /** Subjects whose condition holds, since when. */
  readonly since: Readonly<Record<string, Instant>>
  /** Subjects that fired and are not over. */
  readonly firing: readonly string[]
  /** By zone, the newest instant of `at` that was asked. */
  readonly asked: Readonly<Record<string, Instant>>
}

/** A rule that was never asked. */
export const NEW_RULE: RuleState = { since: {}, firing: [], asked: {} }

/** A rule whose locations are ids, and the zone of each shard, for rules that are asked at a local time. */
export interface RuleContext {
  readonly rule: RuleConfig
  readonly zones: ReadonlyMap<string, string>
}

/** One subject of a rule with the value that decided. */
export interface Fired {
  /** Window and name, or the name alone. */
  readonly subject: string
  readonly sample: Sample
}

/** Result of a pass. */
export interface RuleStep {
  readonly state: RuleState
  /** Subjects that began to fire in this pass. */
  readonly fired: readonly Fired[]
  /** Subjects that are over. */
  readonly cleared: readonly string[]
}

/** Pure: one pass of a rule over the facts of one pipeline. */
export function stepRule(context: RuleContext, state: RuleState, { facts: all, at }: Moment): RuleStep {
  const { rule } = context
  const facts = factsFor(rule, all)
  const condition = conditionOf(rule)
  const cleared = state.firing.filter((subject) => {
    const parts = partsOf(subject)
    const value = measureAgain(condition.metric, { facts, at }, parts)
    // A window without a value is landed, or deleted at the source: of either there is nothing more to tell.
    return value === null ? parts.window !== null : isOver(value, condition, rule.clear)
  })
  const firing = state.firing.filter((subject) => !cleared.includes(subject))
  const { asked, samples } = asking(context, state, { facts, at })
  const holding = samples.filter(({ value }) => holds(value, condition))
  const since = Object.fromEntries(
    holding.map((sample) => [subjectOf(sample), state.since[subjectOf(sample)] ?? at] as const),
  )
  const fired = holding
    .map((sample) => ({ subject: subjectOf(sample), sample }))
    .filter(({ subject }) => !firing.includes(subject) && at - (since[subject] ?? at) >= toMilliseconds(rule.for))
  return {
    state: { since, firing: [...firing, ...fired.map(({ subject }) => subject)], asked },
    fired,
    cleared,
  }
}

/** Facts of one pipeline, and the instant at which they are judged. */
export interface Moment {
  readonly facts: Facts
  readonly at: Instant
}

/** One time that a rule would have fired. */
export interface Firing {
  readonly from: Instant
  /** Null where it would still be firing at the end. */
  readonly until: Instant | null
  readonly subjects: readonly string[]
}

/** A span of the past, and how closely it is gone through. */
export interface Past {
  readonly from: Instant
  readonly to: Instant
  /** Milliseconds between two passes. */
  readonly every: number
}

/**
 * Pure: every time that a rule would have fired, had it been there. A firing lasts from the first subject until no subject is
 * left, as its incident does.
 */
export function tryRule(context: RuleContext, facts: Facts, { from, to, every }: Past): readonly Firing[] {
  const firings: Firing[] = []
  let state = NEW_RULE
  for (let at = from; at <= to; at += every) {
    const step = stepRule(context, state, { facts: factsNear(facts, at), at })
    const subjects = step.fired.map(({ subject }) => subject)
    const last = firings.at(-1)
    const open: Firing | null = last?.until === null ? last : null
    if (open) firings.pop()
    if (open || subjects.length > 0)
      firings.push({
        from: open?.from ?? at,
        until: step.state.firing.length === 0 ? at : null,
        subjects: [...new Set([...(open?.subjects ?? []), ...subjects])],
      })
    state = step.state
  }
  return firings
}

/** The value that a rule speaks of, in words: `completeness is 85.7 %, below 100`. */
export function wordsOf({ when }: Pick<RuleConfig, 'when'>, value: number): string {
  const { metric, operator, limit } = conditionOf({ when })
  const relation = { '<': 'below', '<=': 'at most', '>': 'above', '>=': 'at least' }[operator]
  return `${metric.replaceAll('_', ' ')} is ${value} ${METRICS[metric].unit}, ${relation} ${limit}`
}

const DAY = 86_400_000

/** Slices that can matter at an instant: a long past would be gone through again at every step. */
function factsNear({ slices, ...others }: Facts, at: Instant): Facts {
  const isKept = ({ goneAt }: Facts['slices'][number]) => goneAt === null || goneAt > at - 2 * DAY
  return { ...others, slices: slices.filter((slice) => slice.dueAt <= at && isKept(slice)) }
}

/** Facts of the locations that a rule is about. */
function factsFor({ locations = 'all' }: RuleConfig, facts: Facts): Facts {
  if (locations === 'all') return facts
  const ids = new Set(locations)
  return { ...facts, slices: facts.slices.filter(({ shard }) => ids.has(shard)) }
}

function conditionOf({ when }: Pick<RuleConfig, 'when'>): Condition {
  const condition = parseCondition(when)
  if (condition === null) throw new TypeError(`${when} is no condition`)
  return condition
}

function holds(value: number, { operator, limit }: Pick<Condition, 'operator' | 'limit'>): boolean {
  switch (operator) {
    case '<':
      return value < limit
    case '<=':
      return value <= limit
    case '>':
      return value > limit
    case '>=':
      return value >= limit
  }
}

/** With `clear` the value must reach it; without, the condition holds no longer. */
function isOver(value: number, condition: Condition, clear: number | undefined): boolean {
  if (clear === undefined) return !holds(value, condition)
  return METRICS[condition.metric].worse === 'less' ? value >= clear : value <= clear
}

/** The samples to judge in this pass: all of them, or those of zones whose time of day has come. */
function asking({ rule, zones }: RuleContext, state: RuleState, { facts, at }: Moment) {
  const { metric } = conditionOf(rule)
  const [time, place] = rule.at?.split(' ') ?? []
  if (time === undefined || place === undefined) return { asked: state.asked, samples: measure(metric, facts, at) }
  const zoneOf = (shard: string) => (place === 'location' ? (zones.get(shard) ?? 'UTC') : place)
  const fresh = [...new Set(place === 'location' ? zones.values() : [place])].flatMap((zone) => {
    const last = lastTime(time, zone, at)
    return (state.asked[zone] ?? Number.NEGATIVE_INFINITY) < last ? [{ zone, last }] : []
  })
  const samples = fresh.flatMap(({ zone, last }) => {
    // A window that became due after the time of day is for tomorrow.
    const slices = facts.slices.filter(({ shard, dueAt }) => zoneOf(shard) === zone && dueAt <= last)
    return measure(metric, { ...facts, slices }, at)
  })
  const waiting = measure(metric, facts, at).filter(({ name, window }) => isPending(rule, state, { name, window }))
  const asked = { ...state.asked, ...Object.fromEntries(fresh.map(({ zone, last }) => [zone, last])) }
  return { asked, samples: [...samples, ...waiting.filter((each) => !samples.some((other) => isSame(each, other)))] }
}

function isSame(a: Sample, b: Sample): boolean {
  return a.name === b.name && a.window === b.window
}

/** A subject that waits for `for` to pass is asked in every pass. */
function isPending(rule: RuleConfig, { since }: RuleState, sample: Omit<Sample, 'value'>): boolean {
  return toMilliseconds(rule.for) > 0 && since[subjectOf(sample)] !== undefined
}

/** The newest instant at which the clock of a zone showed a time. */
function lastTime(time: string, zone: string, at: Instant): Instant {
  const today = localDate(at, zone)
  const last = instantOf(today, time, zone)
  return last <= at ? last : instantOf(addDays(today, -1), time, zone)
}

function subjectOf({ name, window }: Omit<Sample, 'value'>): string {
  return window === null ? name : `${window} ${name}`
}

function partsOf(subject: string): Omit<Sample, 'value'> {
  const [, window = null, name = subject] = /^(\d{4}-\d{2}-\d{2}) (.*)$/.exec(subject) ?? []
  return { name, window }
}
