import { expect, it } from 'vitest'
import { folded, mapColumns } from '../../../functions/pipeline/tables/map-columns.ts'
import type { DiscoveredTable, SourceColumn } from '../../../functions/pipeline/tables/ports.ts'
import { keyRanges } from '../../../functions/pipeline/tables/shards.ts'
import { evenLimits } from '../../../functions/sql/even-limits.ts'

function column(name: string, more: Partial<SourceColumn> = {}): SourceColumn {
  const shape = { type: 'string', precision: null, scale: null, native: 'text' } as const
  return { name, ...shape, isRequired: false, isGenerated: false, labels: null, ...more }
}

function table(...columns: readonly SourceColumn[]): DiscoveredTable {
  const facts = { primaryKey: [], uniqueKeys: [], indexed: [], estimatedRows: null, estimatedBytes: null }
  return { schema: 'public', name: 'orders', columns, ...facts }
}

const AUTOMATIC = { columns: {}, only: false, ignore: [] }
const toNames = (mapped: ReturnType<typeof mapColumns>) => mapped.map(({ from, to }) => [from.name, to.name])

it('keeps the names and the order of columns that the pipeline does not name', () => {
  expect(toNames(mapColumns(AUTOMATIC, table(column('b'), column('A b'))))).toEqual([
    ['b', 'b'],
    ['A b', 'A b'],
  ])
})

it('finds a column whose name differs in case, blanks and accents', () => {
  expect(folded('Gültig  Ab')).toBe(folded('gultig_ab'))
  const mapping = { ...AUTOMATIC, columns: { valid_from: { from: ['Since', 'gultig ab'] } } }
  expect(toNames(mapColumns(mapping, table(column('Gültig_Ab'))))).toEqual([['Gültig_Ab', 'valid_from']])
})

it('names both candidates where either may be meant', () => {
  const mapping = { ...AUTOMATIC, columns: { id: {} } }
  expect(() => mapColumns(mapping, table(column('ID'), column('I_d')))).toThrow(/"ID" and "I_d"/)
})

it('says which column a table lacks, and which one is alike', () => {
  const mapping = { ...AUTOMATIC, columns: { amount: { from: 'amuont' } } }
  expect(() => mapColumns(mapping, table(column('amount')))).toThrow(/no column "amuont" for "amount".*amount/)
})

it('refuses two columns that become one', () => {
  const mapping = { ...AUTOMATIC, columns: { b: { from: 'a' } } }
  expect(() => mapColumns(mapping, table(column('a'), column('b')))).toThrow(/become "b"/)
})

it('forgets the type of the source where the pipeline says another', () => {
  const mapping = { ...AUTOMATIC, columns: { a: { type: 'numeric', precision: 10, scale: 2 } } } as const
  const source = column('a', { type: 'numeric', precision: 38, scale: 10, native: 'numeric(38,10)' })
  expect(mapColumns(mapping, table(source))[0]?.to).toMatchObject({ precision: 10, scale: 2, native: null })
  expect(mapColumns(AUTOMATIC, table(source))[0]?.to).toMatchObject({ precision: 38, native: 'numeric(38,10)' })
})

it('leaves out what the pipeline ignores', () => {
  expect(toNames(mapColumns({ ...AUTOMATIC, ignore: ['b'] }, table(column('a'), column('b'))))).toEqual([['a', 'a']])
  expect(toNames(mapColumns({ columns: { a: {} }, only: true, ignore: [] }, table(column('b'), column('a'))))).toEqual([
    ['a', 'a'],
  ])
})

it('puts each whole number into one range', () => {
  for (const [low, high, parts] of [
    [-7n, 9n, 4],
    [0n, 2n, 8],
    [5n, 5n, 3],
    [-(2n ** 63n), 2n ** 63n - 1n, 5],
  ] as const) {
    const ranges = keyRanges('id', evenLimits(low, high, parts))
    const inside = (value: bigint) =>
      ranges.filter(({ from, to }) => (from === null || value >= BigInt(from)) && (to === null || value < BigInt(to)))
    for (const value of [low, low + 1n, (low + high) / 2n, high - 1n, high]) expect(inside(value)).toHaveLength(1)
    expect(ranges.length).toBeLessThanOrEqual(parts)
  }
})
