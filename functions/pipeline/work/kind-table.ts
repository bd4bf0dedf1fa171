/** Accounts that publish messages of work. */
export type Sender = 'worker' | 'api' | 'backfill' | 'scheduler'

/** One kind of work, as data. Queue, topics, paths, permissions, dead letters, replays and the ledger's words follow from its entry. */
export interface WorkKind {
  /** Its path of HTTP in one sentence. */
  readonly doc: string
  /** The messages of its topic, for the description of the topic's name. */
  readonly topic: string
  /** Members of its work that a key names after the kind, in this order. */
  readonly subject: readonly ('shard' | 'stream' | 'window' | 'to')[]
  /** True where a run ends only after the last of these messages, and fails with them. */
  readonly waits: boolean
  /** True where a message waits in the ledger until it is sent, so that one stands for several. */
  readonly gathers: boolean
  /** Service that its topic is pushed to. */
  readonly service: 'worker' | 'notify'
  /** Seconds that its subscription keeps what nothing took. */
  readonly keep: number
  /** Accounts that publish it, each with what it does. The scheduler's messages are no rows of the ledger. */
  readonly senders: Readonly<Partial<Record<Sender, string>>>
}

const WEEK = 7 * 86_400
const HOUR = 3600

/**
 * All kinds of work. A further kind is one entry here and a handler: in `workOn()` of `handle.ts`, or in `Worker.handlers` for
 * one without a run. What the scheduler publishes of it is read in `functions/handlers/scheduled.ts`.
 */
export const KINDS = {
  tick: {
    doc: 'A schedule is due, or a run is to be planned.',
    topic: 'Runs that are due.',
    subject: [],
    ...{ waits: true, gathers: false, service: 'worker', keep: WEEK },
    senders: {
      worker: 'replays a dead tick',
      api: 'replays dead ticks',
      backfill: 'tries a run again',
      scheduler: 'publishes ticks',
    },
  },
  ingest: {
    doc: 'Some days of one location are fetched, transformed, checked and staged.',
    topic: 'Locations and dates to look at.',
    subject: ['shard'],
    ...{ waits: true, gathers: false, service: 'worker', keep: WEEK },
    senders: {
      worker: 'sends one message per location',
      api: 'starts backfills',
      backfill: 'gives back what it did not finish',
    },
  },
  load: {
    doc: 'One partition is made equal to its newest manifest. While its job runs, the message goes back to the queue.',
    topic: 'Partitions to make equal to their manifests.',
    subject: ['stream', 'window'],
    ...{ waits: true, gathers: true, service: 'worker', keep: WEEK },
    senders: { worker: 'sends one message per touched partition', api: 'replays loads', backfill: 'asks for loads' },
  },
  build: {
    doc: 'All partitions of models that depend on one date are made equal to their inputs.',
    topic: 'Dates whose models are to be built.',
    subject: ['window'],
    ...{ waits: false, gathers: true, service: 'worker', keep: WEEK },
    senders: {
      worker: 'sends one message per date',
      api: 'replays builds',
      backfill: 'asks for builds of what it loaded',
    },
  },
  notify: {
    doc: 'The watch makes a pass: each minute.',
    topic: 'Minutes of the watch.',
    subject: [],
    // A minute says no more than the next one does. Ten deliveries take most of an hour.
    ...{ waits: false, gathers: false, service: 'notify', keep: HOUR },
    senders: { scheduler: 'publishes the minutes of the watch' },
  },
  lineage: {
    doc: 'Run events of one load or build are sent to a receiver of OpenLineage.',
    topic: 'Run events to send.',
    subject: ['to'],
    ...{ waits: false, gathers: false, service: 'worker', keep: WEEK },
    senders: {
      worker: 'sends run events',
      api: 'replays run events',
      backfill: 'sends run events of what it loaded',
    },
  },
} as const satisfies Readonly<Record<string, WorkKind>>
