import type { Instant } from '../entities.ts'
import type { Change } from '../ports.ts'
import type {
  IncidentEvent,
  Notification,
  RequestAttempt,
  RequestKey,
  Setting,
  SettingKind,
  ShiftOverride,
  SignOff,
  SignOffPlace,
  StoredAnswer,
  Token,
} from './records.ts'

/** A change that people make, or that is made for them. It goes into one transaction with changes of the core. */
export type PeopleChange =
  | Change
  /** `version` is that of the setting before the change, 0 for a new one; another one there means LEDGER_CONFLICT. */
  | { readonly change: 'setting'; readonly setting: Setting }
  | { readonly change: 'setting_deleted'; readonly kind: SettingKind; readonly id: string; readonly version: number }
  /** Replaces the sign-off of the same window and shard. */
  | { readonly change: 'sign_off'; readonly signOff: SignOff }
  /** Takes a sign-off away; LEDGER_CONFLICT when another one has its place by now. */
  | { readonly change: 'sign_off_deleted'; readonly signOff: SignOffPlace }
  /** Adds a shift override, or replaces the one of the same id. */
  | { readonly change: 'override'; readonly override: ShiftOverride }
  | { readonly change: 'override_deleted'; readonly id: string }
  /** Adds a token, or replaces the one of the same id. */
  | { readonly change: 'token'; readonly token: Token }
  /** Keeps the answer of a request under a key. LEDGER_CONFLICT when another attempt took the request over. */
  | ({ readonly change: 'request_answered'; readonly answer: StoredAnswer } & RequestKey &
      Pick<RequestAttempt, 'holder'>)
  | { readonly change: 'incident_event'; readonly event: IncidentEvent }
  /** Sets the members that are given. `parentId` makes an incident a member of a root, null a root. */
  | {
      readonly change: 'incident_placed'
      readonly id: string
      readonly parentId?: string | null
      readonly assignee?: string | null
      readonly ackedUntil?: Instant | null
    }
  /** Adds a message to the outbox; nothing if one of the same root, channel, person, kind and step is there. */
  | { readonly change: 'notification'; readonly notification: NewNotification }
  /** Ends a delivery that was claimed: it succeeded, goes again at `due`, or is given up. */
  | {
      readonly change: 'notification_settled'
      readonly id: string
      readonly state: 'sent' | 'due' | 'dead'
      readonly due?: Instant
      readonly receipt?: string
      readonly problem?: string
      readonly at: Instant
    }

/** A notification before its first delivery; `createdAt` is also its last change. */
export type NewNotification = Omit<Notification, 'state' | 'attempts' | 'receipt' | 'problem' | 'updatedAt'>
