import { addDays } from '../lib/business-date.ts'
import { sumDecimals } from '../lib/decimal.ts'
import type { Correction, DigestFacts, SubjectFacts } from '../notify/digest.ts'
import { instantAfter, oddness, type Usual } from '../notify/usual.ts'
import { expectedContracts, type PipelineDefinition } from '../pipeline/definition.ts'
import type { BusinessDate, Instant, Slice, SliceLook } from '../pipeline/entities.ts'
import type { PeopleLedger } from '../pipeline/people/reads.ts'
import { plannerOf } from '../pipeline/plan/planners.ts'
import { isDelivered, type ShardConfig, standing } from '../pipeline/shard.ts'
import { wordsOf } from '../pipeline/slice-words.ts'
import { headlineOf } from '../pipeline/views/headline.ts'
import type { History } from './history.ts'

const DAY = 86_400_000
const NEAR = 2 * DAY
// Slices of a week beyond which corrections are not looked for: they are on the screens.
const MOST_SLICES = 20_000

/** A date, and the shards that the reader of a digest sees. */
export interface Asked {
  readonly date: BusinessDate
  readonly isSeen: (shard: string) => boolean
  readonly now: Instant
  readonly zone: string
  readonly history: History
}

/** Everything that a digest says of a pipeline and a date. */
export async function factsOf(
  definition: PipelineDefinition,
  { date, isSeen, now, zone, history }: Asked,
  ledger: PeopleLedger,
): Promise<DigestFacts> {
  const shards = shardsOn(definition, date, isSeen)
  const filter = { pipeline: definition.name, shards: shards.map(({ id }) => id) }
  const slices = await ledger.slices({ ...filter, windows: [date] })
  const loaded = slices.filter(({ state }) => state === 'loaded')
  const { closed, missing } = outcomesOf(definition, { date, shards, slices })
  const counts = loaded.flatMap(({ delivery, stream }) => (delivery ? [{ stream, ...delivery.counts }] : []))
  const rejects = [...Map.groupBy(counts, ({ stream }) => stream)]
    .map(([stream, all]) => ({ stream, rows: all.reduce((sum, { rejected }) => sum + rejected, 0) }))
    .filter(({ rows }) => rows > 0)
    .toSorted((a, b) => b.rows - a.rows)
  const usual = await history.usual(definition, date, filter.shards)
  const after = await history.completeAfter(definition, date, { shards: filter.shards, zone })
  const loads = loaded.flatMap(({ firstLoadedAt }) => firstLoadedAt ?? [])
  return {
    ...{ pipeline: definition.name, date, noun: wordsOf(definition).shard, shards: shards.length },
    complete: shards.length - closed - missing.length,
    waived: closed,
    missing: missing.map(({ name }) => name),
    files: loaded.length,
    loadedAt: loads.length === 0 ? null : Math.max(...loads),
    usuallyLoadedAt: after === null ? null : instantAfter(date, after, zone),
    odd: oddShards(definition, { shards, loaded, usual }),
    missingAmount: missingAmount(definition, missing, usual),
    headline: headlineOf(definition, loaded),
    accepted: counts.reduce((sum, { accepted }) => sum + accepted, 0),
    rejected: rejects.reduce((sum, { rows }) => sum + rows, 0),
    rejects,
    corrections: await correctionsOf(definition, shards, { date, now, ledger }),
    expiring: await expiringOf(definition, shards, { date, now, ledger }),
  }
}

type UsualByShard = ReadonlyMap<string, Usual>

interface Sold {
  readonly shards: readonly ShardConfig[]
  readonly loaded: readonly Slice[]
  readonly usual: UsualByShard
}

