import { describe, expect, it } from 'vitest'
import { dayNamed, shardNoun, sliceFor, wordsOf } from '../../../functions/pipeline/slice-words.ts'
import { aContract, aDefinition } from '../../support/definition.ts'

const worded = (...carries: readonly ({ shard?: string; window?: string } | undefined)[]) =>
  wordsOf({
    config: { kind: 'files' },
    contracts: new Map(
      carries.map((each, at) => [`s${at}`, { ...aContract(`s${at}`), ...(each && { carries: each }) }]),
    ),
  })

describe('the words of a pipeline', () => {
  it('are those of a restaurant for nightly exports', () => {
    const words = wordsOf(aDefinition())
    expect(words.shard).toEqual({ one: 'location', many: 'locations', key: 'location', head: 'location' })
    expect(words.window).toEqual({ one: 'business date', many: 'business dates', key: 'date', head: 'date' })
    expect(dayNamed({ shard: '1001', window: '2025-02-05' }, words)).toBe('location 1001, 2025-02-05')
  })

  it('are the columns that carry shard and window for files', () => {
    const words = worded({ shard: 'store_id', window: 'day' }, { shard: 'store_id' }, {})
    expect(words.shard).toEqual({ one: 'store', many: 'stores', key: 'shard', head: 'store' })
    expect(words).toMatchObject({ window: { one: 'day', key: 'window' }, both: 'store-days' })
    expect(sliceFor({ stream: 'sales', shard: 'hill', window: '2026-03-01' }, words)).toBe(
      'sales of store hill for 2026-03-01',
    )
  })

  it('are shard and window where contracts carry none, or do not agree', () => {
    expect(worded({}, undefined)).toMatchObject({ shard: { one: 'shard' }, window: { many: 'windows' } })
    expect(worded({ shard: 'store' }, { shard: 'branch' }).shard).toMatchObject({ one: 'shard', many: 'shards' })
  })

  it.each([
    ['city', 'cities'],
    ['branch', 'branches'],
    ['day', 'days'],
    ['sales_area', 'sales areas'],
  ])('have the plural of %s', (shard, many) => {
    expect(worded({ shard }).shard.many).toBe(many)
  })

  it('follow from the column of a table', () => {
    expect(['location_id', 'store', null].map((shardColumn) => shardNoun({ shardColumn }))).toEqual([
      'location',
      'store',
      'shard',
    ])
  })
})
