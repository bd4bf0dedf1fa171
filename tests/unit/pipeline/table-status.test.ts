import { describe, expect, it } from 'vitest'
import { TablePipeline } from '../../../functions/config/table-pipeline.ts'
import type { Run, Slice } from '../../../functions/pipeline/entities.ts'
import type { TableWindow } from '../../../functions/pipeline/people/reads.ts'
import type { TableDefinition } from '../../../functions/pipeline/tables/tools.ts'
import { nextRunAt, tableStandings } from '../../../functions/pipeline/views/table-status.ts'

const HOUR = 3_600_000
const config = TablePipeline.parse({
  ...{ version: 1, pipeline: 'copy', description: 'A copy.', source: 'a', destination: 'b' },
  streams: { orders: { from: 'orders' } },
})
const definition = { name: 'copy', config, sweepEvery: HOUR, lateAfter: 2 * HOUR } as TableDefinition

const loaded: TableWindow = {
  ...{ window: 'w000001', mode: 'incremental', at: 0, state: 'loaded', slices: { loaded: 1 }, shard: 'all' },
  ...{ rows: 2, rejected: 0, updatedAt: 10 },
}
const held: TableWindow = { ...loaded, window: 'w000002', at: HOUR, state: 'quarantined', updatedAt: HOUR + 10 }

interface Known {
  /** The newest first. */
  readonly windows: readonly TableWindow[]
  readonly runs?: readonly Partial<Run>[]
}

async function standing({ windows, runs = [] }: Known, now: number) {
  const [table] = await tableStandings(
    definition,
    { now },
    {
      slices: async () => [{ reason: { code: 'REJECT_BUDGET', message: 'too many' } } as unknown as Slice],
      reads: {
        tableWindows: async ({ isLoaded, limit }) =>
          windows.filter(({ state }) => isLoaded !== true || state === 'loaded').slice(0, limit),
        runPage: async () => ({ rows: runs as readonly Run[], next: null }),
      },
    },
  )
  return table
}

describe('the standing of a table', () => {
  it('is new before the first read', async () => {
    expect(await standing({ windows: [] }, 5)).toMatchObject({ standing: 'new', lateAt: null, readAt: null })
  })

  it('is late when no run has read it for an interval and the time that is allowed', async () => {
    expect(await standing({ windows: [loaded] }, 3 * HOUR + 9)).toMatchObject({ standing: 'loaded' })
    expect(await standing({ windows: [loaded] }, 3 * HOUR + 10)).toMatchObject({ standing: 'late', readAt: 10 })
  })

  it('is not late where runs found nothing new', async () => {
    const runs = [
      { startedAt: 4 * HOUR, scope: { streams: ['others'] } },
      { startedAt: 3 * HOUR, scope: {} },
    ]
    expect(await standing({ windows: [loaded], runs }, 5 * HOUR)).toMatchObject({
      ...{ standing: 'loaded', readAt: 3 * HOUR, lateAt: 6 * HOUR },
    })
  })

  it('is open with a reason while its newest window is not in the table, and late after a while', async () => {
    const windows = [held, loaded]
    expect(await standing({ windows }, HOUR + 20)).toMatchObject({
      standing: 'open',
      loaded: { window: 'w000001' },
      open: { window: 'w000002', reason: { message: 'too many' } },
      recent: [{ window: 'w000001' }, { window: 'w000002' }],
    })
    expect(await standing({ windows }, 3 * HOUR)).toMatchObject({ standing: 'late' })
  })

  it('has the last loaded window also behind many that are not', async () => {
    const windows = [...Array.from({ length: 30 }, () => held), loaded]
    expect(await standing({ windows }, HOUR + 20)).toMatchObject({ loaded: { window: 'w000001' } })
  })

  it('begins next at the next slot', () => {
    expect(nextRunAt(definition, HOUR)).toBe(2 * HOUR)
    expect(nextRunAt(definition, HOUR + 1)).toBe(2 * HOUR)
  })
})
