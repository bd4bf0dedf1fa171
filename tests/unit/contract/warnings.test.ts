import { expect, it } from 'vitest'
import { contractWarnings } from '../../../functions/contract/warnings.ts'
import { everything } from '../../support/transform-contract.ts'

const unique = (columns: readonly string[], counts: boolean) => ({
  ...everything,
  checks: [{ name: 'key', unique: [...columns], effect: 'quarantine' as const, emptyCounts: counts }],
})

it('warns of a unique check over a column that a file may lack', () => {
  expect(contractWarnings(unique(['id', 'extra'], false))).toMatchObject([{ path: ['checks', 0, 'unique'] }])
})

it.each([[['id'], false] as const, [['id', 'extra'], true] as const])(
  'has none for %j, empty_counts %s',
  (columns, counts) => {
    expect(contractWarnings(unique(columns, counts))).toEqual([])
  },
)
