import { type DayValue, type DayVerdict, historyDays, judgeLast } from '../../checks/outlier.ts'
import { type EventConfig, eventOn } from '../../config/events-config.ts'
import type { OutlierCheck } from '../../contract/contract.ts'
import { addDays } from '../../lib/business-date.ts'
import { isDay } from '../../lib/window-time.ts'
import type { PipelineDefinition } from '../definition.ts'
import type { CheckResult, Delivery, Slice } from '../entities.ts'
import type { Ledger } from '../ports.ts'
import type { MadeItem } from './item.ts'

/** A judged day of a location, and the event that explains it. */
interface OutlierDay {
  readonly value: number
  readonly verdict: DayVerdict
  readonly event: EventConfig | undefined
}

/** Results of the contracts' outlier checks by stream: the day against earlier days of its location. Other windows have no weekday. */
export async function outlierChecks(
  items: readonly MadeItem[],
  definition: PipelineDefinition,
  ledger: Pick<Ledger, 'slices'>,
): Promise<ReadonlyMap<string, readonly CheckResult[]>> {
  const results = new Map<string, readonly CheckResult[]>()
  for (const item of items) {
    const checks = item.contract.checks.filter((check) => 'outlier' in check)
    const { stream, shard, window } = item.key
    if (checks.length === 0 || !isDay(window)) continue
    const longest = Math.max(...checks.map(({ outlier }) => historyDays(outlier)))
    const past = await ledger.slices({
      pipeline: definition.name,
      streams: [stream],
      shards: [shard],
      from: addDays(window, -longest),
      to: addDays(window, -1),
    })
    results.set(
      stream,
      checks.map((check) => {
        const value = measure(item.made, check.outlier.of)
        const series = [...seriesOf(past, check), { date: window, value }]
        return resultOf(check, window, judgeDay(series, check, { shard, events: definition.events }))
      }),
    )
  }
  return results
}

/** Pure: the values of published days, in the order of the slices. */
export function seriesOf(slices: readonly Slice[], { outlier }: OutlierCheck): readonly DayValue[] {
  return slices.flatMap(({ window, delivery }) =>
    delivery && isDay(window) ? [{ date: window, value: measure(delivery, outlier.of) }] : [],
  )
}

interface Place {
  readonly shard: string
  readonly events: readonly EventConfig[]
}

/** Pure: the last day of a series in date order, by the days of its history alone. */
export function judgeDay(series: readonly DayValue[], { outlier }: OutlierCheck, { shard, events }: Place): OutlierDay {
  const { date = '', value = 0 } = series.at(-1) ?? {}
  const first = date === '' ? date : addDays(date, -historyDays(outlier))
  const own = series.filter((day) => day.date >= first)
  const verdict = judgeLast(own, outlier, (day) => eventOn(events, shard, day) !== undefined)
  return { value, verdict, event: eventOn(events, shard, date) }
}

/** True for an outlier that no event explains. */
export function isUnexplained({ verdict, event }: OutlierDay): boolean {
  return verdict.isJudged && verdict.isOutlier && event === undefined
}

function resultOf(check: OutlierCheck, window: string, day: OutlierDay): CheckResult {
  const fails = isUnexplained(day)
  return {
    check: check.name,
    rule: check.rule ?? null,
    effect: check.effect,
    state: fails ? 'warn' : 'pass',
    tested: day.verdict.isJudged ? day.verdict.days : day.verdict.known,
    failed: fails ? 1 : 0,
    message: explainDay(check, window, day),
  }
}

/** Pure: one sentence on a judged day. */
export function explainDay({ outlier }: OutlierCheck, date: string, { value, verdict, event }: OutlierDay): string {
  const what = `${outlier.of ?? 'rows'} ${shown(value)}`
  const known = event ? `; known: ${event.name}` : ''
  if (!verdict.isJudged) return `${what}: only ${verdict.known} comparable days are known${known}`
  const { usual, days, z } = verdict
  const share = usual > 0 ? ` (${signed((value / usual - 1) * 100, 0)} %)` : ''
  const scales = Number.isFinite(z) ? `, z ${signed(z, 1)}` : ''
  return `${what} against a usual ${shown(usual)} for a ${weekdayName(date)}${share}: median of ${days} days${scales}${known}`
}

const weekdayName = (date: string): string =>
  new Date(`${date}T00:00Z`).toLocaleDateString('en-US', { weekday: 'long', timeZone: 'UTC' })
const shown = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 2 })
const signed = (value: number, digits: number): string => `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(digits)}`

// An outlier is a rough thing; here, and only here, money may be a float.
function measure({ counts, totals }: Pick<Delivery, 'counts' | 'totals'>, of: string | undefined): number {
  return of === undefined ? counts.accepted : Number(totals[of] ?? '0')
}
