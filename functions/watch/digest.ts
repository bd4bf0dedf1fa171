import type { PersonConfig } from '../config/notify-config.ts'
import { addDays, instantOf, localDate } from '../lib/business-date.ts'
import { type Correction, type Digest, type DigestFacts, toDigest } from '../notify/digest.ts'
import type { Message } from '../notify/message.ts'
import { onCall } from '../notify/rotation.ts'
import { channelsOf } from '../notify/targets.ts'
import { expectedContracts, type PipelineDefinition } from '../pipeline/definition.ts'
import type { BusinessDate, Instant, Slice } from '../pipeline/entities.ts'
import type { PeopleChange } from '../pipeline/people/changes.ts'
import { plannerOf } from '../pipeline/plan/planners.ts'
import { isDelivered, type ShardConfig, standing } from '../pipeline/shard.ts'
import { headlineOf } from '../pipeline/views/headline.ts'
import { toBody } from './body.ts'
import { readOverrides, titleOfRoot } from './decide.ts'
import { openIncidents, rootsOf } from './group.ts'
import type { WatchPorts } from './ports.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
// A watch that slept longer than this sends no digest of the morning any more.
const LATEST = 6 * HOUR
const NEAR = 2 * DAY
// Slices of a week beyond which corrections are not looked for: they are on the screens.
const MOST_SLICES = 20_000

/** Writes the digests that are due into the outbox, each once a day and person. */
export async function writeDigests(ports: WatchPorts): Promise<void> {
  const { config, clock, ledger, newId } = ports
  const now = clock.now()
  for (const [name, person] of Object.entries(config.people)) {
    const due = dueDate(person, now)
    const channel = channelsOf(person, 'ticket').find((each) => config.channels[each]?.kind !== 'pagerduty')
    const mark = `notify/digest/${name}`
    if (due === null || channel === undefined || (await ledger.mark(mark))?.value === due) continue
    const message = await digestOf(name, addDays(due, -1), ports)
    const body = toBody({ message, extent: 0 })
    const row = { id: newId(), root: `digest/${due}`, channel, person: name, kind: 'digest', step: 0 }
    const changes: readonly PeopleChange[] = [
      { change: 'notification', notification: { ...row, due: now, body, createdAt: now } },
      { change: 'mark', mark: { name: mark, value: due, at: now } },
    ]
    await ledger.apply(changes)
  }
}

/** The day whose digest is due at an instant; null before its time of day, and hours after it. */
function dueDate({ digest, zone }: PersonConfig, now: Instant): BusinessDate | null {
  if (digest === 'off') return null
  const today = localDate(now, zone)
  const at = instantOf(today, digest, zone)
  return at <= now && now < at + LATEST ? today : null
}

/** The digest of a person about one business date, as it stands now. */
export async function digestOf(name: string, date: BusinessDate, ports: WatchPorts): Promise<Message> {
  const { config, definitions, clock, environment } = ports
  const person = config.people[name]
  const zone = person?.zone ?? 'UTC'
  const now = clock.now()
  const isSeen = (id: string | null) =>
    id === null || !person || person.locations === 'all' || person.locations.includes(id)
  const pipelines = []
  for (const definition of definitions.values()) pipelines.push(await factsOf(definition, { date, isSeen, now }, ports))
  const open = await openIncidents(ports)
  const roots = rootsOf(open).filter(
    ({ id, shard }) =>
      isSeen(shard) &&
      (shard !== null ||
        open.every(({ parentId }) => parentId !== id) ||
        open.some((each) => each.parentId === id && isSeen(each.shard))),
  )
  const overrides = await readOverrides(ports)
  const digest: Digest = {
    ...{ person: name, environment, zone, now, pipelines },
    open: roots.map((root) => titleOfRoot(root, open, ports)),
    onCall: Object.entries(config.rotations).map(([rotation, rotationConfig]) => {
      const shift = onCall({ name: rotation, config: rotationConfig }, overrides, now)
      return { name: config.people[shift.person]?.name ?? shift.person, until: shift.until }
    }),
    cost: await costOf(ports, zone),
    address: config.address ?? null,
  }
  return toDigest(digest)
}

interface Asked {
  readonly date: BusinessDate
  readonly isSeen: (shard: string) => boolean
  readonly now: Instant
}

