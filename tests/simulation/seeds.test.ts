import { describe, expect, it } from 'vitest'
import { draws } from '../support/draws.ts'
import { simulate } from './simulate.ts'

const EACH = 10
const SEEDS = draws({ suite: 20, soak: 2_000 })

describe('a simulated pipeline over three days in which everything goes wrong', () => {
  it.each(Array.from({ length: SEEDS / EACH }, (_, part) => 1 + part * EACH))(
    'ends as if nothing had gone wrong, seeds from %i on',
    async (from) => {
      const found: string[] = []
      for (let seed = from; seed < from + EACH; seed++) {
        const { violations } = await simulate(seed)
        for (const violation of violations) found.push(`npm run simulate -- --seed ${seed}: ${violation}`)
      }
      expect(found).toEqual([])
    },
  )
})
