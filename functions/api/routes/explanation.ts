import { DaybreakError } from '../../errors.ts'
import { warehouseOf } from '../../pipeline/destination.ts'
import { explainOutlier } from '../../pipeline/views/explain-outlier.ts'
import { expectVisible } from '../answers.ts'
import type { ApiHandler } from '../call.ts'
import { findStream } from './find-stream.ts'

/** The difference of a day to the days that an outlier check compares it with, by the columns of the stream. */
export const explainCheck: ApiHandler<'GET /api/checks/{stream}/explanation'> = async (call, context) => {
  const { path, query, principal } = call
  const { definition, contract } = findStream(path.stream, query.pipeline, context)
  expectVisible(principal, [query.shard])
  const check = contract.checks.flatMap((one) => ('outlier' in one && one.name === query.check ? [one] : []))[0]
  if (!check) throw new DaybreakError('NOT_FOUND', `${path.stream} has no outlier check ${JSON.stringify(query.check)}`)
  const ports = { ledger: context.ledger, warehouse: warehouseOf(context.ports, definition.name) }
  const { shard, window } = query
  const found = await explainOutlier({ definition, contract, check, shard, window }, ports)
  if (!found) throw new DaybreakError('NOT_FOUND', `${path.stream} of ${shard} has no loaded file of ${window}`)
  return {
    body: {
      ...{ message: found.message, sentence: found.sentence, dates: [...found.dates] },
      dimensions: found.dimensions.map((one) => ({
        ...{ dimension: one.dimension, concentration: one.concentration, difference: one.difference },
        parts: one.parts.map((part) => ({ ...part })),
      })),
    },
  }
}
