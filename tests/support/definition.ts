import { shardsOf } from '../../functions/compose/shards.ts'
import { LocationsConfig, NightlyPipeline } from '../../functions/config/config.ts'
import { Contract } from '../../functions/contract/contract.ts'
import type { PipelineDefinition } from '../../functions/pipeline/definition.ts'
import type { Delivery, Run, Slice, SliceMembers } from '../../functions/pipeline/entities.ts'
import { newSlice } from '../../functions/pipeline/steps/decide.ts'
import { fitSlice } from './fit-slice.ts'

const HOUR = 3_600_000

/** A contract with one key and one amount, of the given stream. */
export function aContract(stream: string, more: Record<string, unknown> = {}): Contract {
  return Contract.parse({
    version: 1,
    stream,
    description: 'A stream of a test.',
    file: `${stream}.csv`,
    key: ['id'],
    table: { partition_by: 'business_date' },
    columns: [
      { name: 'id', from: 'Id', type: 'string', required: true, description: 'Key.' },
      { name: 'amount', from: 'Amount', type: 'numeric', scale: 2, description: 'Money.' },
    ],
    ...more,
  })
}

/** A pipeline of two streams and two locations, in New York and Los Angeles. */
export function aDefinition(more: Partial<PipelineDefinition> = {}): PipelineDefinition {
  const config = NightlyPipeline.parse({
    version: 1,
    pipeline: 'toast',
    description: 'A pipeline of a test.',
    source: 'toast',
    streams: ['orders', 'payments'],
  })
  const { locations } = LocationsConfig.parse({
    version: 1,
    locations: [
      { id: '1001', name: 'East', time_zone: 'America/New_York' },
      { id: '1002', name: 'West', time_zone: 'America/Los_Angeles', closed: ['2025-02-06'] },
    ],
  })
  return {
    name: 'toast',
    config,
    contracts: new Map(['orders', 'payments'].map((stream) => [stream, aContract(stream)])),
    shards: shardsOf(config, locations),
    root: '/',
    minimumAge: 120_000,
    lateAfter: 3 * HOUR,
    sweepEvery: HOUR / 4,
    retention: 168 * HOUR,
    hasSource: true,
    lookBackDays: 7,
    privacyKey: Buffer.from('key of a test'),
    events: [],
    environment: 'test',
    ...more,
  }
}

/** A slice of `orders` of the location 1001 for 2025-02-05. */
export function aSlice(more: Partial<SliceMembers> = {}): Slice {
  const slice = newSlice({ pipeline: 'toast', stream: 'orders', shard: '1001', window: '2025-02-05' })
  return fitSlice({ ...slice, ...more }, aDelivery())
}

/** A delivery of ten accepted rows. */
export function aDelivery(more: Partial<Delivery> = {}): Delivery {
  return {
    raw: { object: 'raw/a', sha256: 'a'.repeat(64), bytes: 100 },
    contract: 'c1',
    engine: 'e1',
    part: { object: 'parts/a', rows: 10, bytes: 50 },
    rejects: { object: 'parts/rejects/a', rows: 0, bytes: 10 },
    counts: { lines: 11, records: 11, blankLines: 0, accepted: 10, rejected: 0 },
    totals: { amount: '12.50' },
    stagedAt: 1,
    ...more,
  }
}

/** A running run started by hand. */
export function aRun(more: Partial<Run> = {}): Run {
  return {
    id: 'run-1',
    pipeline: 'toast',
    trigger: 'cli',
    state: 'running',
    scope: {},
    reason: null,
    counts: { slices: 0, rows: 0, rejected: 0, unchanged: 0 },
    backfillId: null,
    createdAt: 0,
    startedAt: 0,
    finishedAt: null,
    leaseUntil: 0,
    owner: null,
    version: 1,
    ...more,
  }
}

/** An instant from text with an offset or `Z`. */
export function at(text: string): number {
  const instant = Date.parse(text)
  if (Number.isNaN(instant)) throw new TypeError(`${text} is no instant`)
  return instant
}
