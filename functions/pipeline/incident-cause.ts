import type { ErrorCode } from '../errors.ts'
import type { BusinessDate, IncidentCause, IncidentPlace, Work } from './entities.ts'
import { subjectOfWork } from './work/kinds.ts'

type Member = 'stream' | 'shard' | 'window' | 'detail'
type Named = Readonly<Partial<Record<Member, string>>>

/** Members that follow kind and pipeline in the keys of each kind, in this order. A detail has no column. */
const MEMBERS = {
  missing: ['shard'],
  unreadable: ['shard'],
  waiting: ['shard'],
  archive: ['shard'],
  ahead: [],
  clock: ['shard'],
  refused: ['shard', 'detail'],
  rejects: ['shard', 'stream'],
  check: ['shard', 'detail'],
  drift: ['shard', 'stream'],
  stream: ['stream'],
  source: ['detail'],
  late: ['window'],
  spread: ['window', 'detail'],
  columns: ['stream', 'detail'],
  day: ['shard', 'window'],
  rule: ['detail'],
  watch: ['detail'],
  arrival: ['shard', 'window'],
  schedule: [],
  run: [],
  load: ['stream', 'window'],
  model: ['stream', 'detail'],
} as const satisfies Readonly<Record<string, readonly Member[]>>

type Kind = keyof typeof MEMBERS

/** The first words of all keys. */
export const INCIDENT_KINDS: readonly string[] = [...Object.keys(MEMBERS), 'message', 'undelivered'].toSorted()

/** Causes by kind. Keys name place and cause, from the general to the particular; the business date is the incident's subject. */
export const incidentCause = {
  missing: (pipeline: string, shard: string) => causeOf('missing', pipeline, { shard }),
  unreadable: (pipeline: string, shard: string) => causeOf('unreadable', pipeline, { shard }),
  waiting: (pipeline: string, shard: string) => causeOf('waiting', pipeline, { shard }),
  archive: (pipeline: string, shard: string) => causeOf('archive', pipeline, { shard }),
  ahead: (pipeline: string) => causeOf('ahead', pipeline),
  clock: (pipeline: string, shard: string) => causeOf('clock', pipeline, { shard }),
  /** A file that is quarantined or held, by its code. */
  refused: (pipeline: string, shard: string, code: ErrorCode) => causeOf('refused', pipeline, { shard, detail: code }),
  rejects: (pipeline: string, shard: string, stream: string) => causeOf('rejects', pipeline, { shard, stream }),
  check: (pipeline: string, shard: string, check: string) => causeOf('check', pipeline, { shard, detail: check }),
  drift: (pipeline: string, shard: string, stream: string) => causeOf('drift', pipeline, { shard, stream }),
  /** A stream of tables that cannot be planned or read, while the others of its pipeline are. */
  stream: (pipeline: string, stream: string) => causeOf('stream', pipeline, { stream }),
  source: (pipeline: string) => causeOf('source', pipeline),
  /** Root of the incidents of one failure of the source at several shards. */
  sourceRoot: (pipeline: string, code: ErrorCode) => causeOf('source', pipeline, { detail: code }),
  /** Root of the incidents of files that many shards lack on one date. */
  late: (pipeline: string, window: BusinessDate) => causeOf('late', pipeline, { window }),
  /** Root of the incidents of one cause that many shards have on one date. The detail names code and check. */
  spread: (pipeline: string, window: BusinessDate, detail: string) => causeOf('spread', pipeline, { window, detail }),
  /** Root of the incidents of one change of columns at several shards. The detail stands for the columns. */
  columns: (pipeline: string, stream: string, detail: string) => causeOf('columns', pipeline, { stream, detail }),
  /** Root of the incidents of one shard on one date: a file with a fault, and the checks that do not add up for it. */
  day: (pipeline: string, shard: string, window: BusinessDate) => causeOf('day', pipeline, { shard, window }),
  /** A rule of config/notify.yaml whose condition holds; its subjects are shards, streams or the pipeline. */
  rule: (pipeline: string, rule: string) => causeOf('rule', pipeline, { detail: rule }),
  /** A finding of the watch, which trusts no run. */
  watch: (pipeline: string, finding: string) => causeOf('watch', pipeline, { detail: finding }),
  /** Notifications that a channel did not take. */
  undelivered: (channel: string): IncidentCause => ({
    key: `undelivered/${channel}`,
    ...placeOf('undelivered', null, {}),
  }),
  /** A notice of files that was lost. */
  arrival: (pipeline: string, shard: string, window: BusinessDate) => causeOf('arrival', pipeline, { shard, window }),
  schedule: (pipeline: string) => causeOf('schedule', pipeline),
  /** A run that did not end. */
  run: (pipeline: string) => causeOf('run', pipeline),
  /** A partition that cannot be loaded, or is not what its manifest lists. */
  load: (pipeline: string, stream: string, window: BusinessDate) => causeOf('load', pipeline, { stream, window }),
  /** Partitions of a model that are not published, or that a check warns of. The detail names the check or the query. */
  model: (model: string, detail: string) => causeOf('model', 'models', { stream: model, detail }),
  /** A message that was given up on. */
  message: (work: Work): IncidentCause => {
    const { pipeline, kind: _, ...named } = work
    const place = 'ended' in named ? {} : named
    return { key: `message/${pipeline}/${subjectOfWork(work)}`, ...placeOf('message', pipeline, place) }
  },
  /** A message that no row of the ledger stands for, by the path or the subscription that it came from. */
  unknownMessage: (path: string): IncidentCause => ({
    key: `message/unknown/${path}`,
    ...placeOf('message', null, {}),
  }),
}

/** The cause that a key was made of, for keys that were kept without one. A key of no known kind gives its first word alone. */
export function parseIncidentKey(key: string): IncidentCause {
  const [kind = '', pipeline = '', ...rest] = key.split('/')
  if (!isKind(kind)) return { key, ...placeOf(kind, null, {}) }
  return { key, ...placeOf(kind, pipeline, Object.fromEntries(MEMBERS[kind].map((name, at) => [name, rest[at]]))) }
}

function isKind(kind: string): kind is Kind {
  return Object.hasOwn(MEMBERS, kind)
}

function causeOf(kind: Kind, pipeline: string, named: Named = {}): IncidentCause {
  const rest = MEMBERS[kind].map((name) => named[name]).filter((name) => name !== undefined)
  return { key: [kind, pipeline, ...rest].join('/'), ...placeOf(kind, pipeline, named) }
}

function placeOf(kind: string, pipeline: string | null, { stream, shard, window }: Named): IncidentPlace {
  return { kind, pipeline, stream: stream ?? null, shard: shard ?? null, window: window ?? null }
}
