import { describe, expect, it } from 'vitest'
import type { SliceLook } from '../../../functions/pipeline/entities.ts'
import { isAnyDue, planInParts } from '../../../functions/pipeline/plan/plan-in-parts.ts'
import { plannerOf } from '../../../functions/pipeline/plan/planners.ts'
import { partsOf, readLooks } from '../../../functions/pipeline/read/looks.ts'
import { aDefinition, at } from '../../support/definition.ts'

const [first] = aDefinition().shards
const shards = Array.from({ length: 1_000 }, (_, number) => ({
  ...(first as NonNullable<typeof first>),
  id: `${1_000 + number}`,
}))
const definition = aDefinition({ shards, lookBackDays: 9 })
const now = at('2025-02-10T18:00:00Z')

function looks(lookedAt: number): readonly SliceLook[] {
  return shards.flatMap(({ id: shard }) =>
    ['2025-02-08', '2025-02-09'].map((window) => ({
      ...{ pipeline: 'toast', stream: 'orders', shard, window, state: 'loaded' as const, lookedAt },
    })),
  )
}

/** Turns of the event loop while some work goes on. */
async function turnsOf(work: () => Promise<unknown>): Promise<number> {
  let turns = 0
  let isOver = false
  const count = () => {
    turns += 1
    if (!isOver) setImmediate(count)
  }
  setImmediate(count)
  await work()
  isOver = true
  return turns
}

describe('a plan of a thousand shards in parts', () => {
  it('is the plan of all of them', async () => {
    for (const slices of [[], looks(now - 60_000), looks(0)]) {
      const input = { trigger: 'schedule' as const, scope: {}, slices, now }
      const whole = plannerOf(definition).plan(input)
      expect(await planInParts(definition, input)).toEqual(whole)
      expect(await isAnyDue(definition, input)).toBe(whole.length > 0)
    }
    expect(await isAnyDue({ ...definition, shards: [] }, { trigger: 'schedule', scope: {}, slices: [], now })).toBe(
      false,
    )
  })

  it('lets the event loop go on between them', async () => {
    const input = { trigger: 'schedule' as const, scope: {}, slices: looks(now), now }
    expect(await turnsOf(() => planInParts(definition, input))).toBeGreaterThanOrEqual(9)
  })
})

describe('looks at a range', () => {
  it('are read day by day, in their order, with turns between days of many slices', async () => {
    const asked: string[] = []
    const sliceLooks = async ({ from = '', to = '' }: { readonly from?: string; readonly to?: string }) => {
      asked.push(`${from} ${to}`)
      return looks(0).filter(({ window }) => window >= from && window <= to)
    }
    const range = { pipeline: 'toast', from: '2025-02-08', to: '2025-02-10' }
    let found: readonly SliceLook[] = []
    const turns = await turnsOf(async () => {
      found = await readLooks(range, { sliceLooks })
    })
    expect(asked).toEqual(['2025-02-08 2025-02-08', '2025-02-09 2025-02-09', '2025-02-10 2025-02-10'])
    expect(found.map(({ window }) => window)).toEqual(
      looks(0)
        .map(({ window }) => window)
        .toSorted(),
    )
    expect(turns).toBeGreaterThanOrEqual(2)
  })

  it('are one part where an end is no day', () => {
    const range = { pipeline: 'toast', from: '2025-02-08T05', to: '2025-02-10' }
    expect(partsOf(range)).toEqual([range])
  })
})
