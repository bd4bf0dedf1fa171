import { DaybreakError, toDaybreakError } from '../errors.ts'
import { backoffAfter } from '../lib/backoff.ts'
import { isFirst } from '../notify/message.ts'
import type { Notifier, Receipt, Recipient, Unreached } from '../notify/ports.ts'
import { toRecipient } from '../notify/recipient.ts'
import { channelsOf } from '../notify/targets.ts'
import type { Instant } from '../pipeline/entities.ts'
import { incidentCause } from '../pipeline/incident-cause.ts'
import type { PeopleChange } from '../pipeline/people/changes.ts'
import type { Notification } from '../pipeline/people/records.ts'
import { fromBody, fromReceipt, type StoredReceipt, toReceipt } from './body.ts'
import type { WatchPorts } from './ports.ts'

/** Outcome of one pass over the outbox. */
export interface Delivered {
  readonly sent: number
  /** Those that are tried again. */
  readonly postponed: number
  readonly dead: number
}

// Rows of one pass, and the time in which a process has to deliver them before another may.
const MOST = 50
const CLAIM = 15 * 60_000
const DAY = 24 * 3_600_000
const BACKOFF = { min: 10_000, max: 10 * 60_000 }
const AFTER_FIRST = 15_000
const MOST_OF_ROOT = 500

type Settled = Extract<PeopleChange, { change: 'notification_settled' }>
type State = Settled['state']

/**
 * Delivers what is due. Channels do not wait for each other; within one, the oldest message goes first, and after a failure the
 * rest of the pass waits with it.
 */
export async function deliverDue(ports: WatchPorts): Promise<Delivered> {
  const { ledger, clock } = ports
  const now = clock.now()
  const rows = await ledger.claimNotifications({ now, until: now + CLAIM, limit: MOST })
  const channels = [...Map.groupBy(rows, ({ channel }) => channel)]
  const states = await Promise.all(channels.map(([name, own]) => deliverThrough(name, own, ports)))
  const count = (state: State) => states.flat().filter((each) => each === state).length
  return { sent: count('sent'), postponed: count('due'), dead: count('dead') }
}

async function deliverThrough(
  name: string,
  rows: readonly Notification[],
  ports: WatchPorts,
): Promise<readonly State[]> {
  let notifier: Notifier
  try {
    notifier = await ports.openChannel(name)
  } catch (error) {
    const failure = toDaybreakError(error)
    return await Promise.all(rows.map((row) => fail(row, failure, ports)))
  }
  try {
    return await deliverAll(rows, notifier, ports)
  } finally {
    await notifier.close()
  }
}

async function deliverAll(
  rows: readonly Notification[],
  notifier: Notifier,
  ports: WatchPorts,
): Promise<readonly State[]> {
  const states: State[] = []
  let broken: DaybreakError | null = null
  for (const row of rows) {
    const attempt: Attempt = broken
      ? { state: await fail(row, broken, ports), failure: null }
      : await deliverOne(row, notifier, ports)
    states.push(attempt.state)
    if (attempt.failure?.retryable) broken = attempt.failure
  }
  return states
}

/** State of a row after a delivery, and the failure of the channel, if it failed. */
interface Attempt {
  readonly state: State
  readonly failure: DaybreakError | null
}

/** Sends one message, unless it is too late or too early for it. */
async function deliverOne(row: Notification, notifier: Notifier, ports: WatchPorts): Promise<Attempt> {
  const { ledger, clock } = ports
  const { message } = fromBody(row.body)
  const page = await ledger.reads.notificationPage({ root: row.root, limit: MOST_OF_ROOT })
  const own = page.rows.find(({ id }) => id === row.id)
  // Withdrawn together with a message before it.
  if (own?.state === 'sent') return { state: 'sent', failure: null }
  const later = page.rows.filter((each) => isBefore(row, each))
  const earlier = page.rows.filter((each) => isBefore(each, row))
  const waiting = earlier.filter(({ state }) => state === 'due' || state === 'sending')
  const begun = earlier.filter(({ state }) => state === 'sent')
  const without = (state: State): Attempt => ({ state, failure: null })
  const resolved = later.find(({ kind }) => kind === 'resolved')
  if (resolved && isFirst(message) && row.attempts === 1 && begun.length === 0)
    return without(await withdraw([row, ...later], ports))
  if (message.kind === 'resolved' && begun.length === 0 && waiting.length === 0)
    return without(await withdraw([row], ports))
  if (waiting.length > 0) return without(await settle(row, { state: 'due', due: clock.now() + AFTER_FIRST }, ports))
  const recipient = recipientOf(row, ports)
  if (recipient === null)
    return without(await settle(row, { state: 'dead', problem: 'the person is not configured' }, ports))
  const known = fromReceipt(row.receipt)
  const delivery = {
    ...{ id: row.id, message, recipient, thread: isFirst(message) ? null : referenceOf(begun) },
    isCopy: row.attempts > 1 && (known?.mayHaveArrived ?? true),
    only: known?.left ?? null,
  }
  // A ledger that is away is no failure of the channel, so only the channel's own call is caught.
  const answer = await notifier.deliver(delivery).catch(toDaybreakError)
  if (answer instanceof DaybreakError) return { state: await fail(row, answer, ports), failure: answer }
  return without(await record(row, answer, ports))
}

/** Same root, channel and person, decided before. */
function isBefore(other: Notification, row: Notification): boolean {
  if (other.id === row.id || other.channel !== row.channel || other.person !== row.person) return false
  return other.createdAt < row.createdAt || (other.createdAt === row.createdAt && other.id < row.id)
}

