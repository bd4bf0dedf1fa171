import fc from 'fast-check'
import { expect, it } from 'vitest'
import { openSqliteLedger } from '../../../functions/adapters/sqlite/ledger.ts'
import { shareByBytes } from '../../../functions/pipeline/views/cost-shares.ts'
import { estimate, readHistory } from '../../../functions/pipeline/views/estimate.ts'
import { aRun } from '../../support/ledger-rows.ts'

const BIGQUERY = { dollarsPerTib: 6.25, loadsPerTableAndDay: 1_500 }
const MIB = 1_048_576

it('the median run that brought something in says what a slice takes, and the mean load what it is billed', async () => {
  const ledger = await openSqliteLedger({ path: ':memory:' })
  const run = (id: string, slices: number, unchanged: number, seconds: number | null) =>
    ({
      change: 'run',
      run: aRun({
        ...{
          id,
          pipeline: 'toast',
          state: seconds === null ? 'running' : 'succeeded',
          createdAt: 1_000,
          startedAt: 2_000,
        },
        finishedAt: seconds === null ? null : 2_000 + seconds * 1_000,
        counts: { slices, rows: 1, rejected: 0, unchanged },
      }),
    }) as const
  await ledger.apply([
    run('quick', 10, 0, 5),
    run('usual', 30, 20, 20),
    run('slow', 1, 0, 60),
    run('nothing new', 100, 100, 1),
    run('not over', 10, 0, null),
    { change: 'run_step', step: { runId: 'quick', step: 'load', milliseconds: 1, count: 3 } },
    { change: 'usage', usage: { runId: 'quick', kind: 'bytes_billed', amount: 90 * MIB, costMicros: 1 } },
    { change: 'usage', usage: { runId: 'quick', kind: 'rows', amount: 7, costMicros: null } },
  ])
  expect(await readHistory('toast', ledger.reads)).toEqual({ runs: 3, secondsPerSlice: 2, bytesPerLoad: 30 * MIB })
  expect(await readHistory('other', ledger.reads)).toEqual({ runs: 0, secondsPerSlice: null, bytesPerLoad: null })
  await ledger.close()
})

it('a plan takes its slices times the time of one, and costs its loads times the bytes of one', () => {
  const history = { runs: 3, secondsPerSlice: 2, bytesPerLoad: 30 * MIB }
  expect(estimate({ slices: 100, loads: 70, loadsPerTable: 10 }, history, BIGQUERY)).toEqual({
    ...{ seconds: 200, runs: 3, bytesBilled: 2_100 * MIB, days: 1 },
    costMicros: Math.ceil((2_100 / 1_048_576) * 6_250_000),
  })
})

it('without a load that was billed, each costs the least that BigQuery bills; a table on this machine costs nothing', () => {
  const history = { runs: 0, secondsPerSlice: null, bytesPerLoad: null }
  const planned = { slices: 100, loads: 70, loadsPerTable: 4_000 }
  expect(estimate(planned, history, BIGQUERY)).toMatchObject({ seconds: null, bytesBilled: 700 * MIB, days: 3 })
  expect(estimate(planned, history, undefined)).toMatchObject({ bytesBilled: 0, costMicros: null, days: null })
})

it('a cost is shared by bytes, to the last millionth', () => {
  expect(shareByBytes(100, [])).toEqual([])
  expect(shareByBytes(100, [{ shard: 'a', bytes: 0 }])).toEqual([])
  const weights = fc.array(fc.record({ shard: fc.uuid(), bytes: fc.nat({ max: 1e9 }) }), {
    minLength: 1,
    maxLength: 40,
  })
  fc.assert(
    fc.property(fc.nat({ max: 1e9 }), weights, (micros, all) => {
      const bytes = all.reduce((sum, one) => sum + one.bytes, 0)
      fc.pre(bytes > 0)
      const parts = shareByBytes(micros, all)
      expect(parts.reduce((sum, part) => sum + part.micros, 0)).toBe(micros)
      for (const part of parts) expect(Math.abs(part.micros - (micros * part.bytes) / bytes)).toBeLessThanOrEqual(1)
    }),
  )
})
