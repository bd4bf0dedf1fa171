import { toMilliseconds } from '../config/duration.ts'
import type { IncidentRoute, PolicyConfig } from '../config/notify-config.ts'
import { decide, type Intent, type RootState, type Told } from '../notify/escalate.ts'
import { MESSAGE_KINDS, type MessageKind } from '../notify/message.ts'
import { type Override, onCall } from '../notify/rotation.ts'
import { dateOf, type Story, tell } from '../notify/story.ts'
import { usualOfMany } from '../notify/usual.ts'
import { SHARD } from '../notify/words.ts'
import type { PipelineDefinition } from '../pipeline/definition.ts'
import type { Instant } from '../pipeline/entities.ts'
import type { PeopleChange } from '../pipeline/people/changes.ts'
import type { IncidentView, Notification } from '../pipeline/people/records.ts'
import { plannerOf } from '../pipeline/plan/planners.ts'
import { wordsOf } from '../pipeline/slice-words.ts'
import { headlineOf } from '../pipeline/views/headline.ts'
import { fromBody, toBody } from './body.ts'
import { openIncidents, rootsOf } from './group.ts'
import { type History, openHistory } from './history.ts'
import type { WatchPorts } from './ports.ts'

const DAY = 86_400_000
const WEEK = 7 * DAY
const MOST_TOLD = 500
// Roots that some person was told of and that are not told as resolved.
const TOLD_MARK = 'notify/told'

/** Decides the messages of every root, and writes each decision with its rows into one transaction. */
export async function decideMessages(ports: WatchPorts): Promise<void> {
  const { ledger, clock } = ports
  const open = await openIncidents(ports)
  const told = await readTold(ports)
  const now = clock.now()
  const overrides = await readOverrides(ports)
  const history = openHistory(ledger)
  const roots = rootsOf(open)
  const others = await Promise.all(
    [...told].filter((id) => !roots.some((root) => root.id === id)).map((id) => ledger.reads.incident(id)),
  )
  const kept = new Set(told)
  for (const root of [...roots, ...others]) {
    if (root === null) continue
    const members = open.filter(({ parentId }) => parentId === root.id)
    const changes = await changesFor(root, { members, overrides, now, ports, history })
    const before = kept.has(root.id)
    if (changes.length > 0) kept.add(root.id)
    if (isPast(root, now)) kept.delete(root.id)
    const mark = { name: TOLD_MARK, value: [...kept].toSorted().join(' '), at: now }
    const marked: readonly PeopleChange[] = before === kept.has(root.id) ? [] : [{ change: 'mark', mark }]
    if (changes.length + marked.length > 0) await ledger.apply([...changes, ...marked])
  }
}

/** Over for so long that the quiet hours of every person have ended since. */
function isPast({ state, resolvedAt, updatedAt }: IncidentView, now: Instant): boolean {
  return state === 'resolved' && now - (resolvedAt ?? updatedAt) > DAY
}

async function readTold({ ledger }: WatchPorts): Promise<ReadonlySet<string>> {
  const value = (await ledger.mark(TOLD_MARK))?.value ?? ''
  return new Set(value.split(' ').filter((id) => id !== ''))
}

/** Shifts that persons took over, around now. */
export async function readOverrides({
  ledger,
  clock,
}: Pick<WatchPorts, 'ledger' | 'clock'>): Promise<readonly Override[]> {
  const now = clock.now()
  const rows = await ledger.reads.overrides({ from: now - WEEK, to: now + WEEK })
  return rows.map(({ rotation, person, from, to, at }) => ({ rotation, person, from, until: to, madeAt: at }))
}

interface Decision {
  readonly members: readonly IncidentView[]
  readonly overrides: readonly Override[]
  readonly now: Instant
  readonly ports: WatchPorts
  readonly history: History
}

async function changesFor(root: IncidentView, decision: Decision): Promise<readonly PeopleChange[]> {
  const { members, overrides, now, ports, history } = decision
  const { config, ledger } = ports
  // A new member of a root sends nothing of its own, except its end to those who knew of it.
  if (root.parentId !== null && root.state !== 'resolved') return []
  const route = routeOf(root, ports)
  if (route === null) return []
  const acked = ackChanges(root, route.policy, now)
  if (acked.length > 0) return acked
  const { rows } = await ledger.reads.notificationPage({ root: root.id, limit: MOST_TOLD })
  const told = rows.toReversed().map(toTold)
  const ackEndedAt = told.length > 0 ? await ackEndOf(root, ports) : null
  const state = stateOf(root, { members, route, ackEndedAt, ports })
  const intents = decide(state, { policy: route.policy, told, directory: { config, overrides, now } })
  if (intents.length === 0) return []
  const usual = await usualStory(root, state.shards, { ports, history })
  return intents.flatMap((intent) => rowOf(root, { ...decision, state, policy: route.policy, intent, usual }))
}

