import type { BusinessDate, Incident, Instant, Json, Totals } from '../entities.ts'
import type { Word } from '../words.ts'

/** An incident with its place among others and in the hands of people. */
export interface IncidentView extends Incident {
  /** Id of the root that this incident is a member of; null for a root. */
  readonly parentId: string | null
  readonly assignee: string | null
  /** When an acknowledgement runs out; null without one, and for one that lasts. */
  readonly ackedUntil: Instant | null
  /** Unresolved and resolved members of a root; 0 for a member. */
  readonly members: number
}

/** One line of the timeline of an incident. */
export interface IncidentEvent {
  readonly incidentId: string
  readonly at: Instant
  /** Person or program. */
  readonly actor: string
  /** A word of the part that writes it, e.g. `acknowledged`, `note`, `notified`. */
  readonly kind: string
  readonly text: string
}

/** One message to one person or channel, recorded in the transaction that decided it. */
export interface Notification {
  readonly id: string
  /** Incident, digest or report that it is about. Unique together with channel, person, kind and step. */
  readonly root: string
  readonly channel: string
  /** Empty for a message to the channel itself. */
  readonly person: string
  /** E.g. `opened`, `severity`, `resolved`, `digest`. */
  readonly kind: string
  /** Counts messages of one kind about one root: an escalation level, a repetition. */
  readonly step: number
  readonly state: Word<'notifications', 'state'>
  /** Deliveries that were begun. */
  readonly attempts: number
  /** The next delivery begins no earlier. */
  readonly due: Instant
  readonly body: Json
  /** Name of the message at the receiving system, e.g. the timestamp of a Slack message; null before it was sent. */
  readonly receipt: string | null
  /** Why the last delivery failed; null when none did. Must not hold a URL or a token. */
  readonly problem: string | null
  readonly createdAt: Instant
  readonly updatedAt: Instant
}

/** Kind of a setting. */
export type SettingKind = Word<'settings', 'kind'>

/** One setting: a rule, a channel, a person, a rotation. */
export interface Setting {
  readonly kind: SettingKind
  readonly id: string
  /** Grows with every change; 0 before the first. */
  readonly version: number
  /** `file`: a file of the project defines it, and it is read-only elsewhere. */
  readonly origin: Word<'settings', 'origin'>
  readonly body: Json
  readonly updatedAt: Instant
  readonly updatedBy: string
}

/** A person took over a shift of a rotation. */
export interface ShiftOverride {
  readonly id: string
  readonly rotation: string
  readonly person: string
  readonly from: Instant
  readonly to: Instant
  readonly actor: string
  readonly at: Instant
}

/** A person's word that a window is right, with the sums that it had then. */
export interface SignOff {
  readonly pipeline: string
  readonly window: BusinessDate
  /** Empty for all shards together. */
  readonly shard: string
  readonly at: Instant
  readonly actor: string
  readonly note: string
  /** Sums by stream and column, e.g. `order_details.amount`, to see a later restatement. */
  readonly totals: Totals
}

/** Which sign-off is meant. */
export type SignOffPlace = Pick<SignOff, 'pipeline' | 'window' | 'shard' | 'at'>

/** An API token. The token itself is stored nowhere. */
export interface Token {
  /** Its `jti`. */
  readonly id: string
  readonly name: string
  /** Person or program that made it. */
  readonly principal: string
  readonly role: string
  /** Shards that it is cut to, as the role's scope writes them. */
  readonly scope: Json
  readonly createdAt: Instant
  readonly expiresAt: Instant
  /** Null while it is good. */
  readonly revokedAt: Instant | null
  readonly lastUsedAt: Instant | null
}

/** The answer to a request that may be sent again. */
export interface StoredAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Names one request that may be sent again. */
export interface RequestKey {
  readonly principal: string
  readonly key: string
}

/** One attempt to work on a request that may be sent again. */
export interface RequestAttempt extends RequestKey {
  /** Of method, address and body: a copy has the same. */
  readonly hash: string
  readonly at: Instant
  /** Names what the request makes. A later attempt gets the name of the first. */
  readonly writeId: string
  /** Names this attempt. */
  readonly holder: string
  /** Process of this attempt; null where processes are not told apart. */
  readonly owner: string | null
  /** Another attempt may begin from then on. */
  readonly leasedUntil: Instant
}

/** An entry of the audit with everything that is known of it. */
export interface AuditRecord {
  readonly id: string
  readonly at: Instant
  readonly actor: string
  readonly action: string
  readonly subject: string
  readonly details: string
  /** Role that allowed it; null for a program of this project. */
  readonly role: string | null
  readonly requestId: string | null
  /** The subject before and after; null where an action changes none. */
  readonly before: Json
  readonly after: Json
}

/** One change of the ledger, as topics: a client reads again what it shows of them. */
export interface ChangeNotice {
  readonly at: Instant
  /** E.g. `slice/toast/2026-11-29/100007`, `run/0193`, `incidents`; over 50 of them are given in fewer words. */
  readonly topics: readonly string[]
}
