import { expect, it } from 'vitest'
import { simulate } from './simulate.ts'

const EACH = 25

/** One test for every 25 seeds from one to another; a failure names the command that looks into its seed. */
export function testSeeds(first: number, last: number): void {
  const parts = Array.from({ length: Math.ceil((last - first + 1) / EACH) }, (_, part) => first + part * EACH)
  it.each(parts)(
    'ends as if nothing had gone wrong, seeds from %i on',
    async (from) => {
      const found: string[] = []
      for (let seed = from; seed < Math.min(from + EACH, last + 1); seed++) {
        const { violations } = await simulate(seed)
        for (const violation of violations) found.push(`npm run simulate -- --seed ${seed}: ${violation}`)
      }
      expect(found).toEqual([])
    },
    120_000,
  )
}
