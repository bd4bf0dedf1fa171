import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decompose } from '../../../functions/checks/decompose.ts'

const part = (value: string, amount: string, before: string) => ({ value, amount, before })

describe('a difference taken apart', () => {
  it('names the dimension and the part that carry it', () => {
    const dimensions = new Map([
      ['service', [part('Delivery', '3250.10', '4000.40'), part('House', '5000.00', '20000.00')]],
      ['hour', [part('12', '4125.05', '12000.20'), part('19', '4125.05', '12000.20')]],
    ])
    const [first, second] = decompose(dimensions, 4)
    expect(first?.dimension).toBe('service')
    expect(first?.parts[0]).toMatchObject({ value: 'Delivery', differenceOfDays: '9000.00' })
    expect(second?.concentration).toBe(0)
  })

  it('says nothing of a dimension with one value', () => {
    expect(decompose(new Map([['service', [part('House', '1', '8')]]]), 8)).toEqual([])
  })

  it('concentrates nowhere when all parts fall alike, though one is large', () => {
    const [service] = decompose(new Map([['service', [part('House', '50', '900'), part('Bar', '5', '90')]]]), 9)
    expect(service?.concentration).toBeCloseTo(0, 9)
  })

  it('adds up exactly to the whole difference, for any amounts', () => {
    const cents = fc.integer({ min: -10_000_000, max: 10_000_000 }).map((value) => (value / 100).toFixed(2))
    const parts = fc.array(fc.tuple(cents, cents), { minLength: 2, maxLength: 20 })
    fc.assert(
      fc.property(parts, fc.integer({ min: 1, max: 9 }), (amounts, days) => {
        const [found] = decompose(new Map([['item', amounts.map(([a, b], at) => part(`${at}`, a, b))]]), days)
        const inCents = (text: string) => BigInt(text.replace('.', ''))
        const whole = amounts.reduce((sum, [a, b]) => sum + inCents(a) * BigInt(days) - inCents(b), 0n)
        expect(inCents(found?.difference ?? '')).toBe(whole)
      }),
    )
  })
})
