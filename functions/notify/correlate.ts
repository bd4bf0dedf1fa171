import { ERRORS, type ErrorCode } from '../errors.ts'
import type { Incident, IncidentCause, Reason } from '../pipeline/entities.ts'
import { incidentCause } from '../pipeline/incident-cause.ts'
import {
  createGroups,
  datesOf,
  FAULTS,
  faultOfCheck,
  faultOfModel,
  faultsOf,
  type Group,
  isNoEffect,
  type Member,
  type ModelSources,
  rankOf,
} from './effects.ts'
import { type Noun, nounInWords, SHARD } from './words.ts'

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
 * 4. Checks of files and models that fail on a date join the root of the faulty file of that shard and date: its `day`, if it has none.
 * An incident that has a root keeps it, and an open root takes further incidents of its cause however few they are.
 */
export function correlate(
  incidents: readonly Member[],
  shards: ReadonlyMap<string, Shards>,
  sources: ModelSources = new Map(),
): Correlation {
  const roots = new Map(incidents.filter(isRoot).map((root) => [root.key, root]))
  const alone = incidents.filter((each) => !isRoot(each) && each.parentId === null && each.pipeline !== null)
  const context = { roots, shards }
  const groups = createGroups(incidents, roots)
  groups.add(grouped(alone.filter(isNoEffect), context))
  const checks = alone.filter(({ kind }) => kind === 'check')
  const faults = faultsOf(incidents, ({ kind }) => FAULTS.includes(kind))
  for (const check of checks) groups.follow(check, faultOfCheck(check, faults))
  groups.add(grouped(checks.filter(groups.isFree), context))
  const disputes = faultsOf(incidents, ({ kind }) => kind === 'check')
  for (const check of checks.filter(groups.isFree)) groups.follow(check, faultOfCheck(check, disputes))
  for (const model of alone.filter(({ kind }) => kind === 'model'))
    groups.follow(model, faultOfModel(model, faults, sources) ?? faultOfModel(model, disputes, sources))
  for (const fault of [...faults.values()].flat()) groups.rejoin(fault)
  return changesOf(groups.all(), { incidents, ...context })
}

function changesOf(groups: readonly Group[], { incidents, roots, shards }: Context & Grouping): Correlation {
  const opened = groups.filter(({ cause }) => !roots.has(cause.key))
  const joined = groups.filter(({ cause }) => roots.has(cause.key))
  const kept = new Set(incidents.flatMap(({ parentId }) => parentId ?? []))
  const taken = new Set(joined.map(({ cause }) => cause.key))
  return {
    opened: opened.map((group) => toRoot(group, { shards, before: [] })),
    joined: joined.map((group) => {
      const id = roots.get(group.cause.key)?.id
      return toRoot(group, { shards, before: incidents.filter(({ parentId }) => parentId === id) })
    }),
    resolved: [...roots.values()].flatMap(({ id, key }) => (kept.has(id) || taken.has(key) ? [] : [key])),
  }
}

/** True for an incident that stands for others. */
export function isRoot({ kind, key }: Pick<Incident, 'kind' | 'key'>): boolean {
  return ROOT_KINDS.includes(kind) || (kind === 'source' && key.split('/').length > 2)
}

const ROOT_KINDS = ['late', 'spread', 'columns', 'day']

interface Grouping {
  readonly incidents: readonly Member[]
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

interface Rooting extends Pick<Context, 'shards'> {
  /** Members that the root has already. */
  readonly before: readonly Member[]
}

function toRoot({ cause, members }: Group, { shards, before }: Rooting): Root {
  const all = [...before, ...members]
  const severity = all.some((member) => member.severity === 'error') ? 'error' : 'warning'
  if (cause.kind === 'day') return { cause, severity, reason: reasonOfDay(all), members: members.map(({ id }) => id) }
  const [first] = all.toSorted(
    (a, b) => rankOf(a) - rankOf(b) || (a.shard ?? '').localeCompare(b.shard ?? '', 'en', { numeric: true }),
  )
  const extent = new Set(all.flatMap(({ shard }) => shard ?? [])).size
  const code = first?.reason.code ?? 'INTERNAL'
  const where = cause.window === null ? '' : `, ${cause.window}`
  const noun = shards.get(cause.pipeline ?? '')?.noun ?? SHARD
  const message = `${nounInWords(extent, noun)} of ${cause.pipeline}${where}: ${first?.reason.message ?? ''}`
  return { cause, severity, reason: { code, message }, members: members.map(({ id }) => id) }
}

/** The fault first, then what does not add up for it. */
function reasonOfDay(members: readonly Member[]): Reason {
  const [first, ...others] = members.toSorted((a, b) => rankOf(a) - rankOf(b) || a.openedAt - b.openedAt || byId(a, b))
  const message = first?.reason.message ?? ''
  const counts = [
    [{ one: 'other fault', many: 'other faults' }, others.filter(({ kind }) => FAULTS.includes(kind))],
    [{ one: 'check of files', many: 'checks of files' }, others.filter(({ kind }) => kind === 'check')],
    [{ one: 'check of models', many: 'checks of models' }, others.filter(({ kind }) => kind === 'model')],
  ] as const
  const told = counts.flatMap(([noun, { length }]) => (length === 0 ? [] : [nounInWords(length, noun)]))
  const more = told.length === 0 ? '' : `; with ${told.join(', ')} of the same day`
  return { code: first?.reason.code ?? 'INTERNAL', message: `${message}${more}` }
}

function byId(a: Member, b: Member): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0
}
