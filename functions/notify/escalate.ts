import { toMilliseconds } from '../config/duration.ts'
import type { PolicyConfig } from '../config/notify-config.ts'
import type { Instant } from '../pipeline/entities.ts'
import type { MessageKind, Urgency } from './message.ts'
import { type Directory, isQuiet, type Target, targetsOf } from './targets.ts'

/** A root as the decision sees it. */
export interface RootState {
  readonly urgency: Exclude<Urgency, 'information'>
  readonly openedAt: Instant
  readonly resolvedAt: Instant | null
  /** Acknowledged, and the acknowledgement lasts; since when. */
  readonly ackedAt: Instant | null
  /** When the newest acknowledgement ran out; null where none did. */
  readonly ackEndedAt: Instant | null
  readonly isSnoozed: boolean
  /** Members, or subjects of a root that stands alone. */
  readonly extent: number
  readonly shards: readonly string[]
  /** When the source deletes the first of its files; null where nothing is lost. */
  readonly deadline: Instant | null
}

/** A message that was decided before. */
export interface Told extends Target {
  readonly kind: MessageKind
  readonly step: number
  readonly at: Instant
  readonly urgency: Urgency
  readonly extent: number
  /** The channel did not take it, and none will try again. */
  readonly hasFailed: boolean
}

/** A message that is due now. */
export interface Intent extends Target {
  readonly kind: MessageKind
  readonly step: number
}

/** Policy of the root, and what was told of it. */
export interface DecisionContext {
  readonly policy: PolicyConfig
  readonly told: readonly Told[]
  readonly directory: Directory
}

const GRACE = { page: 60_000, ticket: 5 * 60_000 } as const
const HOUR = 3_600_000
/** Hours before a deadline at which a reminder is sent. */
const DEADLINES = [6, 24, 48]

/**
 * Pure: the messages that are due of a root. It says little: the steps of the policy while no person acknowledges, and after that
 * only what changed for the worse, that an acknowledgement ran out, and that it is over. The same answer twice is one message,
 * since a message is known by channel, person, kind and step.
 */
export function decide(root: RootState, context: DecisionContext): readonly Intent[] {
  const { told } = context
  const isKnown = (intent: Intent) =>
    told.some((each) => isSame(each, intent) && each.kind === intent.kind && each.step === intent.step)
  const isOpen = root.resolvedAt === null && !root.isSnoozed && root.ackedAt === null
  const steps = isOpen ? stepsDue(root, context).filter((intent) => !isKnown(intent)) : []
  const news = audienceOf(told)
    .filter(({ target }) => !steps.some((step) => isSame(step, target)))
    .flatMap((heard) => newsFor(heard, root, context))
  return [...steps, ...news]
}

/** The steps of the policy whose time has come: of each level the newest round, so that a watch that slept tells no past. */
function stepsDue(root: RootState, { policy, told, directory }: DecisionContext): readonly Intent[] {
  const { now } = directory
  const chain = chainOf(root)
  const begun = told.filter(({ step }) => Math.floor(step / CHAIN) === chain)
  const base = begun.length > 0 ? Math.min(...begun.map(({ at }) => at)) : beginOf(root, told, now)
  const levels = policy.levels.map(({ to, after }) => ({ to, after: toMilliseconds(after) }))
  const length = (levels.at(-1)?.after ?? 0) + toMilliseconds(policy.repeatAfter)
  const intents = levels.flatMap(({ to, after }, level): readonly Intent[] => {
    if (now < base + after) return []
    const round = Math.min(policy.repeat, Math.floor((now - base - after) / length))
    const step = chain * CHAIN + round * ROUND + level
    const kind = round > 0 || level > 0 ? 'escalated' : root.ackEndedAt === null ? 'opened' : 'ack_expired'
    const hasFailed = (target: Target) =>
      told.some((each) => each.hasFailed && isSame(each, target) && each.kind === kind && each.step === step)
    const isDone = told.some((each) => each.kind === kind && each.step === step && !each.hasFailed)
    // The person who is on call next is reached by the next step, not by one that reached the person before.
    if (isDone && to.startsWith('on-call ')) return []
    return targetsOf(to, root, { directory, hasFailed }).map((target) => ({ ...target, kind, step }))
  })
  return intents.filter((intent, at) => intents.findIndex((other) => isSame(other, intent)) === at)
}

