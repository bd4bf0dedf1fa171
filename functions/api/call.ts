import type { z } from 'zod'
import type { SignedIn } from '../http/session.ts'
import type { Instant, Json } from '../pipeline/entities.ts'
import type { PeopleChange } from '../pipeline/people/changes.ts'
import type { ApiContext } from './context.ts'
import type { API, ApiKey } from './contract/routes.ts'

type Table = typeof API
type Placeholders<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never
type QueryOf<Key extends ApiKey> = Table[Key] extends { readonly query?: infer Query extends z.ZodObject | undefined }
  ? z.output<NonNullable<Query>>
  : Record<never, never>
type BodyOf<Key extends ApiKey> = Table[Key] extends { readonly body?: infer Body extends z.ZodType | undefined }
  ? z.output<NonNullable<Body>>
  : undefined

/** The connection of a caller to its session. */
export interface Session {
  /** The header Host; empty within a process. */
  readonly host: string
  /** Ends the session, and gives the cookie that says so. */
  leave(): string | null
  /** Sends a cookie. */
  set(cookie: string): void
}

/** A request of a known caller, with its values checked. */
export interface ApiCall<Key extends ApiKey = ApiKey> {
  readonly principal: SignedIn
  readonly path: Readonly<Record<Placeholders<Key>, string>>
  readonly query: QueryOf<Key>
  readonly body: BodyOf<Key>
  readonly requestId: string
  /** The header Accept. */
  readonly accept: string
  readonly ifMatch: string | null
  readonly session: Session
  /** Aborts when the caller has left or the process ends. */
  readonly signal: AbortSignal
  /** Names of what this write makes. */
  readonly write: WriteName
  /** Adds an entry to the audit, for an action that changes nothing in the ledger and may be done again. */
  record(entry: Recorded): Promise<void>
  /**
   * Applies changes together with their entry in the audit and, for a request with an `Idempotency-Key`, the answer: a copy gets it.
   * Returns the answer. @throws {DaybreakError} LEDGER_CONFLICT, also when another process took the request over.
   */
  settle<Answer extends Answered<Key>>(
    entry: Recorded,
    answer: Answer,
    changes?: readonly PeopleChange[],
  ): Promise<Answer>
}

/** Name of a write, for the ids of what it begins. Under one `Idempotency-Key` each attempt has the same name, and finds what the attempt before it made. */
export interface WriteName {
  readonly id: string
  /** When the first attempt began. */
  readonly at: Instant
  /** True after an attempt that ended without an answer: what the write asks for may be done already. */
  readonly isRepeated: boolean
}

/** An action, for the audit. */
export interface Recorded {
  readonly action: string
  readonly subject: string
  readonly details?: string
  readonly before?: Json
  readonly after?: Json
}

/** Answer of a route: a body of its schema, or bytes of one of its media types. */
export type Answered<Key extends ApiKey> =
  | { readonly body: z.input<Table[Key]['answer']>; readonly location?: string }
  | Bytes

/** Bytes of a media type as they come. */
export interface Bytes {
  readonly type: string
  readonly chunks: AsyncIterable<string | Uint8Array>
  /** Name under which a browser saves them. */
  readonly fileName?: string
}

/** Handler of a route. */
export type ApiHandler<Key extends ApiKey> = (call: ApiCall<Key>, context: ApiContext) => Promise<Answered<Key>>

/** Handlers of the routes of a table, each with the types of its route. */
export type HandlersOf<Routes> = { readonly [Key in keyof Routes & ApiKey]: ApiHandler<Key> }