/** The row of the outbox, and a line in the timeline of the incident. */
function rowOf(root: IncidentView, telling: Telling & Decision): readonly PeopleChange[] {
  const { state, intent, now, ports } = telling
  const { channel, person, kind, step } = intent
  const body = toBody({ message: tell(kind, storyOf(root, telling)), extent: state.extent })
  const row = { id: ports.newId(), root: root.id, channel, person, kind, step, due: now, body, createdAt: now }
  const text = `${kind} to ${person === '' ? channel : `${person} by ${channel}`}`
  return [
    { change: 'notification', notification: row },
    { change: 'incident_event', event: { incidentId: root.id, at: now, actor: 'daybreak', kind: 'notified', text } },
  ]
}

/** An acknowledgement gets its end; one that has ended opens the incident again, with a line in its timeline. */
function ackChanges(
  { id, state, ackedUntil }: IncidentView,
  policy: PolicyConfig,
  now: Instant,
): readonly PeopleChange[] {
  if (state !== 'acknowledged') return []
  if (ackedUntil === null) return [{ change: 'incident_placed', id, ackedUntil: now + toMilliseconds(policy.ackLasts) }]
  if (now < ackedUntil) return []
  const text = 'the acknowledgement ran out'
  return [
    { change: 'incident_state', id, state: 'open', at: now },
    { change: 'incident_placed', id, ackedUntil: null },
    { change: 'incident_event', event: { incidentId: id, at: now, actor: 'daybreak', kind: ACK_ENDED, text } },
  ]
}

const ACK_ENDED = 'ack_expired'

async function ackEndOf({ id }: IncidentView, { ledger }: WatchPorts): Promise<Instant | null> {
  const events = await ledger.reads.incidentEvents(id)
  return events.findLast(({ kind, incidentId }) => kind === ACK_ENDED && incidentId === id)?.at ?? null
}

interface Routed {
  readonly urgency: RootState['urgency']
  readonly policy: PolicyConfig
}

/** Urgency and policy of a root: those of its rule, else of the first entry that matches; null for one that is only shown. */
function routeOf(root: IncidentView, { config }: WatchPorts): Routed | null {
  const rule = root.kind === 'rule' ? config.rules.find(({ id }) => root.key.endsWith(`/${id}`)) : undefined
  const route = rule ? { as: rule.severity, policy: rule.policy } : config.incidents.find((each) => matches(each, root))
  const policy = config.policies[route?.policy ?? '']
  if (!route || !policy || route.as === 'none') return null
  return { urgency: route.as, policy }
}

function matches({ pipeline, kind, code, severity }: IncidentRoute, root: IncidentView): boolean {
  return (
    (pipeline === undefined || pipeline === root.pipeline) &&
    (kind === undefined || kind === root.kind) &&
    (code === undefined || code === root.reason.code) &&
    (severity === undefined || severity === root.severity)
  )
}

interface Stated {
  readonly members: readonly IncidentView[]
  readonly route: Routed
  readonly ackEndedAt: Instant | null
  readonly ports: Pick<WatchPorts, 'clock' | 'definitions'>
}

function stateOf(root: IncidentView, { members, route, ackEndedAt, ports }: Stated): RootState {
  const { urgency, policy } = route
  const isAcked = root.state === 'acknowledged' && root.ackedUntil !== null
  return {
    urgency,
    openedAt: root.openedAt,
    resolvedAt: root.state === 'resolved' ? (root.resolvedAt ?? root.updatedAt) : null,
    ackedAt: isAcked ? (root.ackedUntil ?? 0) - toMilliseconds(policy.ackLasts) : null,
    ackEndedAt,
    isSnoozed: root.state === 'snoozed' && (root.snoozedUntil ?? 0) > ports.clock.now(),
    extent: members.length > 0 ? members.length : Math.max(1, root.subjects.count),
    shards: shardsOf(root, members),
    deadline: deadlineOf(root, members, ports),
  }
}

const DATED = /^(\d{4}-\d{2}-\d{2})(?: (.*))?$/

/** Shards that it hits: its own, those of its members, those that a rule names. */
function shardsOf(root: IncidentView, members: readonly IncidentView[]): readonly string[] {
  const named = root.kind === 'rule' ? root.subjects.first.flatMap((subject) => DATED.exec(subject)?.[2] ?? []) : []
  return [...new Set([root, ...members].flatMap(({ shard }) => shard ?? []).concat(named))].toSorted((a, b) =>
    a.localeCompare(b, 'en', { numeric: true }),
  )
}

/** When the source deletes the first of the days that are missing; null for other causes. */
function deadlineOf(
  root: IncidentView,
  members: readonly IncidentView[],
  { definitions }: Pick<WatchPorts, 'definitions'>,
): Instant | null {
  const definition = definitions.get(root.pipeline ?? '')
  if (!definition?.hasSource) return null
  const all = [root, ...members].filter(({ kind }) => kind === 'missing' || kind === 'rule')
  const gone = all.flatMap(({ shard, subjects }) =>
    subjects.first.flatMap((subject) => {
      const [, window = '', name] = DATED.exec(subject) ?? []
      const found = definition.shards.find(({ id }) => id === (shard ?? name))
      return found && window !== '' ? (plannerOf(definition).readiness(found, window).goneAt ?? []) : []
    }),
  )
  return gone.length === 0 ? null : Math.min(...gone)
}