// Places of a step: level, round, and the chain that both belong to.
const ROUND = 100
const CHAIN = 10_000

/** A chain of steps begins with the root, with its becoming a page, and with the end of an acknowledgement. */
function chainOf({ ackEndedAt, urgency }: RootState): number {
  const minutes = ackEndedAt === null ? 0 : Math.floor(ackEndedAt / 60_000)
  return minutes * 2 + (urgency === 'page' ? 1 : 0)
}

function beginOf({ ackEndedAt, openedAt, urgency }: RootState, told: readonly Told[], now: Instant): Instant {
  if (ackEndedAt !== null) return ackEndedAt
  // A root that was a ticket until now has waited long enough.
  return told.length > 0 ? now : openedAt + GRACE[urgency]
}

/** A target with everything that it was told. */
interface Heard {
  readonly target: Target
  readonly told: readonly Told[]
}

function audienceOf(told: readonly Told[]): readonly Heard[] {
  const arrived = told.filter(({ hasFailed }) => !hasFailed)
  const groups = Map.groupBy(arrived, ({ channel, person }) => `${channel}/${person}`)
  return [...groups.values()].flatMap((each) => {
    const [first] = each
    return first ? [{ target: { channel: first.channel, person: first.person }, told: each }] : []
  })
}

/** The one thing that a target should hear now: of several the gravest. */
function newsFor({ target, told }: Heard, root: RootState, { directory }: DecisionContext): readonly Intent[] {
  const person = directory.config.people[target.person]
  if (person && isQuiet(person, root, directory.now)) return []
  const news = newsOf({ target, told }, root, directory)
  return news === null ? [] : [{ ...target, ...news }]
}

function newsOf(
  { target, told }: Heard,
  root: RootState,
  { config, now }: Directory,
): Pick<Intent, 'kind' | 'step'> | null {
  const first = Math.min(...told.map(({ at }) => at))
  const isKnown = (kind: MessageKind, step: number) => told.some((each) => each.kind === kind && each.step === step)
  if (root.resolvedAt !== null) return isKnown('resolved', 0) ? null : { kind: 'resolved', step: 0 }
  if (root.isSnoozed) return null
  if (root.urgency === 'page' && told.every(({ urgency }) => urgency !== 'page')) return { kind: 'worse', step: 1 }
  const hours = DEADLINES.find((each) => isWithin(root.deadline, each, { first, now }))
  if (hours !== undefined && !isKnown('deadline', hours)) return { kind: 'deadline', step: hours }
  const before = told.find(({ at }) => at === first)?.extent ?? 1
  const doublings = Math.floor(Math.log2(root.extent / Math.max(1, before)))
  if (doublings > Math.max(0, ...told.map((each) => (each.kind === 'larger' ? each.step : 0))))
    return { kind: 'larger', step: doublings }
  const step = Math.floor((root.ackedAt ?? 0) / 60_000)
  const changes = config.channels[target.channel]?.kind
  // Only these show it without a further message.
  const isSilent = changes === 'slack' || changes === 'pagerduty'
  return root.ackedAt !== null && isSilent && !isKnown('acknowledged', step) ? { kind: 'acknowledged', step } : null
}

/** True when a deadline is that near and was further away when the target was first told. */
function isWithin(
  deadline: Instant | null,
  hours: number,
  { first, now }: { readonly first: Instant; readonly now: Instant },
): boolean {
  return deadline !== null && now < deadline && deadline - now <= hours * HOUR && deadline - first > hours * HOUR
}

function isSame(a: Target, b: Target): boolean {
  return a.channel === b.channel && a.person === b.person
}
