import { historyDays } from '../../checks/outlier.ts'
import type { OutlierCheck } from '../../contract/contract.ts'
import { addDays } from '../../lib/business-date.ts'
import type { PipelineDefinition } from '../definition.ts'
import type { BusinessDate } from '../entities.ts'
import type { Ledger } from '../ports.ts'
import { allEvents, explainDay, isUnexplained, judgeDay, seriesOf } from '../steps/outlier.ts'

/** Check and days that are tried. */
interface BacktestTask {
  readonly definition: PipelineDefinition
  readonly stream: string
  readonly check: OutlierCheck
  readonly from: BusinessDate
  readonly to: BusinessDate
  /** All of the pipeline if absent. */
  readonly shards?: readonly string[]
}

/** Result of a check on one published day, as its night would have had it. */
interface BacktestDay {
  readonly window: BusinessDate
  readonly shard: string
  /** True where the check would have warned. */
  readonly isTold: boolean
  readonly value: number
  /** Null where too few days were known. */
  readonly usual: number | null
  readonly z: number | null
  readonly event: string | null
  readonly message: string
}

/** Judges each published day by the days before it, as they are published now. By day, then location. */
export async function backtest(
  { definition, stream, check, from, to, shards }: BacktestTask,
  ledger: Pick<Ledger, 'dayTotals' | 'knownDays'>,
): Promise<readonly BacktestDay[]> {
  const events = await allEvents(definition, ledger)
  const totals = await ledger.dayTotals({
    pipeline: definition.name,
    streams: [stream],
    ...(shards && { shards }),
    from: addDays(from, -historyDays(check.outlier)),
    to,
  })
  const days = [...Map.groupBy(totals, ({ shard }) => shard)].flatMap(([shard, own]) => {
    const series = seriesOf(own, check)
    return series.flatMap(({ date }, index): readonly BacktestDay[] => {
      if (date < from) return []
      const day = judgeDay(series.slice(0, index + 1), check, { shard, events })
      const { verdict, value, event } = day
      return [
        {
          ...{ window: date, shard, isTold: isUnexplained(day), value },
          usual: verdict.isJudged ? verdict.usual : null,
          z: verdict.isJudged && Number.isFinite(verdict.z) ? Math.round(verdict.z * 100) / 100 : null,
          event: event?.name ?? null,
          message: explainDay(check, date, day),
        },
      ]
    })
  })
  return days.toSorted((a, b) => (a.window === b.window ? 0 : a.window < b.window ? -1 : 1))
}
