import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { generateFaultyNight } from '../../../mock/faults/night.ts'
import type { MockFile } from '../../../mock/file.ts'
import { mockLocations } from '../../../mock/locations.ts'
import { generateNight, type MockNight } from '../../../mock/night.ts'
import { readRows } from '../../support/toast/read.ts'

const [first, second, third] = mockLocations(3)
const base: MockNight = { seed: 5, location: first!, date: '2026-03-06' }

const digests = (files: readonly MockFile[]) =>
  files.map(
    ({ name, bytes, modifiedAt }) => `${name} ${modifiedAt} ${createHash('sha256').update(bytes).digest('hex')}`,
  )
const night = (change: Partial<MockNight> = {}) => generateNight({ ...base, ...change })
const bytesOf = (files: readonly MockFile[], name: string) =>
  Buffer.from(files.find((file) => file.name === name)!.bytes)

it('the same seed, location and date give the same bytes and times', () => {
  expect(digests(night())).toEqual(digests(night()))
})

it.each([
  ['seed', { seed: 6 }],
  ['location', { location: second! }],
  ['date', { date: '2026-03-07' }],
])('another %s gives another night', (_, change) => {
  expect(bytesOf(night(change), 'OrderDetails.csv').equals(bytesOf(night(), 'OrderDetails.csv'))).toBe(false)
})

it('a night without faults is the same however it is made', () => {
  expect(digests(generateFaultyNight(base, [], 1).files)).toEqual(digests(night()))
  expect(generateFaultyNight(base, [], 2).files).toEqual([])
})

it('items keep their ids from night to night', () => {
  const idsOf = (files: readonly MockFile[]) => {
    const rows = readRows(new Map(files.map(({ name, bytes }) => [name, bytes])), 'AllItemsReport.csv')
    return new Map(rows.map((row) => [`${row['Menu Group']}/${row['Menu Item']}`, row['Item ID']]))
  }
  const later = idsOf(night({ date: '2026-09-09' }))
  for (const [item, id] of idsOf(night())) if (later.has(item)) expect(later.get(item)).toBe(id)
})

it('two locations have equal order numbers and no id in common, and one tenant has ids of 19 digits', () => {
  const orders = [first!, second!, third!].map((location) =>
    readRows(new Map(night({ location }).map(({ name, bytes }) => [name, bytes])), 'OrderDetails.csv'),
  )
  const [one, two, three] = orders.map((rows) => new Set(rows.map((row) => row['Order Id']!)))
  expect([...one!].filter((id) => two!.has(id) || three!.has(id))).toEqual([])
  expect(orders.every((rows) => rows.some((row) => row['Order #'] === '7'))).toBe(true)
  expect([...one!].every((id) => id.length === 18)).toBe(true)
  expect([...three!].every((id) => id.length === 19)).toBe(true)
})

it('rows follow neither order numbers nor times', () => {
  const rows = readRows(new Map(night().map(({ name, bytes }) => [name, bytes])), 'OrderDetails.csv')
  const numbers = rows.map((row) => Number(row['Order #']))
  expect(numbers).not.toEqual(numbers.toSorted((a, b) => a - b))
})

it('the files are written about an hour after the closeout, in the zone of the location', () => {
  // 4:00 AM of the next day in New York and in Denver, winter time.
  const closeouts = [
    [first!, Date.UTC(2026, 2, 7, 9)],
    [third!, Date.UTC(2026, 2, 7, 11)],
  ] as const
  for (const [location, closeout] of closeouts) {
    for (const { modifiedAt } of night({ location })) {
      expect(modifiedAt - closeout).toBeGreaterThan(45 * 60_000)
      expect(modifiedAt - closeout).toBeLessThan(70 * 60_000)
    }
  }
})
