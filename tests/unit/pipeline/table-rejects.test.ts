import { expect, it } from 'vitest'
import type { Slice, WindowRecord } from '../../../functions/pipeline/entities.ts'
import { listTableRejects } from '../../../functions/pipeline/views/table-rejects.ts'
import { aDelivery, aSlice } from '../../support/definition.ts'

function slice(window: string, state: 'loaded' | 'quarantined'): Slice {
  const { raw, part } = aDelivery()
  const rejects = { ...part, object: window, rows: 1 }
  const key = { stream: 'orders', shard: 'all', window, raw, rejects }
  return state === 'loaded'
    ? aSlice({ ...key, state, delivery: aDelivery() })
    : aSlice({ ...key, state, delivery: null, reason: { code: 'REJECT_BUDGET_EXCEEDED', message: 'too many' } })
}

const SLICES = [slice('s1', 'loaded'), slice('s2', 'loaded'), slice('s3', 'quarantined'), slice('s4', 'quarantined')]

async function shown(mode: WindowRecord['mode'], asked: { windows?: readonly string[]; limit?: number } = {}) {
  const windows = SLICES.map(({ pipeline, stream, window }, at) => ({
    ...{ pipeline, stream, window, mode, at },
    ...{ low: null, high: null, sourceTotals: null, state: 'read' as const },
  }))
  const { rows, count } = await listTableRejects(
    { pipeline: 'toast', limit: 10, ...asked },
    {
      ledger: {
        slices: async (filter) => SLICES.filter(({ window }) => filter.windows?.includes(window) ?? true),
        windows: async () => windows,
      },
      partRows: async (object) => ({ columns: ['window', 'line'], rows: [[object, '1']] }),
    },
  )
  return { windows: rows.map(({ window }) => window), count }
}

it('shows the rejects of the newest window and of the loaded one, where a table is read whole', async () => {
  expect(await shown('full')).toEqual({ windows: ['s4', 's2'], count: 2 })
})

it('shows those of every window that adds rows, and of windows that are named', async () => {
  expect(await shown('incremental')).toEqual({ windows: ['s4', 's3', 's2', 's1'], count: 4 })
  expect(await shown('full', { windows: ['s1'] })).toEqual({ windows: ['s1'], count: 1 })
})

it('reads no more parts than it lists, and counts all', async () => {
  expect(await shown('snapshot', { limit: 1 })).toEqual({ windows: ['s4'], count: 4 })
})
