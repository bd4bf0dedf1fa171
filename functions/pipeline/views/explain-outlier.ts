import { type Decomposition, decompose, type PartAmount } from '../../checks/decompose.ts'
import { historyDays } from '../../checks/outlier.ts'
import type { Contract, OutlierCheck } from '../../contract/contract.ts'
import { tableOf } from '../../contract/table.ts'
import { profiledColumns } from '../../engine/profiles/profiles.ts'
import { addDays } from '../../lib/business-date.ts'
import type { PipelineDefinition } from '../definition.ts'
import type { Warehouse } from '../destination.ts'
import type { BusinessDate } from '../entities.ts'
import type { Ledger } from '../ports.ts'
import { allEvents, explainDay, judgeDay, seriesOf } from '../steps/outlier.ts'
import { noneYet } from './none-yet.ts'

/** Day of a location, and the check that judged it. */
interface ExplainTask {
  readonly definition: PipelineDefinition
  readonly contract: Contract
  readonly check: OutlierCheck
  readonly shard: string
  readonly window: BusinessDate
}

/** Why a day is unlike the days before it. */
interface OutlierExplanation {
  /** The verdict in words. */
  readonly message: string
  /** The largest parts in words; null where nothing can be taken apart. */
  readonly sentence: string | null
  /** Days that it is compared with, oldest first. */
  readonly dates: readonly string[]
  readonly dimensions: readonly Decomposition[]
}

interface Ports {
  readonly ledger: Pick<Ledger, 'dayTotals' | 'knownDays'>
  readonly warehouse: Pick<Warehouse, 'query' | 'dialect'>
}

/** Values of a dimension that is still an explanation. */
export const MOST_PARTS = 60
const TOLD = 3

/**
 * Takes the difference of a day to the days that it is compared with apart, by each public column of text and by the hour of each time. Two
 * statements: one of the ledger, one of the partitions of those days.
 */
export async function explainOutlier(
  task: ExplainTask,
  { ledger, warehouse }: Ports,
): Promise<OutlierExplanation | null> {
  const { definition, contract, check, shard, window } = task
  const [totals, events] = await Promise.all([
    ledger.dayTotals({
      ...{ pipeline: definition.name, streams: [contract.stream], shards: [shard] },
      ...{ from: addDays(window, -historyDays(check.outlier)), to: window },
    }),
    allEvents(definition, ledger),
  ])
  if (totals.at(-1)?.window !== window) return null
  const day = judgeDay(seriesOf(totals, check), check, { shard, events })
  const message = explainDay(check, window, day)
  if (!day.verdict.isJudged) return { message, sentence: null, dates: [], dimensions: [] }
  const { dates } = day.verdict
  const sql = partsSql(task, dates, warehouse.dialect)
  const { rows } = sql === null ? { rows: [] } : await warehouse.query(sql).catch(noneYet)
  const parts = rows.map(([dimension, value, amount, before]) => ({
    ...{ dimension: dimension ?? '', value: value ?? '(none)', amount: amount ?? '0', before: before ?? '0' },
  }))
  const byDimension = new Map(
    [...Map.groupBy(parts, ({ dimension }) => dimension)]
      .filter(([, own]) => own.length <= MOST_PARTS)
      .map(([name, own]) => [name, own.map(({ dimension: _, ...part }): PartAmount => part)] as const),
  )
  const dimensions = decompose(byDimension, dates.length)
  return { message, dates, dimensions, sentence: sentenceOf(dimensions, dates.length) }
}

function partsSql(
  { definition, contract, check, shard, window }: ExplainTask,
  dates: readonly string[],
  { identifier: id, literal, type }: Warehouse['dialect'],
): string | null {
  const table = tableOf(contract, definition.name)
  const { partitionColumn, shardColumn } = table
  if (partitionColumn === null || shardColumn === null) return null
  const text = type({ type: 'string' })
  const columns = profiledColumns(contract).flatMap(({ name, type: of, isShown, hasFrequent }) => {
    if (hasFrequent) return [[name, `CAST(${id(name)} AS ${text})`] as const]
    return isShown && of === 'datetime'
      ? [[`hour of ${name}`, `CAST(EXTRACT(HOUR FROM ${id(name)}) AS ${text})`] as const]
      : []
  })
  if (columns.length === 0) return null
  const days = [...dates, window].map((date) => `DATE ${literal(date)}`).join(', ')
  const amount = check.outlier.of === undefined ? '1' : id(check.outlier.of)
  const isDay = `${id(partitionColumn)} = DATE ${literal(window)}`
  const sums = `coalesce(sum(CASE WHEN ${isDay} THEN ${amount} END), 0), coalesce(sum(CASE WHEN NOT ${isDay} THEN ${amount} END), 0)`
  const from = `FROM ${id(table.schema)}.${id(table.name)} WHERE ${id(partitionColumn)} IN (${days}) AND ${id(shardColumn)} = ${literal(shard)}`
  return columns
    .map(([name, sql]) => `SELECT ${literal(name)}, ${sql}, ${sums} ${from} GROUP BY ${sql}`)
    .join('\nUNION ALL\n')
}

/** `service: Delivery +2,250, House +750; hour of opened_at: 19 +1,900`: the dimensions that explain most, their largest parts first. */
export function sentenceOf(dimensions: readonly Decomposition[], days: number): string | null {
  const told = dimensions.slice(0, TOLD).map(({ dimension, parts }) => {
    const shown = parts
      .slice(0, TOLD)
      .map(({ value, differenceOfDays }) => `${value} ${signed(Number(differenceOfDays) / days)}`)
    return `${dimension}: ${shown.join(', ')}`
  })
  return told.length === 0 ? null : told.join('; ')
}

function signed(value: number): string {
  const digits = Math.abs(value).toLocaleString('en-US', { maximumFractionDigits: 2 })
  return `${value < 0 ? '-' : '+'}${digits}`
}
