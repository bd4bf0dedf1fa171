import { expect, it } from 'vitest'
import { ASSUMED, COUNTED, nightOf } from '../../../infra/night.ts'

it('a night grows with its locations in what each of them does, and not in its loads', () => {
  const [fifty, thousand] = [nightOf(50), nightOf(1000)]
  expect(thousand.loads).toBe(fifty.loads)
  expect(thousand.classA - fifty.classA).toBe(950 * COUNTED.staged.classA)
  expect(thousand.bytesBilled).toBe(thousand.loads * COUNTED.load.bytesBilled)
  expect(thousand.requests - fifty.requests).toBe(950)
})

it('one location is one look of one zone, and a day of sweeps', () => {
  const one = nightOf(1)
  expect(one.loads).toBe(ASSUMED.streams)
  expect(one.requests).toBe(1 + ASSUMED.streams + 1 + ASSUMED.sweepsPerDay + 1)
})

it('is thirty times below what BigQuery allows in a day, with a thousand locations', () => {
  const { loads } = nightOf(1000)
  // Modifications of partitions of one table, and load jobs of a project.
  expect((loads / ASSUMED.streams) * 30).toBeLessThan(30_000)
  expect(loads * 30).toBeLessThan(100_000)
})

it('waits longer than it works, so that instances are paid for by what they wait for', () => {
  const { requestSeconds, cpuSeconds } = nightOf(1000)
  expect(requestSeconds).toBeGreaterThan(cpuSeconds * 4)
})

it('builds models for the least that a query costs, until the rows of many locations are more', () => {
  const least = ASSUMED.models.builds * ASSUMED.models.reads * 10_485_760
  expect([nightOf(1).buildBytes, nightOf(50).buildBytes]).toEqual([least, least])
  expect(nightOf(1_000).buildBytes).toBeGreaterThan(2.5e9)
  expect(nightOf(1_000).buildBytes).toBeLessThan(3.5e9)
})
