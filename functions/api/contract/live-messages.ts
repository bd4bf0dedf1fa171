import { z } from 'zod'

/** First words of topics. A topic names what changed, from left to right: `slice/PIPELINE/WINDOW/SHARD`, `run/ID`, `incidents`. */
export const TOPIC_KINDS = [
  'slice',
  'slices',
  'run',
  'backfill',
  'partition',
  'build',
  'incidents',
  'settings',
  'on-call',
  'notifications',
] as const

/** First word of a topic. */
export type TopicKind = (typeof TOPIC_KINDS)[number]

/** Most topics of one message. More changes become broader topics. */
export const MOST_TOPICS = 50

const TopicPattern = z
  .string()
  .max(400)
  .refine((text) => text === '*' || TOPIC_KINDS.some((kind) => kind === text.split('/')[0]), {
    error: `expected * or a beginning of a topic: ${TOPIC_KINDS.join(', ')}`,
  })

/** First message of a client of `GET /api/live`. */
export const Hello = z.strictObject({
  type: z.literal('hello'),
  /** Cursor of the last message; absent or null for a client that knows nothing yet. */
  after: z.string().max(100).nullable().optional(),
  /** Beginnings of topics, e.g. `slices/toast/*`, `incidents`; `*` for all. */
  topics: z.array(TopicPattern).min(1).max(MOST_TOPICS),
})

/** First message of a client, as it is sent. */
export type Hello = z.input<typeof Hello>

/** Something changed: a CloudEvent. Its id is a cursor. */
export interface Changed {
  readonly specversion: '1.0'
  readonly type: 'daybreak.changed.v1'
  readonly id: string
  readonly source: '/api/live'
  /** RFC 3339, UTC: time of the newest change. */
  readonly time: string
  readonly datacontenttype: 'application/json'
  readonly data: { readonly topics: readonly string[] }
}

/** Time over which clients spread what they ask after a change. */
interface Spread {
  /** Milliseconds: a client waits for a random part of them. It grows with the number of clients. */
  readonly spread: number
}

/** A message of the server. A client keeps the cursor of the last one, and sends it in its next hello. */
export type LiveMessage =
  /** The client was heard. Everything up to the cursor is known to it, or changed before it came. */
  | ({ readonly type: 'ready'; readonly cursor: string } & Spread)
  | Changed
  /** The client's cursor is too old, or of another ledger: everything may have changed. */
  | { readonly type: 'reset'; readonly cursor: string }
  /** Nothing else changed up to the cursor. Comes every 25 seconds while the server reads the ledger. */
  | ({ readonly type: 'beat'; readonly cursor: string } & Spread)
  /** The server ends. Another one may be there already. */
  | { readonly type: 'bye' }
