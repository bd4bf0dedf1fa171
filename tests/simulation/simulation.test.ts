import { describe, expect, it } from 'vitest'
import { DEFECTS } from './defects.ts'
import { simulate } from './simulate.ts'

describe('a simulated pipeline', () => {
  it('happens again for the same seed, event by event', async () => {
    const tell = (lines: string[]) => (line: string) => void lines.push(line)
    const [first, second, other]: [string[], string[], string[]] = [[], [], []]
    const once = await simulate(42, { tell: tell(first) })
    const again = await simulate(42, { tell: tell(second) })
    await simulate(43, { tell: tell(other) })
    expect(again).toEqual(once)
    expect(second).toEqual(first)
    expect(other).not.toEqual(first)
    expect(first.length).toBeGreaterThan(100)
  })

  it('is one in which things do go wrong', async () => {
    const outcomes = await Promise.all([1, 2, 3, 4, 5, 6].map((seed) => simulate(seed)))
    const total = (fact: string) => outcomes.reduce((sum, { facts }) => sum + (facts[fact] ?? 0), 0)
    expect(total('workers')).toBeGreaterThan(20)
    expect(total('commits')).toBeGreaterThan(30)
    expect(total('succeeded')).toBeGreaterThan(50)
  })
})

describe('the simulation', () => {
  it.each(DEFECTS)(
    'finds $name',
    async ({ plant }) => {
      let seed = 1
      while (seed <= 30 && (await simulate(seed, { wrap: plant })).violations.length === 0) seed++
      expect(seed).toBeLessThanOrEqual(30)
    },
    120_000,
  )
})
