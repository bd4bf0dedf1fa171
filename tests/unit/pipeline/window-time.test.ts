import { describe, expect, it } from 'vitest'
import { byTime, DATES_ONLY, timeOf } from '../../../functions/lib/window-time.ts'
import { plannerOf } from '../../../functions/pipeline/plan/planners.ts'
import { standing } from '../../../functions/pipeline/shard.ts'
import { completeness, defaultRange } from '../../../functions/pipeline/views/status.ts'
import { aDefinition, aSlice, at } from '../../support/definition.ts'
import { aWindow } from '../../support/ledger-rows.ts'
import { createMemoryLedger } from '../../support/memory-ledger.ts'

const definition = aDefinition()
const [east] = definition.shards
const NOON = at('2025-02-05T12:00:00Z')
const times = new Map([['w000042', NOON]])

describe('the instant of a window', () => {
  it('is the start of a day, and that of its record for another window', () => {
    expect(timeOf('2025-02-05', DATES_ONLY)).toBe(at('2025-02-05T00:00:00Z'))
    expect(timeOf('w000042', times)).toBe(NOON)
  })

  it('orders windows of all names, unknown ones first', () => {
    const windows = ['2025-02-06', 'w000042', 'w000043', '2025-02-05']
    expect(windows.toSorted(byTime(times))).toEqual(['w000043', '2025-02-05', 'w000042', '2025-02-06'])
  })
})

describe('a window that is no date', () => {
  it('is due at its instant, and late and gone after it', () => {
    const { endsAt, dueAt, lateAt, goneAt } = plannerOf(definition).readiness(east!, 'w000042', times)
    expect([endsAt, dueAt]).toEqual([NOON, NOON])
    expect([lateAt - NOON, goneAt]).toEqual([definition.lateAfter, NOON + (definition.retention ?? 0)])
  })

  it('belongs to a shard that was there on its day', () => {
    const opened = { ...east!, activeFrom: '2025-02-06' }
    expect(standing(opened, 'w000042', times)).toBe('inactive')
    expect(standing({ ...east!, closed: ['2025-02-05'] }, 'w000042', times)).toBe('closed')
    expect(standing(opened, 'w000043', times)).toBe('open')
  })

  it('stands in the matrix between the days before and after it', () => {
    const windows = ['2025-02-06', 'w000042', '2025-02-05']
    const slices = windows.map((window) => aSlice({ window, state: 'loaded' }))
    const range = { from: '2025-02-05', to: '2025-02-06', now: at('2025-02-07T20:00:00Z'), times }
    const rows = completeness(definition, slices, range).filter(({ shard }) => shard === '1001')
    expect(rows.map(({ window }) => window)).toEqual(['2025-02-05', 'w000042', '2025-02-06'])
    expect(rows[1]?.expiry).toBe(NOON + (definition.retention ?? 0))
  })

  it('decides the range of a status where no source says which days there are', async () => {
    const ledger = createMemoryLedger()
    await ledger.apply([
      { change: 'window', window: aWindow({ window: 'w000042', stream: 'orders', at: NOON }) },
      { change: 'slice', slice: aSlice({ window: 'w000042' }) },
      { change: 'slice', slice: aSlice({ window: '2025-02-03' }) },
    ])
    const clock = { now: () => at('2025-03-01T00:00:00Z'), sleep: async () => undefined }
    expect(await defaultRange(aDefinition({ hasSource: false }), { ledger, clock })).toEqual({
      from: '2025-02-03',
      to: '2025-02-05',
    })
  })
})
