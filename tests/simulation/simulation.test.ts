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

// Seeds that found a defect when it was planted. The others are tried after them: a change to the core draws other events.
const FOUND_BY: Readonly<Record<string, number>> = {
  'the record of a part that is put before the part is': 33,
  'messages of a run that was taken over and are not sent again': 3,
  'a ledger that lets one write over what another recorded': 11,
  'an object store that deletes what it finds where it wanted to write': 2,
}

describe('the simulation', () => {
  it.each(DEFECTS)('finds $name', async ({ name, plant }) => {
    const seeds = [FOUND_BY[name] ?? 1, ...Array.from({ length: 40 }, (_, index) => index + 1)]
    let found = false
    for (const seed of seeds) {
      found = (await simulate(seed, { wrap: plant })).violations.length > 0
      if (found) break
    }
    expect(found).toBe(true)
  })
})
