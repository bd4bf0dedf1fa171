import { describe, expect, it } from 'vitest'
import type { PipelineDefinition } from '../../../functions/pipeline/definition.ts'
import type { Slice } from '../../../functions/pipeline/entities.ts'
import type { PlanInput } from '../../../functions/pipeline/plan/planner.ts'
import { plannerOf } from '../../../functions/pipeline/plan/planners.ts'
import { aDefinition, aSlice, at } from '../../support/definition.ts'

const definition = aDefinition()
const looks = ({
  definition: own = definition,
  ...input
}: Partial<PlanInput> & { now: number; definition?: PipelineDefinition }) =>
  plannerOf(own)
    .plan({ trigger: 'schedule', scope: {}, slices: [], ...input })
    .map(({ shard: location, windows: dates }) => `${location}: ${dates.join(' ')}`)

/** Every slice of the window, looked at then. */
function lookedAt(instant: number, state: Slice['state'] = 'loaded'): readonly Slice[] {
  const dates = Array.from({ length: 9 }, (_, day) => `2025-02-${String(day + 1).padStart(2, '0')}`)
  return ['1001', '1002'].flatMap((location) =>
    dates.flatMap((date) =>
      ['orders', 'payments'].map((stream) =>
        aSlice({ shard: location, window: date, stream, state, lookedAt: instant }),
      ),
    ),
  )
}