/** Complete shards whose amount is far from the usual one, the furthest first. */
function oddShards({ config }: PipelineDefinition, { shards, loaded, usual }: Sold): DigestFacts['odd'] {
  const { headline } = config
  if (!headline) return []
  const own = new Map(
    loaded.flatMap(({ shard, stream, delivery }) =>
      stream === headline.stream ? [[shard, delivery?.totals[headline.sum]] as const] : [],
    ),
  )
  return shards
    .flatMap(({ id, name }) => {
      const [amount, past] = [own.get(id), usual.get(id)?.amount]
      const percent = amount === undefined || !past ? null : oddness(amount, past)
      return percent === null ? [] : [{ name, percent }]
    })
    .toSorted((a, b) => Math.abs(b.percent) - Math.abs(a.percent))
}

function missingAmount(
  definition: PipelineDefinition,
  missing: readonly ShardConfig[],
  usual: UsualByShard,
): DigestFacts['missingAmount'] {
  const amounts = missing.flatMap(({ id }) => usual.get(id)?.amount?.middle ?? [])
  // The sum of some of them would be read as that of all.
  if (amounts.length === 0 || amounts.length < missing.length) return null
  return { amount: sumDecimals(amounts), unit: headlineOf(definition, [])?.unit ?? '' }
}

/** The part of the facts that the subject of a digest says, in a few columns of each slice. */
export async function subjectFactsOf(
  definition: PipelineDefinition,
  { date, isSeen }: Pick<Asked, 'date' | 'isSeen'>,
  ledger: PeopleLedger,
): Promise<SubjectFacts> {
  const shards = shardsOn(definition, date, isSeen)
  const filter = { pipeline: definition.name, shards: shards.map(({ id }) => id), windows: [date] }
  const slices = await ledger.sliceLooks(filter)
  const { closed, missing } = outcomesOf(definition, { date, shards, slices })
  const { headline } = definition.config
  const loaded = headline ? await ledger.slices({ ...filter, streams: [headline.stream], states: ['loaded'] }) : []
  return {
    ...{ pipeline: definition.name, date, shards: shards.length, waived: closed },
    complete: shards.length - closed - missing.length,
    headline: headlineOf(definition, loaded),
  }
}

/** Shards that are delivered on a date, and that the reader sees. */
function shardsOn({ shards }: PipelineDefinition, date: BusinessDate, isSeen: Asked['isSeen']): readonly ShardConfig[] {
  return shards.filter((shard) => isDelivered(shard) && isSeen(shard.id) && standing(shard, date) !== 'inactive')
}

interface Outcomes {
  readonly date: BusinessDate
  readonly shards: readonly ShardConfig[]
  readonly slices: readonly Pick<SliceLook, 'shard' | 'stream' | 'state'>[]
}

/** How many shards are closed, and which are not complete. */
function outcomesOf(
  definition: PipelineDefinition,
  { date, shards, slices }: Outcomes,
): { readonly closed: number; readonly missing: readonly ShardConfig[] } {
  const byShard = Map.groupBy(slices, ({ shard }) => shard)
  const open = shards.filter((shard) => {
    const own = byShard.get(shard.id) ?? []
    const isWaived = own.length > 0 && own.every(({ state }) => state === 'waived')
    return standing(shard, date) !== 'closed' && !isWaived
  })
  const missing = open.filter((shard) => {
    const own = byShard.get(shard.id) ?? []
    const done = own.filter(({ state }) => state === 'loaded' || state === 'waived').map(({ stream }) => stream)
    return !expectedContracts(definition, shard).every(({ stream }) => done.includes(stream))
  })
  return { closed: shards.length - open.length, missing }
}

interface Week {
  readonly date: BusinessDate
  readonly now: Instant
  readonly ledger: PeopleLedger
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
  const { retention } = definition
  if (retention === null) return []
  const planner = plannerOf(definition)
  const range = { from: addDays(date, -Math.ceil(retention / DAY) - 1), to: date }
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
      return goneAt !== null && now < goneAt && goneAt - now < NEAR ? [{ name: config.name, date: window, goneAt }] : []
    })
    .toSorted((a, b) => a.goneAt - b.goneAt)
}
