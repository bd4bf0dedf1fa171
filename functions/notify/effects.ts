import type { BusinessDate, Incident, IncidentCause } from '../pipeline/entities.ts'
import { incidentCause } from '../pipeline/incident-cause.ts'

/** An unresolved incident, and the root that it belongs to. */
export type Member = Incident & { readonly parentId: string | null }

/** Streams and models that each model is made of, as `toast.order_details`; a model without an entry may be made of any. */
export type ModelSources = ReadonlyMap<string, ReadonlySet<string>>

/** Incidents of one root. */
export interface Group {
  readonly cause: IncidentCause
  readonly members: readonly Member[]
}

/** Kinds of incidents that are a fault of a file, for which checks of its date may fail. The first ones come first in a message. */
export const FAULTS: readonly string[] = ['refused', 'unreadable', 'missing', 'rejects']

/** Pure: place of an incident in a message about several: faults before checks of files before checks of models. */
export function rankOf({ kind }: Pick<Member, 'kind'>): number {
  const rank = [...FAULTS, 'check', 'model'].indexOf(kind)
  return rank === -1 ? 0 : rank
}

/** Pure: true for an incident that follows from no other. */
export function isNoEffect({ kind }: Pick<Member, 'kind'>): boolean {
  return kind !== 'check' && kind !== 'model'
}

/** A fault on one date of a shard. */
interface Fault {
  readonly incident: Member
  readonly date: BusinessDate
}

/** Faults by pipeline, shard and date. */
export type Faults = ReadonlyMap<string, readonly Fault[]>

/** Pure: the incidents that effects may follow from, by pipeline, shard and date. */
export function faultsOf(incidents: readonly Member[], isFault: (incident: Member) => boolean): Faults {
  const all = incidents
    .filter((incident) => incident.pipeline !== null && incident.shard !== null && isFault(incident))
    .toSorted((a, b) => rankOf(a) - rankOf(b) || a.openedAt - b.openedAt || (a.id < b.id ? -1 : 1))
    .flatMap((incident) => datesOf(incident).map((date) => ({ incident, date })))
  return Map.groupBy(all, ({ incident: { pipeline, shard }, date }) => placeOf(pipeline, shard, date))
}

function placeOf(pipeline: string | null, shard: string | null, date: BusinessDate): string {
  return `${pipeline}/${shard}/${date}`
}

/** Pure: the fault of the same shard and date; null without one. */
export function faultOfCheck(check: Member, faults: Faults): Fault | null {
  for (const date of datesOf(check)) {
    const found = faults.get(placeOf(check.pipeline, check.shard, date))
    const [fault] = found?.filter(({ incident }) => incident.id !== check.id) ?? []
    if (fault) return fault
  }
  return null
}

/** Pure: the newest fault before a check of a model failed, of its date and of a stream that the model is made of; null without one. */
export function faultOfModel(model: Member, faults: Faults, sources: ModelSources): Fault | null {
  const dates = datesOf(model)
  const streams = sources.get(model.stream ?? '')
  const isSource = ({ incident }: Fault) =>
    streams === undefined || streamsOf(incident).some((stream) => streams.has(`${incident.pipeline}.${stream}`))
  const isAny = ({ incident }: Fault) => streamsOf(incident).length === 0
  const found = [...faults.values()].flat().filter((fault) => dates.includes(fault.date))
  const possible = found.filter((fault) => isSource(fault) || isAny(fault))
  const before = possible.filter(({ incident }) => incident.openedAt <= model.openedAt)
  return before.toSorted((a, b) => b.incident.openedAt - a.incident.openedAt)[0] ?? possible[0] ?? null
}

const DATED = /^(\d{4}-\d{2}-\d{2})(?: (.+))?/

/** Pure: the date of an incident, else those of its subjects. */
export function datesOf({ window, subjects }: Member): readonly BusinessDate[] {
  if (window !== null) return [window]
  return [...new Set(subjects.first.flatMap((subject) => DATED.exec(subject)?.[1] ?? []))]
}

/** Streams of an incident; none where it does not say. */
function streamsOf({ stream, subjects }: Member): readonly string[] {
  if (stream !== null) return [stream]
  return [...new Set(subjects.first.flatMap((subject) => DATED.exec(subject)?.[2] ?? []))]
}

/** Incidents that get a root in one look. */
export interface Groups {
  add(groups: readonly Group[]): void
  /** Gives an effect the root of its fault, or both the root of their day. */
  follow(effect: Member, fault: Fault | null): void
  /** Gives a fault that came later the root of its day, if that is open. */
  rejoin(fault: Fault): void
  readonly isFree: (incident: Member) => boolean
  all(): readonly Group[]
}

/** Collects groups; an incident that has a root keeps it. */
export function createGroups(incidents: readonly Member[], roots: ReadonlyMap<string, Member>): Groups {
  const byId = new Map(incidents.map((incident) => [incident.id, incident]))
  const groups = new Map<string, { readonly cause: IncidentCause; readonly members: Member[] }>()
  const taken = new Map<string, IncidentCause>()
  const isFree = ({ id, parentId }: Member) => parentId === null && !taken.has(id)
  const put = (member: Member, cause: IncidentCause) => {
    if (!isFree(member)) return
    const group = groups.get(cause.key) ?? { cause, members: [] }
    groups.set(cause.key, group)
    group.members.push(member)
    taken.set(member.id, cause)
  }
  const rootOf = ({ id, parentId }: Member): IncidentCause | null =>
    taken.get(id) ?? (parentId === null ? null : causeOf(byId.get(parentId)))
  return {
    isFree,
    add: (added) => {
      for (const { cause, members } of added) for (const member of members) put(member, cause)
    },
    follow(effect, fault) {
      if (fault === null) return
      const { incident, date } = fault
      const cause = rootOf(incident) ?? dayOf(incident, date)
      if (cause === null) return
      put(incident, cause)
      put(effect, cause)
    },
    rejoin({ incident, date }) {
      const cause = dayOf(incident, date)
      if (cause !== null && (roots.has(cause.key) || groups.has(cause.key))) put(incident, cause)
    },
    all: () => [...groups.values()],
  }
}

function causeOf(root: Member | undefined): IncidentCause | null {
  if (!root) return null
  const { key, kind, pipeline, stream, shard, window } = root
  return { key, kind, pipeline, stream, shard, window }
}

function dayOf({ pipeline, shard }: Member, date: BusinessDate): IncidentCause | null {
  return pipeline === null || shard === null ? null : incidentCause.day(pipeline, shard, date)
}
