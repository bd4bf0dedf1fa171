import { mapLimit } from '../../lib/map-limit.ts'
import type { DeliveryRecord, Instant, Reason, Run, RunSlice, Slice, Totals } from '../entities.ts'
import type { WindowHooks } from '../hooks/window-hooks.ts'
import { incidentCause } from '../incident-cause.ts'
import type { Change, Ports } from '../ports.ts'
import { newSlice } from '../steps/decide.ts'
import { type LandedShard, landShard } from './land-shard.ts'
import type { TableEngine, TableReader, WindowView } from './ports.ts'
import { keyRanges, WHOLE } from './shards.ts'
import type { WindowPlan } from './window-plan.ts'

interface Reading {
  readonly plan: WindowPlan
  readonly reader: TableReader
  readonly engine: TableEngine
  readonly scratch: string
  /** Hooks around it; null or absent for none. */
  readonly hooks?: WindowHooks | null
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads a window, all of its shards in one view of the source. A view that is lost means that all of them are read again: rows of
 * two instants are never mixed.
 */
export async function readWindow(reading: Reading, ports: Pick<Ports, 'objects'>): Promise<readonly LandedShard[]> {
  const { plan, reader, signal } = reading
  const { from: table, columns, sourceColumns: from, where, range, asText, workers } = plan
  const view = await reader.open({ table, columns, from, where, range, asText, workers }, signal)
  try {
    const shards = await shardsOf(plan, view)
    return await mapLimit(shards, workers, (shard) => landShard({ ...reading, shard, view }, ports))
  } finally {
    await view.close()
  }
}

async function shardsOf({ shardBy, shards }: WindowPlan, view: WindowView) {
  return shardBy === null ? [WHOLE] : keyRanges(shardBy, await view.limits(shardBy, shards))
}

interface Settling {
  readonly run: Run
  readonly budget: number
  readonly known: readonly Slice[]
  readonly now: Instant
}

/** Changes of the ledger for a window that was read. */
interface Settled {
  readonly changes: readonly Change[]
  /** False where too many rows were rejected: nothing of the window is loaded. */
  readonly isStaged: boolean
}

/** Pure: the slices of a window that was read. Above the reject budget they are quarantined, and the table keeps what it has. */
export function settleWindow(landed: readonly LandedShard[], { run, budget, known, now }: Settling): Settled {
  const records = landed.reduce((sum, { delivery }) => sum + delivery.counts.records, 0)
  const faults = landed.reduce((sum, shard) => sum + shard.faults, 0)
  const held = landed.find((shard) => shard.held !== null)?.held ?? null
  const isStaged = held === null && faults <= records * budget
  const reason = held ?? (isStaged ? null : refusal(landed, { records, faults, budget }))
  const changes = landed.flatMap(({ key, delivery: made }): readonly Change[] => {
    const delivery = { ...made, stagedAt: now }
    const before = known.find(({ shard }) => shard === key.shard) ?? newSlice(key)
    const common = {
      raw: made.raw,
      rejects: made.rejects,
      lookedAt: now,
      updatedAt: now,
      runId: run.id,
      firstSeenAt: before.firstSeenAt ?? now,
    }
    const slice: Slice =
      reason === null
        ? { ...before, ...common, state: 'staged', delivery, reason: null }
        : { ...before, ...common, state: 'quarantined', delivery: null, reason }
    const { contract, engine, counts, totals } = made
    const record: DeliveryRecord = {
      ...{ ...key, raw: made.raw, contract, engine, counts, totals, reason, source: null, runId: run.id, at: now },
      state: reason === null ? 'staged' : 'quarantined',
    }
    const outcome: RunSlice = {
      ...{ ...key, runId: run.id, reason, counts, milliseconds: 0 },
      outcome: reason === null ? 'staged' : 'quarantined',
    }
    return [
      { change: 'slice', slice },
      { change: 'delivery', delivery: record },
      { change: 'run_slice', runSlice: outcome, at: now },
    ]
  })
  return { changes: [...changes, ...incidentOf(landed, { reason, run, now })], isStaged }
}

/** A table whose window was refused has one incident, until a window of it is loaded. */
function incidentOf(
  [first]: readonly LandedShard[],
  { reason, run, now }: { readonly reason: Reason | null; readonly run: Run; readonly now: Instant },
): readonly Change[] {
  if (!first) return []
  const { pipeline, stream, window } = first.key
  const cause = incidentCause.rejects(pipeline, WHOLE.id, stream)
  if (reason === null) return [{ change: 'incident_resolved', key: cause.key, at: now }]
  const { code, message } = reason
  const told = { code, message: `${stream}, window ${window}: ${message}` }
  return [{ change: 'incident_opened', ...cause, severity: 'warning', reason: told, runId: run.id, at: now }]
}

interface Faults {
  readonly records: number
  readonly faults: number
  readonly budget: number
}

function refusal(landed: readonly LandedShard[], { records, faults, budget }: Faults): Reason {
  const first = landed.find(({ firstReject }) => firstReject !== null)
  const example = first ? `; the first is ${first.firstReject}` : ''
  const message = `${faults} of ${records} rows were rejected, more than the share of ${budget} that reject_budget allows${example}`
  return { code: 'REJECT_BUDGET_EXCEEDED', message }
}

/** Rows and sums that the source itself said of a window. */
export function sourceTotals(landed: readonly LandedShard[], add: (all: readonly Totals[]) => Totals): Totals {
  const rows = landed.reduce((sum, { source }) => sum + source.rows, 0)
  return { ...add(landed.map(({ source }) => source.totals)), rows: String(rows) }
}
