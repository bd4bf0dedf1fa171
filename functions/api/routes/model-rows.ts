import { DaybreakError } from '../../errors.ts'
import { type BuiltModel, compiledOf, type ModelSet } from '../../models/model-set.ts'
import { MODELS, streamPipelines } from '../../models/order.ts'
import type { ApiContext } from '../context.ts'
import { newestBuilds } from './freshness.ts'
import { sampleSql } from './sample-sql.ts'

const TIMEOUT = 30_000
const MOST_BYTES = 2 ** 30

interface RowsOfModel {
  readonly model: BuiltModel
  readonly models: ModelSet
  /** Partition; the newest one that is built if undefined. */
  readonly date?: string | undefined
  readonly limit: number
  /** Data set of the views; `models` if undefined. */
  readonly environment?: string | undefined
  readonly signal: AbortSignal
}

/** Rows of one partition of a model, as text. @throws {DaybreakError} NOT_FOUND before its first build. */
export async function showModelRows(asked: RowsOfModel, context: ApiContext) {
  const { model, models, limit, signal, environment = MODELS } = asked
  const { partitionBy } = model.compiled
  const date = partitionBy === null ? null : (asked.date ?? (await newestDate(asked, context)))
  const [pipeline] = streamPipelines(compiledOf(models))
  if (pipeline === undefined) throw new DaybreakError('NOT_FOUND', `${model.name} reads no stream, so it has no reader`)
  const reader = await context.reader(pipeline)
  const table = { schema: environment, name: model.name, partitionColumn: partitionBy, shardColumn: null }
  // One row more says whether there are more.
  const sql = sampleSql(table, { limit: limit + 1, shards: null, date }, reader.dialect)
  const answer = await reader.ask({
    ...{ sql, limit, countTo: limit + 1, timeout: TIMEOUT, maxBytes: MOST_BYTES, signal, onWait: () => undefined },
  })
  const rows = (await Array.fromAsync(answer.batches)).flat().map((row) => [...row])
  const { rows: counted, all } = answer.count()
  return {
    columns: answer.columns.map(({ name, type }) => ({ name, type })),
    ...{ rows, date, isWhole: all && counted <= rows.length },
  }
}

async function newestDate({ model, models }: RowsOfModel, context: ApiContext): Promise<string> {
  const builds = (await newestBuilds(models, context)).get(model.name) ?? []
  const dates = builds.filter(({ built }) => built !== '').map(({ window }) => window)
  const newest = dates.toSorted().at(-1)
  if (newest !== undefined) return newest
  throw new DaybreakError('NOT_FOUND', `no partition of ${model.name} is built yet`)
}
