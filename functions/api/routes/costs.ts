import { invalid } from '../../http/problem.ts'
import { addDays, countDays, datesBetween, instantOf, localDate } from '../../lib/business-date.ts'
import type { PipelineDefinition } from '../../pipeline/definition.ts'
import type { UsageOfDay } from '../../pipeline/people/reads.ts'
import { shareByBytes } from '../../pipeline/views/cost-shares.ts'
import { findDefinition, microsText, nameOfShard, shardsOf } from '../answers.ts'
import type { ApiHandler } from '../call.ts'
import type { ApiContext } from '../context.ts'
import { notifyOf } from './settings.ts'

// Each day is a read of all its files.
const MOST_DAYS_BY_LOCATION = 31

/** Costs that runs recorded, by day or kind; by location they are shared by the bytes of its files. */
export const showCosts: ApiHandler<'GET /api/costs'> = async ({ query }, context) => {
  const { by, pipeline } = query
  const definition = pipeline === undefined && by !== 'location' ? null : findDefinition(context, pipeline)
  const to = query.to ?? localDate(context.now(), 'UTC')
  const from = query.from ?? addDays(to, -30)
  const used = await context.ledger.reads.usage({
    from: instantOf(from, '00:00', 'UTC'),
    to: instantOf(addDays(to, 1), '00:00', 'UTC'),
    ...(definition && { pipeline: definition.name }),
  })
  const isShared = by === 'location' && definition !== null
  const points = isShared ? await byLocation(definition, { from, to, used }, context) : grouped(used, by)
  const { monthCost } = (await notifyOf(context)).goals
  return {
    body: {
      currency: 'USD',
      total: microsText(microsOf(used)),
      budget: monthCost === undefined ? null : String(monthCost),
      points: [...points],
      note: noteOf(used, isShared),
    },
  }
}

function grouped(used: readonly UsageOfDay[], by: 'day' | 'kind' | 'location') {
  const groups = Map.groupBy(used, ({ date, kind }) => (by === 'day' ? date : kind))
  return [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, own]) => ({
      ...{ key, name: key },
      cost: microsText(microsOf(own)),
      bytes: amountOf(own, 'bytes_billed'),
      rows: amountOf(own, 'rows'),
    }))
}

interface Shared {
  readonly from: string
  readonly to: string
  readonly used: readonly UsageOfDay[]
}

/** @throws {DaybreakError} REQUEST_INVALID for a range that is too long. */
async function byLocation(definition: PipelineDefinition, { from, to, used }: Shared, { ledger }: ApiContext) {
  const days = countDays(from, to)
  if (days > MOST_DAYS_BY_LOCATION)
    throw invalid(`from, to: ${days} days; by location at most ${MOST_DAYS_BY_LOCATION} at a time`)
  const bytes = new Map<string, number>()
  for (const window of datesBetween(from, to))
    for (const one of await ledger.reads.shardBytes({ pipeline: definition.name, window }))
      bytes.set(one.shard, (bytes.get(one.shard) ?? 0) + one.bytes)
  const names = shardsOf(definition)
  const weights = [...bytes].map(([shard, own]) => ({ shard, bytes: own }))
  return shareByBytes(microsOf(used), weights).map(({ shard, bytes: own, micros }) => ({
    ...{ key: shard, name: nameOfShard(names, shard), cost: microsText(micros), bytes: own, rows: 0 },
  }))
}

function microsOf(own: readonly UsageOfDay[]): number {
  return own.reduce((sum, { costMicros }) => sum + (costMicros ?? 0), 0)
}

function amountOf(own: readonly UsageOfDay[], kind: string): number {
  return own.filter((one) => one.kind === kind).reduce((sum, one) => sum + one.amount, 0)
}

function noteOf(used: readonly UsageOfDay[], isShared: boolean): string {
  if (used.every(({ costMicros }) => costMicros === null))
    return 'Nothing here has a price: storage and tables are on this machine.'
  const found = 'Bytes that BigQuery billed for the loads of runs, times the price in the configuration.'
  return isShared ? `${found} A bill names no location: each has the part that its files have of all bytes.` : found
}
