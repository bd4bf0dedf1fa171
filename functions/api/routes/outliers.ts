import { compiledOf } from '../../models/model-set.ts'
import { streamPipelines } from '../../models/order.ts'
import { warehouseOf } from '../../pipeline/destination.ts'
import { allEvents } from '../../pipeline/steps/outlier.ts'
import { modelOutliers } from '../../pipeline/views/model-outliers.ts'
import { nameOfShard, shardFilter, shardsOf } from '../answers.ts'
import type { ApiHandler } from '../call.ts'
import { rangeOf } from './quality.ts'

const NONE = { sentence: 'No model asks for outliers.', outliers: [] }

/** Days that are unusual by the measures of models, in words. */
export const showOutliers: ApiHandler<'GET /api/quality'> = async ({ query, principal }, context) => {
  const models = await context.models()
  const [pipeline] = models === null ? [] : streamPipelines(compiledOf(models))
  const definition = pipeline === undefined ? undefined : context.definitions.get(pipeline)
  const asking = [...(models?.values() ?? [])].filter(({ compiled }) => (compiled.outliers ?? []).length > 0)
  if (models === null || !definition || asking.length === 0) return { body: NONE }
  const range = await rangeOf(definition, query, context)
  const events = await allEvents(definition, context.ledger)
  const asked = { models, ...range, ...shardFilter(principal), events }
  const outliers = await modelOutliers(asked, warehouseOf(context.ports, definition.name))
  const names = shardsOf(definition)
  const surprises = outliers.filter(({ event }) => event === null)
  const [latest] = surprises
  const place = latest && `${nameOfShard(names, latest.shard)} on ${latest.window}: ${latest.message}`
  return {
    body: {
      sentence: place
        ? `${surprises.length} unusual ${surprises.length === 1 ? 'day' : 'days'} from ${range.from} to ${range.to}. ${place}`
        : `No day from ${range.from} to ${range.to} is unusual.`,
      outliers: outliers.map((one) => ({ ...one, shardName: nameOfShard(names, one.shard) })),
    },
  }
}