async function factsOf(
  definition: PipelineDefinition,
  { date, isSeen, now }: Asked,
  ports: WatchPorts,
): Promise<DigestFacts> {
  const { ledger } = ports
  const shards = definition.shards.filter(
    (shard) => isDelivered(shard) && isSeen(shard.id) && standing(shard, date) !== 'inactive',
  )
  const filter = { pipeline: definition.name, shards: shards.map(({ id }) => id) }
  const slices = await ledger.slices({ ...filter, windows: [date] })
  const loaded = slices.filter(({ state }) => state === 'loaded')
  const closed = shards.filter((shard) => standing(shard, date) === 'closed' || isWaived(shard, slices))
  const missing = shards.filter((shard) => !closed.includes(shard) && !isComplete(definition, shard, slices))
  const counts = loaded.flatMap(({ delivery, stream }) => (delivery ? [{ stream, ...delivery.counts }] : []))
  const rejects = [...Map.groupBy(counts, ({ stream }) => stream)]
    .map(([stream, all]) => ({ stream, rows: all.reduce((sum, { rejected }) => sum + rejected, 0) }))
    .filter(({ rows }) => rows > 0)
    .toSorted((a, b) => b.rows - a.rows)
  const loads = loaded.flatMap(({ firstLoadedAt }) => firstLoadedAt ?? [])
  return {
    ...{ pipeline: definition.name, date, noun: 'location', shards: shards.length },
    complete: shards.length - closed.length - missing.length,
    waived: closed.length,
    missing: missing.map(({ name }) => name),
    files: loaded.length,
    loadedAt: loads.length === 0 ? null : Math.max(...loads),
    headline: headlineOf(definition, loaded),
    accepted: counts.reduce((sum, { accepted }) => sum + accepted, 0),
    rejected: rejects.reduce((sum, { rows }) => sum + rows, 0),
    rejects,
    corrections: await correctionsOf(definition, shards, { date, now, ledger }),
    expiring: await expiringOf(definition, shards, { date, now, ledger }),
  }
}

function isComplete(definition: PipelineDefinition, shard: ShardConfig, slices: readonly Slice[]): boolean {
  const done = slices.filter(({ shard: id, state }) => id === shard.id && (state === 'loaded' || state === 'waived'))
  return expectedContracts(definition, shard).every(({ stream }) => done.some((slice) => slice.stream === stream))
}

function isWaived(shard: ShardConfig, slices: readonly Slice[]): boolean {
  const own = slices.filter(({ shard: id }) => id === shard.id)
  return own.length > 0 && own.every(({ state }) => state === 'waived')
}

interface Week {
  readonly date: BusinessDate
  readonly now: Instant
  readonly ledger: WatchPorts['ledger']
}

/** Slices of the week before that were loaded again in the last day, with the rows that they gained or lost. */
async function correctionsOf(
  definition: PipelineDefinition,
  shards: readonly ShardConfig[],
  { date, now, ledger }: Week,
): Promise<readonly Correction[]> {
  if (shards.length * definition.contracts.size * definition.lookBackDays > MOST_SLICES) return []
  const filter = { pipeline: definition.name, shards: shards.map(({ id }) => id) }
  const slices = await ledger.slices({
    ...filter,
    from: addDays(date, -definition.lookBackDays),
    to: addDays(date, -1),
    states: ['loaded'],
  })
  const corrected = slices.filter(
    ({ delivery, firstLoadedAt }) =>
      delivery && firstLoadedAt !== null && delivery.stagedAt > now - DAY && firstLoadedAt < delivery.stagedAt,
  )
  const names = new Map(shards.map(({ id, name }) => [id, name]))
  const corrections: Correction[] = []
  for (const { shard, window, stream, delivery } of corrected) {
    const versions = await ledger.deliveries({ ...filter, shards: [shard], windows: [window], streams: [stream] })
    const before = versions.findLast(({ raw, counts }) => counts !== null && raw.sha256 !== delivery?.raw.sha256)
    const rows = (delivery?.counts.accepted ?? 0) - (before?.counts?.accepted ?? 0)
    if (before) corrections.push({ name: names.get(shard) ?? shard, date: window, stream, rows })
  }
  return corrections
}

/** Days that the source deletes soon and of which a file is not landed, one entry per shard and day. */
async function expiringOf(
  definition: PipelineDefinition,
  shards: readonly ShardConfig[],
  { date, now, ledger }: Week,
): Promise<DigestFacts['expiring']> {
  const planner = plannerOf(definition)
  const range = { from: addDays(date, -Math.ceil(definition.retention / DAY) - 1), to: date }
  const open = await ledger.sliceLooks({
    ...{ pipeline: definition.name, ...range, states: ['expected', 'seen', 'missing'] },
    shards: shards.map(({ id }) => id),
  })
  const days = new Map(open.map(({ shard, window }) => [`${shard}/${window}`, { shard, window }]))
  return [...days.values()]
    .flatMap(({ shard, window }) => {
      const config = shards.find(({ id }) => id === shard)
      if (!config) return []
      const { goneAt } = planner.readiness(config, window)
      return now < goneAt && goneAt - now < NEAR ? [{ name: config.name, date: window, goneAt }] : []
    })
    .toSorted((a, b) => a.goneAt - b.goneAt)
}

/** Cost of the month that a zone is in; null where no price is known. */
async function costOf({ ledger, clock, config }: WatchPorts, zone: string): Promise<Digest['cost']> {
  const now = clock.now()
  const from = instantOf(`${localDate(now, zone).slice(0, 7)}-01`, '00:00', zone)
  const used = await ledger.reads.usage({ from, to: now })
  const priced = used.flatMap(({ costMicros }) => (costMicros === null ? [] : [costMicros]))
  if (priced.length === 0) return null
  return { month: priced.reduce((sum, micros) => sum + micros, 0) / 1e6, budget: config.goals.month_cost ?? null }
}
