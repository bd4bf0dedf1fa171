import { afterAll, beforeAll, expect, it } from 'vitest'
import { openSqliteLedger } from '../../../functions/adapters/sqlite/ledger.ts'
import type { PeopleLedger } from '../../../functions/pipeline/people/reads.ts'
import { readOrigins } from '../../../functions/pipeline/views/losses.ts'
import { aDefinition, aSlice, at } from '../../support/definition.ts'

const definition = aDefinition()
// The source keeps a week: it has deleted the fifth and the sixth, and still has the eleventh.
const now = at('2025-02-15T12:00:00Z')
const range = { shards: [], streams: [], now }
let ledger: PeopleLedger
beforeAll(async () => {
  ledger = await openSqliteLedger({ path: ':memory:' })
  await ledger.apply([
    { change: 'slice', slice: aSlice({ state: 'loaded' }) },
    { change: 'slice', slice: aSlice({ stream: 'payments', state: 'waived' }) },
    { change: 'slice', slice: aSlice({ shard: '1002', state: 'missing' }) },
  ])
})
afterAll(() => ledger.close())

it('a day that the source has deleted is lost but for what is archived, waived or closed', async () => {
  const origins = await readOrigins(definition, { ...range, from: '2025-02-05', to: '2025-02-06' }, ledger.reads)
  // East: one loaded and one waived on the fifth, both lost on the sixth. West: both lost on the fifth, closed on the sixth.
  expect(origins).toMatchObject({ archived: 1, loaded: 1, waived: 3 })
  expect(origins.losses.map(({ shard, from, to, slices }) => [shard.id, from, to, slices])).toEqual([
    ['1001', '2025-02-06', '2025-02-06', 2],
    ['1002', '2025-02-05', '2025-02-05', 2],
  ])
})

it('a day that the source still has is not lost', async () => {
  const { losses } = await readOrigins(definition, { ...range, from: '2025-02-11', to: '2025-02-11' }, ledger.reads)
  expect(losses).toEqual([])
})

it('only the shards and streams that were asked for are read', async () => {
  const asked = { ...range, from: '2025-02-05', to: '2025-02-06', shards: ['1001'], streams: ['payments'] }
  const { losses } = await readOrigins(definition, asked, ledger.reads)
  expect(losses).toMatchObject([{ from: '2025-02-06', slices: 1 }])
})

it('the shards of a month are read at once', async () => {
  const asked: (readonly string[] | undefined)[] = []
  const matrix: typeof ledger.reads.matrix = (filter) => {
    asked.push(filter.shards)
    return ledger.reads.matrix(filter)
  }
  await readOrigins(definition, { ...range, from: '2025-02-01', to: '2025-02-28' }, { matrix })
  expect(asked).toEqual([['1001', '1002']])
})
