import { ERRORS, type ErrorCode } from '../errors.ts'
import type { BusinessDate, Incident, IncidentCause, Reason } from '../pipeline/entities.ts'
import { incidentCause } from '../pipeline/incident-cause.ts'
import { type Noun, nounInWords, SHARD } from './words.ts'

/** An unresolved incident, and the root that it belongs to. */
export type Member = Incident & { readonly parentId: string | null }

/** A root with the incidents that it stands for. Messages are about roots, never about members. */
export interface Root {
  readonly cause: IncidentCause
  readonly severity: Incident['severity']
  readonly reason: Reason
  /** Ids. */
  readonly members: readonly string[]
}

/** Changes that follow for the ledger from the incidents that are open. */
export interface Correlation {
  /** New roots. */
  readonly opened: readonly Root[]
  /** Roots that are there already, with incidents that join them. */
  readonly joined: readonly Root[]
  /** Keys of roots that have no member left. */
  readonly resolved: readonly string[]
}

/** Shards of a pipeline: how many, and their noun. */
export interface Shards {
  readonly count: number
  readonly noun: Noun
}

const FEWEST = 3
const SHARE = 0.05

/**
 * Pure: groups the unresolved incidents by cause.
 * 1. One failure of the source at two or more shards of a pipeline is one root.
 * 2. One code and check on one date at max(3, 5 %) of the shards is one root.
 * 3. One change of columns of a stream at two or more shards is one root.
 * An incident that has a root keeps it, and an open root takes further incidents of its cause however few they are.
 */
export function correlate(incidents: readonly Member[], shards: ReadonlyMap<string, Shards>): Correlation {
  const roots = new Map(incidents.filter(isRoot).map((root) => [root.key, root]))
  const alone = incidents.filter((each) => !isRoot(each) && each.parentId === null && each.pipeline !== null)
  const groups = grouped(alone, { roots, shards })
  const opened = groups.filter(({ cause }) => !roots.has(cause.key))
  const joined = groups.filter(({ cause }) => roots.has(cause.key))
  const kept = new Set(incidents.flatMap(({ parentId }) => parentId ?? []))
  const taken = new Set(joined.map(({ cause }) => cause.key))
  return {
    opened: opened.map((group) => toRoot(group, shards)),
    joined: joined.map((group) => toRoot(group, shards)),
    resolved: [...roots.values()].flatMap(({ id, key }) => (kept.has(id) || taken.has(key) ? [] : [key])),
  }
}

/** True for an incident that stands for others. */
export function isRoot({ kind, key }: Pick<Incident, 'kind' | 'key'>): boolean {
  return ROOT_KINDS.includes(kind) || (kind === 'source' && key.split('/').length > 2)
}

const ROOT_KINDS = ['late', 'spread', 'columns']

interface Group {
  readonly cause: IncidentCause
  readonly members: readonly Member[]
}

interface Context {
  readonly roots: ReadonlyMap<string, Member>
  readonly shards: ReadonlyMap<string, Shards>
}

/** The cause of the root that an incident may belong to, and how many shards make one. */
interface Candidate {
  readonly cause: IncidentCause
  readonly member: Member
  readonly fewest: number
}

/** Largest group first; an incident that several dates would claim goes to the largest. */
function grouped(alone: readonly Member[], { roots, shards }: Context): readonly Group[] {
  const candidates = alone.flatMap((member) => candidatesOf(member, shards))
  const byKey = [...Map.groupBy(candidates, ({ cause }) => cause.key).values()]
  const ranked = byKey.toSorted((a, b) => b.length - a.length || newestFirst(a, b))
  const taken = new Set<string>()
  return ranked.flatMap((group): readonly Group[] => {
    const [first] = group
    const free = group.filter(({ member }) => !taken.has(member.id))
    if (!first || free.length === 0) return []
    const members = free.map(({ member }) => member)
    if (!roots.has(first.cause.key) && extentOf(members) < first.fewest) return []
    for (const { id } of members) taken.add(id)
    return [{ cause: first.cause, members }]
  })
}

function newestFirst([a]: readonly Candidate[], [b]: readonly Candidate[]): number {
  const [one, other] = [a?.cause.window ?? '', b?.cause.window ?? '']
  return one < other ? 1 : one > other ? -1 : (a?.cause.key ?? '') < (b?.cause.key ?? '') ? -1 : 1
}

/** Shards that the incidents are about. One without a shard is about all of them. */
function extentOf(members: readonly Member[]): number {
  const named = new Set(members.flatMap(({ shard }) => shard ?? []))
  const isWhole = members.some(({ shard }) => shard === null)
  return isWhole && members.length > 1 ? Number.POSITIVE_INFINITY : named.size
}

function candidatesOf(member: Member, shards: ReadonlyMap<string, Shards>): readonly Candidate[] {
  const { pipeline, stream, shard, reason, kind } = member
  if (pipeline === null) return []
  if (isOfSource(reason.code)) return [{ cause: incidentCause.sourceRoot(pipeline, reason.code), member, fewest: 2 }]
  if (shard === null) return []
  if (kind === 'drift' && stream !== null)
    return [{ cause: incidentCause.columns(pipeline, stream, columnsOf(member)), member, fewest: 2 }]
  const fewest = Math.max(FEWEST, Math.ceil((shards.get(pipeline)?.count ?? 0) * SHARE))
  const detail = [reason.code, ...(kind === 'check' ? member.key.split('/').slice(3) : [])].join('.')
  return datesOf(member).map((date) => ({
    cause: kind === 'missing' ? incidentCause.late(pipeline, date) : incidentCause.spread(pipeline, date, detail),
    member,
    fewest,
  }))
}

/** True for a failure of the server that files come from, of any extent. */
function isOfSource(code: ErrorCode): boolean {
  return 'breaks' in ERRORS[code] || code === 'SOURCE_READ_FAILED'
}

const DATE = /^\d{4}-\d{2}-\d{2}/

/** The date of the incident, else those of its subjects. */
function datesOf({ window, subjects }: Member): readonly BusinessDate[] {
  if (window !== null) return [window]
  return [...new Set(subjects.first.flatMap((subject) => DATE.exec(subject)?.[0] ?? []))]
}

/** The columns of a drift as they are quoted in its message, short enough for a key. */
function columnsOf({ reason }: Member): string {
  const names = [...reason.message.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, name = '']) => name)
  return (
    names
      .join('+')
      .replaceAll(/[^\p{L}\p{N}+]+/gu, '_')
      .slice(0, 80) || reason.code
  )
}

function toRoot({ cause, members }: Group, shards: ReadonlyMap<string, Shards>): Root {
  const severity = members.some((member) => member.severity === 'error') ? 'error' : 'warning'
  const [first] = members.toSorted((a, b) => (a.shard ?? '').localeCompare(b.shard ?? '', 'en', { numeric: true }))
  const extent = new Set(members.flatMap(({ shard }) => shard ?? [])).size
  const code = first?.reason.code ?? 'INTERNAL'
  const where = cause.window === null ? '' : `, ${cause.window}`
  const noun = shards.get(cause.pipeline ?? '')?.noun ?? SHARD
  const message = `${nounInWords(extent, noun)} of ${cause.pipeline}${where}: ${first?.reason.message ?? ''}`
  return { cause, severity, reason: { code, message }, members: members.map(({ id }) => id) }
}
