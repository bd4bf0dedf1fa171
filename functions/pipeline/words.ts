import { KIND_NAMES } from './work/kinds.ts'

const RUN_STATES = ['queued', 'running', 'succeeded', 'partial', 'failed', 'cancelled', 'timed_out', 'skipped'] as const

/**
 * Words the ledger stores, by table and column. Types of the model derive from this table, and the ledger compares every row
 * with it before writing. A new word needs no migration.
 */
export const WORDS = {
  slices: {
    state: ['expected', 'seen', 'landed', 'held', 'staged', 'loaded', 'quarantined', 'missing', 'waived'],
  },
  windows: { mode: ['full', 'snapshot', 'incremental', 'append'], state: ['planned', 'read', 'loaded'] },
  deliveries: { state: ['staged', 'held', 'quarantined', 'superseded'] },
  partitions: { state: ['idle', 'pending', 'quarantined'] },
  builds: { state: ['idle', 'pending', 'held'], verdict: ['none', 'pass', 'fail'], effect: ['block', 'warn'] },
  runs: { state: RUN_STATES, trigger: ['schedule', 'file', 'http', 'cli', 'backfill', 'import'] },
  run_slices: { outcome: ['staged', 'resumed', 'unchanged', 'seen', 'held', 'quarantined', 'missing', 'failed'] },
  messages: { state: ['pending', 'done', 'dead'], kind: KIND_NAMES },
  checks: { state: ['pass', 'warn', 'fail', 'error'], effect: ['warn', 'dispute', 'quarantine', 'hold', 'block'] },
  incidents: { state: ['open', 'acknowledged', 'snoozed', 'resolved'], severity: ['warning', 'error'] },
  backfills: { state: [...RUN_STATES, 'paused'] },
  notifications: { state: ['due', 'sending', 'sent', 'dead'] },
  settings: {
    kind: ['rules', 'channels', 'policies', 'rotations', 'people', 'digests', 'preferences', 'known', 'events'],
    origin: ['file', 'ui'],
  },
} as const

type Words = typeof WORDS

/** One of the words of a column, e.g. `Word<'slices', 'state'>`. */
export type Word<
  Table extends keyof Words,
  Column extends keyof Words[Table],
> = Words[Table][Column] extends readonly (infer One)[] ? One : never
