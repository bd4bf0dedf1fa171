import { DaybreakError } from '../../errors.ts'
import { subtractDecimals } from '../../lib/decimal.ts'
import type { Terms } from '../destination.ts'
import type { Instant, Run } from '../entities.ts'
import type { LedgerReads } from '../people/reads.ts'

/** Work of a plan. */
interface Planned {
  readonly slices: number
  /** Partitions that the plan loads at most: of each stream one for each window. */
  readonly loads: number
  /** Partitions of one table among them. */
  readonly loadsPerTable: number
}

/** Time and cost of a plan, worked out from what earlier runs needed. */
export interface Estimate {
  /** Null without a run that tells. */
  readonly seconds: number | null
  /** Runs that the time was found from. */
  readonly runs: number
  readonly bytesBilled: number
  /** Millionths of a dollar; null where nothing has a price. */
  readonly costMicros: number | null
  /** Days that the destination needs to take the loads of one table; null where it has no limit. */
  readonly days: number | null
}

/** Time of a slice and bytes of a load, by the newest runs that brought something in. */
export interface History {
  readonly runs: number
  /** Median over the runs. */
  readonly secondsPerSlice: number | null
  /** Mean over all loads of the runs; null without a load that was billed. */
  readonly bytesPerLoad: number | null
}

// The newest runs tell most; a month of looks that found nothing lies between two of them.
const LOOKED_AT = 100
const MOST_RUNS = 20
// The least that BigQuery bills a query for, and each load is counted by one.
const LEAST_BYTES = 10 * 1_048_576

/** Reads what the newest runs of a pipeline needed. */
export async function readHistory(
  pipeline: string,
  reads: Pick<LedgerReads, 'runPage' | 'runSteps' | 'runUsage'>,
): Promise<History> {
  const { rows } = await reads.runPage({ pipeline, states: ['succeeded', 'partial'], limit: LOOKED_AT })
  const worked = rows.flatMap(paceOf).slice(0, MOST_RUNS)
  const loads = await Promise.all(
    worked.map(async ({ id }) => {
      const [steps, used] = await Promise.all([reads.runSteps(id), reads.runUsage(id)])
      const billed = used.find(({ kind }) => kind === 'bytes_billed')?.amount ?? 0
      return { count: steps.find(({ step }) => step === 'load')?.count ?? 0, billed }
    }),
  )
  const billed = loads.reduce((sum, load) => sum + load.billed, 0)
  const count = loads.reduce((sum, load) => sum + load.count, 0)
  return {
    runs: worked.length,
    secondsPerSlice: median(worked.map(({ pace }) => pace)),
    bytesPerLoad: billed > 0 && count > 0 ? billed / count : null,
  }
}

/** Pure: time, cost and days of a plan. */
export function estimate(
  { slices, loads, loadsPerTable }: Planned,
  { runs, secondsPerSlice, bytesPerLoad }: History,
  terms: Terms | undefined,
): Estimate {
  const bytesBilled = terms === undefined ? 0 : Math.ceil(loads * (bytesPerLoad ?? LEAST_BYTES))
  return {
    seconds: secondsPerSlice === null ? null : Math.ceil(secondsPerSlice * slices),
    runs,
    bytesBilled,
    costMicros: terms === undefined ? null : Math.ceil((bytesBilled / 2 ** 40) * terms.dollarsPerTib * 1e6),
    days: terms === undefined ? null : Math.ceil(loadsPerTable / terms.loadsPerTableAndDay),
  }
}

/** Refuses a plan whose cost in dollars is above a limit. @throws {DaybreakError} COST_LIMIT. */
export function expectAffordable(
  { cost, loads }: { readonly cost: string | null; readonly loads: number },
  limit: string,
): void {
  if (cost === null || !subtractDecimals(limit, cost).startsWith('-')) return
  throw new DaybreakError(
    'COST_LIMIT',
    `the plan is estimated at $${cost} for ${loads} loads; at most $${limit} is allowed. Nothing was begun`,
  )
}

/** Seconds per slice of a run that ended and brought slices in; nothing of another. */
function paceOf({ id, counts, startedAt, createdAt, finishedAt }: Run): readonly { id: string; pace: number }[] {
  const slices = counts.slices - counts.unchanged
  if (finishedAt === null || slices <= 0) return []
  return [{ id, pace: secondsBetween(startedAt ?? createdAt, finishedAt) / slices }]
}

function secondsBetween(from: Instant, to: Instant): number {
  return Math.max(0, to - from) / 1000
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null
}
