import { type Decomposition, decompose, type PartAmount } from '../../checks/decompose.ts'
import { type DayValue, historyDays } from '../../checks/outlier.ts'
import type { EventConfig } from '../../config/events-config.ts'
import { LOCATION_ID } from '../../contract/carried.ts'
import { addDays } from '../../lib/business-date.ts'
import type { CompiledOutlier } from '../../models/compiled.ts'
import type { BuiltModel, ModelSet } from '../../models/model-set.ts'
import { MODELS } from '../../models/order.ts'
import type { Warehouse } from '../destination.ts'
import type { BusinessDate } from '../entities.ts'
import { explainDay, judgeDay } from '../steps/outlier.ts'
import { MOST_PARTS, sentenceOf } from './explain-outlier.ts'
import { noneYet } from './none-yet.ts'

/** A day of a location whose measure in a model is unlike that of earlier days. */
interface ModelOutlier {
  readonly model: string
  readonly check: string
  readonly measure: string
  readonly shard: string
  readonly window: BusinessDate
  readonly value: number
  readonly usual: number
  /** Value and usual value in words. */
  readonly message: string
  /** The parts that explain most of the difference; null where nothing can be taken apart. */
  readonly sentence: string | null
  /** Name of the day in config/events.yaml or among those that people added: no surprise. Null for a surprise. */
  readonly event: string | null
}

interface Asked {
  readonly models: ModelSet
  readonly from: BusinessDate
  readonly to: BusinessDate
  /** Locations that the caller may see; all if undefined. */
  readonly shards?: readonly string[] | undefined
  readonly events: readonly EventConfig[]
}

type Asking = Pick<Warehouse, 'query' | 'dialect'>

// Each that is told is taken apart by one query.
const MOST_TOLD = 20

/** Outliers of all models that ask for them, newest first. One query for each, and one for each outlier that is explained. */
export async function modelOutliers(asked: Asked, warehouse: Asking): Promise<readonly ModelOutlier[]> {
  const rules = [...asked.models.values()].flatMap((model) =>
    (model.compiled.outliers ?? []).map((rule) => ({ model, rule })),
  )
  const found = await Promise.all(rules.map((one) => foundIn(one, asked, warehouse)))
  const newest = found.flat().toSorted((a, b) => (a.outlier.window < b.outlier.window ? 1 : -1))
  return await Promise.all(
    newest.slice(0, MOST_TOLD).map(async ({ outlier, rule, model, dates }) => {
      return { ...outlier, sentence: await explained({ outlier, rule, model, dates }, warehouse) }
    }),
  )
}

interface Ruled {
  readonly model: BuiltModel
  readonly rule: CompiledOutlier
}

interface Found extends Ruled {
  readonly outlier: ModelOutlier
  /** Days that it is compared with. */
  readonly dates: readonly string[]
}

async function foundIn({ model, rule }: Ruled, asked: Asked, warehouse: Asking): Promise<readonly Found[]> {
  const { rows } = await warehouse.query(seriesSql({ model, rule }, asked, warehouse)).catch(noneYet)
  const days = rows.map(([shard, date, value]) => ({ shard: shard ?? '', date: date ?? '', value: Number(value) }))
  const byShard = Map.groupBy(days, ({ shard }) => shard)
  return [...byShard].flatMap(([shard, series]) => inSeries({ model, rule }, { shard, series, asked }))
}

interface Series {
  readonly shard: string
  readonly series: readonly DayValue[]
  readonly asked: Asked
}

/** Each day of the range is judged by the days before it, as it was in its own night. */
function inSeries({ model, rule }: Ruled, { shard, series, asked: { from, events } }: Series): readonly Found[] {
  const check = { outlier: rule }
  return series.flatMap(({ date }, at) => {
    if (date < from) return []
    const day = judgeDay(series.slice(0, at + 1), check, { shard, events })
    const { verdict, value, event } = day
    if (!verdict.isJudged || !verdict.isOutlier) return []
    const outlier: ModelOutlier = {
      ...{ model: model.name, check: rule.name, measure: rule.of ?? 'rows', shard, window: date, value },
      ...{ usual: verdict.usual, message: explainDay(check, date, day), sentence: null, event: event?.name ?? null },
    }
    return [{ model, rule, outlier, dates: verdict.dates }]
  })
}

function seriesSql({ model, rule }: Ruled, { from, to, shards }: Asked, { dialect }: Asking): string {
  const { identifier: id, literal, type } = dialect
  const { shard, date, amount } = columnsOf({ model, rule }, dialect)
  const first = addDays(from, -historyDays(rule))
  const text = type({ type: 'string' })
  const seen = shards === undefined ? '' : ` AND ${shard} IN (${shards.map(literal).join(', ') || 'NULL'})`
  return (
    `SELECT CAST(${shard} AS ${text}), CAST(${date} AS ${text}), CAST(coalesce(sum(${amount}), 0) AS ${text}) ` +
    `FROM ${id(MODELS)}.${id(model.name)} WHERE ${date} BETWEEN DATE ${literal(first)} AND DATE ${literal(to)}${seen} ` +
    'GROUP BY 1, 2 ORDER BY 1, 2'
  )
}

function columnsOf({ model, rule }: Ruled, { identifier: id }: Pick<Asking['dialect'], 'identifier'>) {
  return {
    shard: id(LOCATION_ID),
    date: id(model.compiled.partitionBy ?? ''),
    amount: rule.of === undefined ? '1' : id(rule.of),
  }
}

/** The difference taken apart by each text of the key; null where the key has none. */
async function explained({ model, rule, outlier, dates }: Found, warehouse: Asking): Promise<string | null> {
  const { key, columns } = model.compiled
  const texts = new Set(columns.filter(({ type }) => type === 'string').map(({ name }) => name))
  const dimensions = key.filter((name) => name !== LOCATION_ID && texts.has(name))
  if (dimensions.length === 0) return null
  const { identifier: id, literal, type } = warehouse.dialect
  const { shard, date, amount } = columnsOf({ model, rule }, warehouse.dialect)
  const text = type({ type: 'string' })
  const isDay = `${date} = DATE ${literal(outlier.window)}`
  const sumIf = (condition: string) => `CAST(coalesce(sum(CASE WHEN ${condition} THEN ${amount} END), 0) AS ${text})`
  const days = [...dates, outlier.window].map((each) => `DATE ${literal(each)}`).join(', ')
  const from = `FROM ${id(MODELS)}.${id(model.name)} WHERE ${date} IN (${days}) AND ${shard} = ${literal(outlier.shard)}`
  const sql = dimensions.map(
    (name) =>
      `SELECT ${literal(name)}, ${id(name)}, ${sumIf(isDay)}, ${sumIf(`NOT ${isDay}`)} ${from} GROUP BY ${id(name)}`,
  )
  const { rows } = await warehouse.query(sql.join('\nUNION ALL\n')).catch(noneYet)
  return sentenceOf(decomposed(rows, dates.length), dates.length)
}

function decomposed(rows: readonly (readonly (string | null)[])[], days: number): readonly Decomposition[] {
  const byDimension = Map.groupBy(rows, ([dimension]) => dimension ?? '')
  const parts = [...byDimension].map(([name, own]) => {
    const amounts = own.map(([, value, amount, before]): PartAmount => {
      return { value: value ?? '(none)', amount: amount ?? '0', before: before ?? '0' }
    })
    return [name, amounts] as const
  })
  return decompose(new Map(parts.filter(([, own]) => own.length <= MOST_PARTS)), days)
}
