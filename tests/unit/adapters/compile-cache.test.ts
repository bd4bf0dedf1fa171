import { expect, it } from 'vitest'
import { createCompileCache } from '../../../functions/adapters/duckdb/transformer/cache.ts'
import { Contract } from '../../../functions/contract/contract.ts'

const contractOf = (stream: string) =>
  Contract.parse({
    version: 1,
    stream,
    description: 'Rows.',
    file: `${stream}.csv`,
    key: ['id'],
    table: { partition_by: 'business_date', cluster_by: [] },
    columns: [{ name: 'id', from: 'Id', type: 'string', description: 'Id.' }],
  })
const options = (date: string) => ({
  place: { timeZone: 'America/Chicago', closeoutHour: 4, date },
  privacyKey: Buffer.from('key'),
})

it('keeps what was used last, of all contracts together, and compiles the rest again', () => {
  const cache = createCompileCache(2)
  const [a, b, c] = [contractOf('a'), contractOf('b'), contractOf('c')]
  const ask = (contract: Contract, date = '2025-01-01') => cache(contract, ['Id'], options(date))
  const first = { a: ask(a), b: ask(b) }
  expect(ask(a, '2025-12-31'), 'of another day of the year').toBe(first.a)
  ask(c)
  expect(ask(a)).toBe(first.a)
  expect(ask(b)).not.toBe(first.b)
  expect(ask(a, '2026-01-01'), 'of another year').not.toBe(first.a)
})
