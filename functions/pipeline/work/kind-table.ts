/** One kind of work, as data. Queue, topics, paths, dead letters, replays and the ledger's words follow from its entry. */
export interface WorkKind {
  /** Its path of HTTP in one sentence. */
  readonly doc: string
  /** The messages of its topic, for the description of the topic's name. */
  readonly topic: string
  /** Members of its work that a key names after the kind, in this order. */
  readonly subject: readonly ('shard' | 'stream' | 'window')[]
  /** True where a run ends only after the last of these messages, and fails with them. */
  readonly waits: boolean
}

/** All kinds of work. A further kind is one entry here and a handler: in `workInRun()` of `handle.ts`, or in `Worker.handlers` for one without a run. */
export const KINDS = {
  tick: {
    doc: 'A schedule is due, or a run is to be planned.',
    topic: 'Runs that are due.',
    subject: [],
    waits: true,
  },
  ingest: {
    doc: 'Some days of one location are fetched, transformed, checked and staged.',
    topic: 'Locations and dates to look at.',
    subject: ['shard'],
    waits: true,
  },
  load: {
    doc: 'One partition is made equal to its newest manifest. While its job runs, the message goes back to the queue.',
    topic: 'Partitions to make equal to their manifests.',
    subject: ['stream', 'window'],
    waits: true,
  },
  build: {
    doc: 'All partitions of models that depend on one date are made equal to their inputs.',
    topic: 'Dates whose models are to be built.',
    subject: ['window'],
    waits: false,
  },
} as const satisfies Readonly<Record<string, WorkKind>>
