import { type DayValue, type DayVerdict, historyDays, judgeLast } from '../../checks/outlier.ts'
import { EventConfig, eventOn } from '../../config/events-config.ts'
import type { OutlierCheck } from '../../contract/contract.ts'
import { addDays } from '../../lib/business-date.ts'
import { isDay } from '../../lib/window-time.ts'
import type { PipelineDefinition } from '../definition.ts'
import type { CheckResult } from '../entities.ts'
import type { DayTotals, Ledger } from '../ports.ts'
import type { MadeItem } from './item.ts'

/** A judged day of a location, and the event that explains it. */
interface OutlierDay {
  readonly value: number
  readonly verdict: DayVerdict
  readonly event: EventConfig | undefined
}

/** Ledger, as far as outliers ask it. */
type OutlierLedger = Pick<Ledger, 'dayTotals' | 'knownDays'>

/**
 * Results of the contracts' outlier checks by stream: the day against earlier days of its location. Other windows have no weekday.
 * Two statements for a location-day, however many streams and checks it has; none without a check.
 */
export async function outlierChecks(
  items: readonly MadeItem[],
  definition: PipelineDefinition,
  ledger: OutlierLedger,
): Promise<ReadonlyMap<string, readonly CheckResult[]>> {
  const asked = items.flatMap((item) => {
    const checks = item.contract.checks.filter((check) => 'outlier' in check)
    return checks.length > 0 && isDay(item.key.window) ? [{ ...item, checks }] : []
  })
  const [first] = asked
  if (!first) return new Map()
  const { shard, window } = first.key
  const longest = Math.max(...asked.flatMap(({ checks }) => checks.map(({ outlier }) => historyDays(outlier))))
  const [past, events] = await Promise.all([
    ledger.dayTotals({
      pipeline: definition.name,
      streams: asked.map(({ key }) => key.stream),
      shards: [shard],
      from: addDays(window, -longest),
      to: addDays(window, -1),
    }),
    allEvents(definition, ledger),
  ])
  return new Map(
    asked.map(({ key: { stream }, made, checks }) => {
      const own = past.filter((day) => day.stream === stream)
      const results = checks.map((check) => {
        const value = measure({ accepted: made.counts.accepted, totals: made.totals }, check.outlier.of)
        return resultOf(
          check,
          window,
          judgeDay([...seriesOf(own, check), { date: window, value }], check, { shard, events }),
        )
      })
      return [stream, results]
    }),
  )
}

/** Known days of config/events.yaml, then those that people added. A day that a later release wrote in another form is left out. */
export async function allEvents(
  { events }: Pick<PipelineDefinition, 'events'>,
  ledger: Pick<Ledger, 'knownDays'>,
): Promise<readonly EventConfig[]> {
  const added = await ledger.knownDays()
  return [...events, ...added.flatMap((day) => EventConfig.safeParse(day).data ?? [])]
}

/** Pure: the values of published days, in their order. */
export function seriesOf(days: readonly DayTotals[], { outlier }: OutlierCheck): readonly DayValue[] {
  return days.map((day) => ({ date: day.window, value: measure(day, outlier.of) }))
}

interface Place {
  readonly shard: string
  readonly events: readonly EventConfig[]
}

/** Pure: the last day of a series in date order, by the days of its history alone. */
export function judgeDay(
  series: readonly DayValue[],
  { outlier }: Pick<OutlierCheck, 'outlier'>,
  { shard, events }: Place,
): OutlierDay {
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
export function explainDay(
  { outlier }: Pick<OutlierCheck, 'outlier'>,
  date: string,
  { value, verdict, event }: OutlierDay,
): string {
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
function measure({ accepted, totals }: Pick<DayTotals, 'accepted' | 'totals'>, of: string | undefined): number {
  return of === undefined ? accepted : Number(totals[of] ?? '0')
}
