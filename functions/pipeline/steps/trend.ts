import type { TrendCheck } from '../../contract/contract.ts'
import { addDays } from '../../lib/business-date.ts'
import { isDay } from '../../lib/window-time.ts'
import type { PipelineDefinition } from '../definition.ts'
import type { CheckResult, Slice } from '../entities.ts'
import type { Ledger } from '../ports.ts'
import type { MadeItem } from './item.ts'

// Fewer days than that are no pattern.
const FEWEST_DAYS = 3

/** Results of the contracts' trend checks by stream: the day against the same weekday of the weeks before. Other windows have no weekday. */
export async function trendChecks(
  items: readonly MadeItem[],
  definition: PipelineDefinition,
  ledger: Pick<Ledger, 'slices'>,
): Promise<ReadonlyMap<string, readonly CheckResult[]>> {
  const results = new Map<string, readonly CheckResult[]>()
  for (const item of items) {
    const checks = item.contract.checks.filter((check) => 'trend' in check)
    if (checks.length === 0 || !isDay(item.key.window)) continue
    const weeks = Math.max(...checks.map(({ trend }) => trend.weeks))
    const past = await ledger.slices({
      pipeline: definition.name,
      streams: [item.key.stream],
      shards: [item.key.shard],
      windows: Array.from({ length: weeks }, (_, week) => addDays(item.key.window, -7 * (week + 1))),
    })
    results.set(
      item.key.stream,
      checks.map((check) => trendCheck(check, item, past)),
    )
  }
  return results
}

function trendCheck(check: TrendCheck, { made, key }: MadeItem, past: readonly Slice[]): CheckResult {
  const { total, weeks, deviation } = check.trend
  const first = addDays(key.window, -7 * weeks)
  const values = past.flatMap(({ window, delivery }) => (delivery && window >= first ? [measure(delivery, total)] : []))
  const base = { check: check.name, rule: check.rule ?? null, effect: check.effect, tested: values.length }
  if (values.length < FEWEST_DAYS) {
    return {
      ...base,
      state: 'pass',
      failed: 0,
      message: `only ${values.length} of ${FEWEST_DAYS} earlier days are known`,
    }
  }
  const value = measure(made, total)
  const usual = median(values)
  const passes = Math.abs(value - usual) <= deviation * Math.abs(usual)
  const what = total === undefined ? 'rows' : total
  const message = `${what} ${value} against a median of ${usual} on the ${values.length} same weekdays before`
  return {
    ...base,
    state: passes ? 'pass' : check.effect === 'warn' ? 'warn' : 'fail',
    failed: passes ? 0 : 1,
    message,
  }
}

// A trend is a rough thing; here, and only here, money may be a float.
function measure(
  { counts, totals }: { counts: { accepted: number }; totals: Readonly<Record<string, string>> },
  total?: string,
): number {
  return total === undefined ? counts.accepted : Number(totals[total] ?? '0')
}

/** The middle value; the mean of the two middle ones of an even number. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const upper = sorted[Math.floor(middle)] ?? 0
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? 0) + upper) / 2 : upper
}