function toTold({ channel, person, kind, step, createdAt, state, body }: Notification): Told {
  const { message, extent } = fromBody(body)
  const hasFailed = state === 'dead'
  return { channel, person, kind: kindOf(kind), step, at: createdAt, urgency: message.urgency, extent, hasFailed }
}

function kindOf(kind: string): MessageKind {
  const known = MESSAGE_KINDS.find((each) => each === kind)
  if (known) return known
  throw new TypeError(`${kind} is no kind of message`)
}

/** Open incidents, and which shards a reader sees; null for all. */
interface Seen {
  readonly open: readonly IncidentView[]
  readonly isSeen: ((shard: string) => boolean) | null
}

/** An open root in one sentence, as its messages begin; null for one that hits only shards that the reader does not see. */
export function titleOfRoot(root: IncidentView, { open, isSeen }: Seen, ports: StoryPorts): string | null {
  const members = open.filter(({ parentId }) => parentId === root.id)
  // Of a root whose members are not seen none is left.
  if (isSeen && root.members > 0 && members.length === 0) return null
  const route: Routed = { urgency: 'ticket', policy: { levels: [], repeat: 0, repeatAfter: '0s', ackLasts: '0s' } }
  const whole = stateOf(root, { members, route, ackEndedAt: null, ports })
  const state = isSeen ? { ...whole, shards: whole.shards.filter(isSeen) } : whole
  if (state.shards.length === 0 && whole.shards.length > 0) return null
  const intent = { channel: '', person: '', kind: 'opened', step: 0 } as const
  const now = ports.clock.now()
  const story = storyOf(root, { members, overrides: [], now, ports, state, policy: route.policy, intent, usual: null })
  return tell('opened', story).title
}

/** True for a cause that a person at the place may know of: files that did not come. */
function ofMissingFiles({ kind }: Pick<IncidentView, 'kind'>): boolean {
  return kind === 'late' || kind === 'missing' || kind === 'rule'
}

/** Usual arrival and amount of these shards on the weekday of the root; null where no file is missing, or nothing is known. */
async function usualStory(
  root: IncidentView,
  shards: readonly string[],
  { ports, history }: Pick<Decision, 'ports' | 'history'>,
): Promise<Story['usual']> {
  const definition = ports.definitions.get(root.pipeline ?? '')
  const window = dateOf(root)
  if (!definition || window === null || !ofMissingFiles(root)) return null
  const known = await history.usual(definition, window, shards)
  const zones = new Map(definition.shards.map(({ id, timeZone }) => [id, timeZone]))
  const each = [...known].map(([shard, usual]) => ({ ...usual, zone: zones.get(shard) ?? 'UTC' }))
  return { ...usualOfMany(window, each), window, unit: headlineOf(definition, [])?.unit ?? '' }
}

function contactsOf(definition: PipelineDefinition | undefined, shards: readonly string[]): Story['contacts'] {
  const all = definition?.shards.filter(({ id }) => shards.includes(id)) ?? []
  return all.flatMap(({ name: place, contacts = [] }) =>
    contacts.slice(0, 1).map(({ name, role, phone, email }) => {
      const given = (parts: readonly (string | undefined)[]) => parts.filter((part) => part !== undefined).join(', ')
      return { place, name: given([name, role]), reach: given([phone, email]) }
    }),
  )
}

/** Ports that a root is told with. */
type StoryPorts = Pick<WatchPorts, 'config' | 'definitions' | 'environment' | 'clock'>

interface Telling extends Omit<Decision, 'ports' | 'history'> {
  readonly ports: StoryPorts
  readonly state: RootState
  readonly policy: PolicyConfig
  readonly intent: Intent
  readonly usual: Story['usual']
}

function storyOf(root: IncidentView, { state, policy, intent, overrides, now, ports, usual }: Telling): Story {
  const { config, definitions, environment } = ports
  const definition = definitions.get(root.pipeline ?? '')
  const names = new Map(definition?.shards.map(({ id, name }) => [id, name]))
  const rotation = policy.levels.flatMap(({ to }) =>
    to.startsWith('on-call ') ? [to.slice('on-call '.length)] : [],
  )[0]
  const turns = config.rotations[rotation ?? '']
  const duty = rotation && turns ? onCall({ name: rotation, config: turns }, overrides, now).person : null
  return {
    incident: root,
    environment,
    urgency: state.urgency,
    places: state.shards.map((id) => names.get(id) ?? id),
    shards: definition?.shards.length ?? 0,
    noun: definition ? wordsOf(definition).shard : SHARD,
    deadline: state.deadline,
    usual,
    contacts: ofMissingFiles(root) ? contactsOf(definition, state.shards) : [],
    onCall: duty === null ? null : (config.people[duty]?.name ?? duty),
    ackedBy: root.assignee === null ? null : (config.people[root.assignee]?.name ?? root.assignee),
    ackedAt: state.ackedAt,
    zone: config.people[intent.person]?.zone ?? turns?.zone ?? 'UTC',
    address: config.address ?? null,
    now,
  }
}
