import fc from 'fast-check'
import { expect, it } from 'vitest'
import { backoffAfter } from '../../../functions/lib/backoff.ts'

const pauses = (random: number) =>
  [1, 2, 3, 4, 5, 50].map((failures) => backoffAfter(failures, { min: 1000, max: 10_000, random: () => random }))

it('doubles up to the limit, and there stays in its upper half', () => {
  expect(pauses(0)).toEqual([1000, 2000, 4000, 5000, 5000, 5000])
  expect(pauses(0.999999)).toEqual([2000, 4000, 8000, 10_000, 10_000, 10_000])
})

it('lies between both limits, for any limits', () => {
  const limits = fc.tuple(
    fc.nat({ max: 1e6 }),
    fc.nat({ max: 1e6 }),
    fc.integer({ min: 1, max: 2000 }),
    fc.double({ min: 0, max: 0.999, noNaN: true }),
  )
  fc.assert(
    fc.property(limits, ([min, more, failures, random]) => {
      const pause = backoffAfter(failures, { min, max: min + more, random: () => random })
      expect(pause).toBeGreaterThanOrEqual(min)
      expect(pause).toBeLessThanOrEqual(min + more)
    }),
  )
})