/** Reference of the oldest message that arrived: the one that a thread begins with. */
function referenceOf(begun: readonly Notification[]): string | null {
  return begun.map(({ receipt }) => fromReceipt(receipt)?.reference ?? null).findLast((each) => each !== null) ?? null
}

function recipientOf({ person }: Notification, { config }: WatchPorts): Recipient | null {
  if (person === '') return { kind: 'channel' }
  const known = config.people[person]
  return known ? toRecipient(known) : null
}

/** Ends the rows of a root that was over before its first message left. */
async function withdraw(rows: readonly Notification[], ports: WatchPorts): Promise<State> {
  const at = ports.clock.now()
  const changes = rows.map(({ id }): PeopleChange => {
    return { change: 'notification_settled', id, state: 'sent', problem: 'withdrawn: it was over before', at }
  })
  await ports.ledger.apply(changes)
  return 'sent'
}

/** The answer of the channel: all are reached, or some addresses are left for later or for good. */
async function record(row: Notification, { reference, unreached }: Receipt, ports: WatchPorts): Promise<State> {
  const left = unreached.filter(({ isFinal }) => !isFinal).map(({ address }) => address)
  const lost = unreached.filter(({ isFinal }) => isFinal)
  const isLate = ports.clock.now() - row.createdAt >= DAY
  const receipt = { reference, left: left.length > 0 ? left : null, mayHaveArrived: false }
  const more = [...lost, ...(isLate ? unreached.filter(({ isFinal }) => !isFinal) : [])]
  const opened = more.length > 0 ? [undelivered(row, whyUnreached(row, more), ports.clock.now())] : []
  if (left.length > 0 && !isLate)
    return await settle(row, { state: 'due', receipt, due: retryAt(row, null, ports) }, ports, opened)
  const healed: PeopleChange = {
    change: 'incident_resolved',
    key: incidentCause.undelivered(row.channel).key,
    at: ports.clock.now(),
  }
  return await settle(row, { state: 'sent', receipt }, ports, more.length > 0 ? opened : [healed])
}

function whyUnreached({ channel }: Notification, unreached: readonly Unreached[]): string {
  return `channel ${channel}: ${unreached.length} of its addresses did not take a message: ${unreached.map(({ why }) => why).join('; ')}`
}

/** A failed delivery is tried again for 24 hours; then, or where no try will help, the next channel of the person has it. */
async function fail(row: Notification, failure: DaybreakError, ports: WatchPorts): Promise<State> {
  const { clock } = ports
  const before = fromReceipt(row.receipt)
  const mayHaveArrived = (before?.mayHaveArrived ?? row.attempts > 1) || failure.details['answered'] !== true
  const receipt = { reference: before?.reference ?? null, left: before?.left ?? null, mayHaveArrived }
  const problem = failure.message
  if (failure.retryable && clock.now() - row.createdAt < DAY)
    return await settle(row, { state: 'due', receipt, problem, due: retryAt(row, failure, ports) }, ports)
  const more = [undelivered(row, problem, clock.now()), ...instead(row, ports)]
  return await settle(row, { state: 'dead', receipt, problem }, ports, more)
}

function retryAt({ attempts }: Notification, failure: DaybreakError | null, { clock, random }: WatchPorts): Instant {
  const asked = failure?.details['retryAfter']
  const pause = backoffAfter(Math.max(1, attempts), { ...BACKOFF, random })
  return clock.now() + Math.max(pause, typeof asked === 'number' ? asked : 0)
}

/** The same message through the next channel of the person; nothing for a channel itself, or after the last one. */
function instead(row: Notification, { config, clock, newId }: WatchPorts): readonly PeopleChange[] {
  const person = config.people[row.person]
  if (!person) return []
  const { message } = fromBody(row.body)
  const channels = channelsOf(person, message.urgency)
  const next = channels[channels.indexOf(row.channel) + 1]
  if (next === undefined) return []
  const { root, person: name, kind, step, body } = row
  const now = clock.now()
  const notification = { id: newId(), root, channel: next, person: name, kind, step, due: now, body, createdAt: now }
  return [{ change: 'notification', notification }]
}

function undelivered({ channel }: Notification, why: string, at: Instant): PeopleChange {
  const cause = incidentCause.undelivered(channel)
  const reason = { code: 'CHANNEL_GAVE_UP', message: why } as const
  return { change: 'incident_opened', ...cause, severity: 'error', reason, runId: null, at }
}

interface Settling {
  readonly state: State
  readonly receipt?: StoredReceipt
  readonly problem?: string
  readonly due?: Instant
}

async function settle(
  row: Notification,
  { receipt, ...settling }: Settling,
  { ledger, clock, log }: WatchPorts,
  more: readonly PeopleChange[] = [],
): Promise<State> {
  const own = { ...settling, ...(receipt && { receipt: toReceipt(receipt) }) }
  await ledger.apply([{ change: 'notification_settled', id: row.id, at: clock.now(), ...own }, ...more])
  const severity = settling.state === 'sent' ? 'INFO' : settling.state === 'due' ? 'WARNING' : 'ERROR'
  log({ severity, message: `Notification ${row.id} through ${row.channel}: ${settling.state}${toldOf(settling)}` })
  return settling.state
}

function toldOf({ problem }: Settling): string {
  return problem === undefined ? '' : ` (${problem})`
}
