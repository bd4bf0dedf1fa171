/** Kinds of state that a person tells apart by colour. */
export type Tone = 'ok' | 'due' | 'held' | 'miss' | 'disputed' | 'quiet'

/** A state as people see it: glyph, word and tone. Colour alone never carries it. */
export interface Look {
  readonly glyph: string
  readonly word: string
  readonly tone: Tone
}

const LOOKS: Readonly<Record<string, Look>> = {
  // Slices.
  expected: { glyph: '·', word: 'expected', tone: 'due' },
  seen: { glyph: '›', word: 'seen', tone: 'due' },
  landed: { glyph: '›', word: 'landed', tone: 'due' },
  staged: { glyph: '›', word: 'staged', tone: 'due' },
  loaded: { glyph: '✓', word: 'loaded', tone: 'ok' },
  missing: { glyph: '!', word: 'missing', tone: 'miss' },
  held: { glyph: '#', word: 'held', tone: 'held' },
  quarantined: { glyph: '#', word: 'quarantined', tone: 'held' },
  waived: { glyph: '–', word: 'waived', tone: 'quiet' },
  late: { glyph: '!', word: 'late', tone: 'miss' },
  // Windows of a shard.
  complete: { glyph: '✓', word: 'complete', tone: 'ok' },
  incomplete: { glyph: '!', word: 'incomplete', tone: 'miss' },
  disputed: { glyph: 'D', word: 'disputed', tone: 'disputed' },
  // Runs and backfills.
  queued: { glyph: '·', word: 'queued', tone: 'quiet' },
  running: { glyph: '›', word: 'running', tone: 'due' },
  paused: { glyph: '‖', word: 'paused', tone: 'quiet' },
  succeeded: { glyph: '✓', word: 'succeeded', tone: 'ok' },
  partial: { glyph: '!', word: 'partial', tone: 'due' },
  failed: { glyph: '!', word: 'failed', tone: 'miss' },
  cancelled: { glyph: '–', word: 'cancelled', tone: 'quiet' },
  // Incidents.
  open: { glyph: '!', word: 'open', tone: 'miss' },
  acknowledged: { glyph: '›', word: 'acknowledged', tone: 'due' },
  snoozed: { glyph: '‖', word: 'snoozed', tone: 'quiet' },
  resolved: { glyph: '✓', word: 'resolved', tone: 'ok' },
  // Slices of a run that ended.
  published: { glyph: '✓', word: 'published', tone: 'ok' },
  error: { glyph: '!', word: 'error', tone: 'miss' },
  warning: { glyph: '!', word: 'warning', tone: 'due' },
  info: { glyph: '·', word: 'info', tone: 'quiet' },
  // Models and their partitions.
  current: { glyph: '✓', word: 'current', tone: 'ok' },
  built: { glyph: '✓', word: 'built', tone: 'ok' },
  pending: { glyph: '›', word: 'building', tone: 'due' },
  absent: { glyph: '·', word: 'not built', tone: 'quiet' },
  shown: { glyph: '✓', word: 'shown', tone: 'ok' },
  breaking: { glyph: '!', word: 'breaking', tone: 'miss' },
  new: { glyph: '+', word: 'new', tone: 'ok' },
  removed: { glyph: '–', word: 'removed', tone: 'due' },
  // Checks.
  pass: { glyph: '✓', word: 'pass', tone: 'ok' },
  fail: { glyph: '!', word: 'fail', tone: 'miss' },
  warn: { glyph: '!', word: 'warn', tone: 'due' },
}

/** Look of a state; one that is not known here keeps its word and stays grey. */
export function lookOf(state: string): Look {
  return LOOKS[state] ?? { glyph: '·', word: state.replaceAll('_', ' '), tone: 'quiet' }
}

/** Classes of a tone: text and its background. */
export const TONE: Readonly<Record<Tone, string>> = {
  ok: 'text-ok bg-ok-bg',
  due: 'text-due bg-due-bg',
  held: 'text-held bg-held-bg',
  miss: 'text-miss bg-miss-bg',
  disputed: 'text-disputed bg-disputed-bg',
  quiet: 'text-dim bg-sunk',
}
