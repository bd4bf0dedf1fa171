import type { Generated } from 'kysely'
import type { Word } from '../../pipeline/words.ts'

/** Tables of decisions, tokens and messages of people, and of the resources that a run used. */
export interface PeopleSchema {
  readonly changes: ChangeRow
  readonly settings: SettingRow
  readonly sign_offs: SignOffRow
  readonly overrides: OverrideRow
  readonly tokens: TokenRow
  readonly idempotency: RequestRow
  readonly incident_events: IncidentEventRow
  readonly notifications: NotificationRow
  readonly run_steps: RunStepRow
  readonly usage: UsageRow
}

/** Columns that the core leaves to people: an incident is added without them. */
export interface PlaceColumns {
  parent_id: Generated<string | null>
  assignee: Generated<string | null>
  acked_until: Generated<number | null>
}

/** Row of `changes`: one per transaction. */
interface ChangeRow {
  seq: Generated<number>
  /** Number of the transaction, as the database writes it. */
  tx: Generated<string | number>
  at: number
  /** JSON array. */
  topics: string
}

/** Row of `settings`. */
export interface SettingRow {
  kind: Word<'settings', 'kind'>
  id: string
  version: number
  origin: Word<'settings', 'origin'>
  /** JSON. */
  body: string
  updated_at: number
  updated_by: string
}

/** Row of `sign_offs`. */
export interface SignOffRow {
  pipeline: string
  window_id: string
  shard: string
  at: number
  actor: string
  note: string
  /** JSON of `Totals`. */
  totals: string
}

/** Row of `overrides`. */
export interface OverrideRow {
  id: string
  rotation: string
  person: string
  from_at: number
  to_at: number
  actor: string
  at: number
}

/** Row of `tokens`. */
export interface TokenRow {
  id: string
  name: string
  principal: string
  role: string
  /** JSON. */
  scope: string
  created_at: number
  expires_at: number
  revoked_at: number | null
  last_used_at: number | null
}

/** Row of `idempotency`: a request that may be sent again. */
export interface RequestRow {
  principal: string
  key: string
  hash: string
  /** JSON of a `StoredAnswer`; null while it is worked on. */
  answer: string | null
  at: number
  /** Names what every attempt makes; null in rows of earlier releases. */
  write_id: string | null
  /** The attempt that works on it; null after one that failed. */
  holder: string | null
  /** Process of that attempt. */
  owner: string | null
  leased_until: number | null
}

/** Row of `incident_events`. */
interface IncidentEventRow {
  id: string
  incident_id: string
  at: number
  actor: string
  kind: string
  text: string
}

/** Row of `notifications`. */
export interface NotificationRow {
  id: string
  root: string
  channel: string
  person: string
  kind: string
  step: number
  state: Word<'notifications', 'state'>
  attempts: number
  /** For one that is being sent: when another process may take it. */
  due: number
  /** JSON. */
  body: string
  receipt: string | null
  problem: string | null
  created_at: number
  updated_at: number
}

/** Row of `run_steps`. */
interface RunStepRow {
  run_id: string
  step: string
  milliseconds: number
  count: number
}

/** Row of `usage`. */
interface UsageRow {
  run_id: string
  kind: string
  amount: number
  cost_micros: number | null
  /** When the run was recorded, and its pipeline. */
  at: number
  pipeline: string
}