describe('the plan of a scheduled tick', () => {
  it('first looks at 04:30 of each location, in its own zone', () => {
    expect(looks({ now: at('2025-02-06T09:29:00Z') }).filter((look) => look.includes('2025-02-05'))).toEqual([])
    expect(looks({ now: at('2025-02-06T09:30:00Z') }).filter((look) => look.includes('2025-02-05'))).toHaveLength(1)
    expect(looks({ now: at('2025-02-06T12:30:00Z') }).filter((look) => look.includes('2025-02-05'))).toHaveLength(2)
  })

  it('looks back over seven days once after the first look', () => {
    const now = at('2025-02-06T12:30:00Z')
    expect(looks({ now, slices: lookedAt(now - 86_400_000) })).toEqual([
      '1001: 2025-02-05 2025-02-04 2025-02-03 2025-02-02 2025-02-01 2025-01-31 2025-01-30',
      '1002: 2025-02-05 2025-02-04 2025-02-03 2025-02-02 2025-02-01 2025-01-31 2025-01-30',
    ])
    expect(looks({ now: now + 60_000, slices: lookedAt(now) }).filter((look) => look.includes('02-0'))).toEqual([])
  })

  it('sweeps what is absent until it is late, and once more when it is', () => {
    const look = at('2025-02-06T09:30:00Z')
    const slices = [...lookedAt(look), ...[]].map((slice) =>
      slice.window === '2025-02-05' ? { ...slice, state: 'expected' as const } : slice,
    )
    const east = (now: number) =>
      looks({ now, slices }).filter((text) => text.startsWith('1001') && text.includes('2025-02-05'))
    expect(east(look + 5 * 60_000)).toEqual([])
    expect(east(look + 15 * 60_000)).toHaveLength(1)
    expect(east(at('2025-02-06T12:30:00Z'))).toHaveLength(1)
    const swept = slices.map((slice) => ({ ...slice, lookedAt: at('2025-02-06T12:31:00Z') }))
    const later = looks({ now: at('2025-02-06T13:00:00Z'), slices: swept })
    expect(later.filter((text) => text.startsWith('1001') && text.includes('2025-02-05'))).toEqual([])
  })

  it('does not sweep for an optional file, and does for one that is there and waits', () => {
    const some = aDefinition({ config: { ...definition.config, streams: ['orders'], optionalStreams: ['payments'] } })
    const look = at('2025-02-06T09:30:00Z')
    const swept = (more: readonly Slice[]) =>
      looks({
        definition: some,
        now: look + 15 * 60_000,
        slices: [...lookedAt(look).filter(({ stream }) => stream === 'orders'), ...more],
      }).filter((text) => text.startsWith('1001') && text.includes('2025-02-05'))
    expect(swept([])).toEqual([])
    expect(swept([aSlice({ stream: 'payments', state: 'seen', lookedAt: look })])).toHaveLength(1)
    expect(swept([aSlice({ stream: 'payments', state: 'loaded', lookedAt: look })])).toEqual([])
  })

  it('looks where every stream is optional', () => {
    const { shards: locations, config } = definition
    const all = { ...config, optionalStreams: ['payments'] }
    const off = locations.map((location) => ({ ...location, streamsOff: ['orders'] }))
    const some = aDefinition({ config: { ...all, streams: ['orders'] }, shards: off })
    expect(looks({ definition: some, now: at('2025-02-06T09:30:00Z') }).join()).toContain('2025-02-05')
  })

  it('takes a look that lies in the future for none', () => {
    const now = at('2025-02-06T09:31:00Z')
    const seen = (look: number) => looks({ now, slices: lookedAt(look) })
    expect(seen(now).join()).not.toContain('2025-02-05')
    expect(seen(now + 3 * 86_400_000).join()).toContain('2025-02-05')
  })

  it('splits a long range into messages of a week', () => {
    const dates = Array.from({ length: 30 }, (_, day) => `2025-01-${String(day + 1).padStart(2, '0')}`)
    const messages = plannerOf(definition).plan({
      trigger: 'backfill',
      scope: { windows: dates, shards: ['1001'] },
      slices: [],
      now: at('2025-03-01T00:00:00Z'),
    })
    expect(messages.map((message) => message.windows.length)).toEqual([7, 7, 7, 7, 2])
    expect(messages.flatMap((message) => message.windows).toSorted()).toEqual(dates)
  })

  it('leaves out a location before it opened and after it closed for good', () => {
    const [east] = definition.shards
    const limited = aDefinition({ shards: [{ ...east!, activeFrom: '2025-02-03', activeTo: '2025-02-04' }] })
    const dates = ['2025-02-02', '2025-02-03', '2025-02-04', '2025-02-05']
    const messages = plannerOf(limited).plan({
      trigger: 'cli',
      scope: { windows: dates },
      slices: [],
      now: at('2025-03-01T00:00:00Z'),
    })
    expect(messages.flatMap((message) => message.windows)).toEqual(['2025-02-04', '2025-02-03'])
  })

  it('fault 57: keeps business dates right over DST nights, leap days and year ends', () => {
    const [east] = definition.shards
    expect(plannerOf(definition).readiness(east!, '2025-03-08').dueAt).toBe(at('2025-03-09T08:30:00Z'))
    expect(plannerOf(definition).readiness(east!, '2025-11-01').dueAt).toBe(at('2025-11-02T09:30:00Z'))
    expect(plannerOf(definition).readiness(east!, '2024-02-28').dueAt).toBe(at('2024-02-29T09:30:00Z'))
    expect(plannerOf(definition).readiness(east!, '2024-12-31').dueAt).toBe(at('2025-01-01T09:30:00Z'))
  })

  it('waits for a late closeout even when the first look is earlier', () => {
    const [east] = definition.shards
    expect(plannerOf(definition).readiness({ ...east!, closeoutHour: 6 }, '2025-02-05').dueAt).toBe(
      at('2025-02-06T11:30:00Z'),
    )
  })

  it('fault 56: a tick that comes twice at once plans the same looks', () => {
    const now = at('2025-02-06T09:30:00Z')
    expect(looks({ now })).toEqual(looks({ now }))
  })

  it('asks the ledger for the whole window and no more', () => {
    expect(plannerOf(definition).span({}, at('2025-02-06T09:30:00Z'))).toEqual({ from: '2025-01-28', to: '2025-02-07' })
    expect(plannerOf(definition).span({ windows: ['2024-05-02', '2024-05-01'] }, 0)).toEqual({
      from: '2024-05-01',
      to: '2024-05-02',
    })
  })
})
