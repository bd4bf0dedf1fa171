import { invalid } from '../../http/problem.ts'
import { addDays, instantOf, localDate } from '../../lib/business-date.ts'
import { findDefinition } from '../answers.ts'
import type { ApiHandler } from '../call.ts'
import { notifyOf } from './settings.ts'

/** Costs that runs recorded, by day or kind. */
export const showCosts: ApiHandler<'GET /api/costs'> = async ({ query }, context) => {
  const { by, pipeline } = query
  const definition = pipeline === undefined ? null : findDefinition(context, pipeline)
  if (by === 'location') throw invalid('by: what a run uses is recorded by day and kind, not by location')
  const to = query.to ?? localDate(context.now(), 'UTC')
  const from = query.from ?? addDays(to, -30)
  const used = await context.ledger.reads.usage({
    from: instantOf(from, '00:00', 'UTC'),
    to: instantOf(addDays(to, 1), '00:00', 'UTC'),
    ...(definition && { pipeline: definition.name }),
  })
  const groups = Map.groupBy(used, ({ date, kind }) => (by === 'day' ? date : kind))
  const micros = (own: typeof used) => own.reduce((sum, { costMicros }) => sum + (costMicros ?? 0), 0)
  const amount = (own: typeof used, kind: string) =>
    own.filter((one) => one.kind === kind).reduce((sum, one) => sum + one.amount, 0)
  const points = [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, own]) => ({
      key,
      cost: asDecimal(micros(own)),
      bytes: amount(own, 'bytes_billed'),
      rows: amount(own, 'rows'),
    }))
  const { month_cost } = (await notifyOf(context)).goals
  const isFree = used.every(({ costMicros }) => costMicros === null)
  return {
    body: {
      currency: 'USD',
      total: asDecimal(micros(used)),
      budget: month_cost === undefined ? null : String(month_cost),
      points,
      note: isFree
        ? 'Nothing here has a price: storage and tables are on this machine.'
        : 'From the use that runs recorded.',
    },
  }
}

function asDecimal(micros: number): string {
  return `${Math.trunc(micros / 1e6)}.${String(Math.abs(micros) % 1e6).padStart(6, '0')}`
}
