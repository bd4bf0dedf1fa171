import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sumTotals } from '../../../functions/lib/decimal.ts'
import { reconcile } from '../../../functions/pipeline/load/move.ts'
import {
  buildManifest,
  listsSlices,
  manifestBytes,
  manifestName,
  parseManifest,
} from '../../../functions/pipeline/manifest.ts'
import { aSlice } from '../../support/definition.ts'
import { DATE, delivery } from '../../support/load-bench.ts'

const KEY = { pipeline: 'toast', stream: 'orders', window: DATE }

const staged = (shard: string, letter: string, stream = 'orders') => {
  const made = delivery(shard, letter, { rejects: 2 })
  const part = { delivery: made, rejects: made.rejects, raw: made.raw }
  return { ...aSlice({ shard, stream }), ...part, state: 'staged' as const }
}

describe('a manifest', () => {
  it('lists parts by location, for any order of slices', () => {
    const slices = [staged('10', 'A'), staged('9', 'B'), staged('1', 'C')]
    const manifest = buildManifest(KEY, slices, 1)
    expect(manifest.entries.map(({ shard: location }) => location)).toEqual(['1', '10', '9'])
    expect(manifestBytes(buildManifest(KEY, slices.toReversed(), 1))).toEqual(manifestBytes(manifest))
  })

  it('has the same bytes for slices whose facts are written in another order', () => {
    const slice = staged('1', 'A')
    const { object, rows, bytes } = slice.delivery.part
    const turned = {
      ...slice,
      delivery: { ...slice.delivery, part: { bytes, rows, object }, totals: { tip: '1.00', amount: '65.25' } },
    }
    const straight = { ...slice, delivery: { ...slice.delivery, totals: { amount: '65.25', tip: '1.00' } } }
    expect(manifestBytes(buildManifest(KEY, [turned], 1))).toEqual(manifestBytes(buildManifest(KEY, [straight], 1)))
  })

  it('comes back from its bytes', () => {
    const manifest = buildManifest(KEY, [staged('1', 'A'), aSlice({ shard: '2', state: 'missing' })], 7)
    expect(parseManifest(manifestBytes(manifest))).toEqual(manifest)
    expect(manifestName(KEY, 7)).toBe('manifests/toast/orders/2025-02-05/7.json')
  })

  it.each(['', '{}', '{"version":2}', 'not JSON'])('is not read from %j', (text) => {
    expect(() => parseManifest(Buffer.from(text))).toThrow(expect.objectContaining({ code: 'OBJECT_CONFLICT' }))
  })

  it('sums rows and money of its parts', () => {
    const manifest = buildManifest(KEY, [staged('1', 'A'), staged('2', 'B')], 1)
    expect(manifest).toMatchObject({ rows: 131, totals: { amount: '131.50' } })
  })

  it('keeps what a held slice delivered before, and names the slices that give nothing', () => {
    const slices = [
      aSlice({ ...staged('1', 'A'), state: 'quarantined' }),
      aSlice({ shard: '2', state: 'quarantined' }),
      aSlice({ shard: '3', state: 'waived' }),
    ]
    const manifest = buildManifest(KEY, slices, 1)
    expect(manifest.entries.map(({ shard: location }) => location)).toEqual(['1'])
    expect(manifest.absent.map(({ shard: location, state }) => [location, state])).toEqual([
      ['2', 'quarantined'],
      ['3', 'waived'],
    ])
  })

  it('leaves out other streams and other dates', () => {
    const slices = [staged('1', 'A', 'payments'), { ...staged('2', 'B'), window: '2025-02-06' }]
    expect(buildManifest(KEY, slices, 1)).toMatchObject({ entries: [], absent: [] })
  })

  it('of rejects lists those of all streams, with the file they were found in', () => {
    const held = { ...staged('2', 'B'), raw: { object: 'raw/newer', sha256: 'f'.repeat(64), bytes: 1 } }
    const slices = [staged('1', 'A', 'payments'), staged('1', 'A'), held, aSlice({ shard: '3', state: 'missing' })]
    const manifest = buildManifest({ ...KEY, stream: 'rejects' }, slices, 1)
    expect(
      manifest.entries.map(({ shard: location, stream, rawSha256 }) => [location, stream, rawSha256.slice(-2)]),
    ).toEqual([
      ['1', 'orders', '41'],
      ['1', 'payments', '41'],
      ['2', 'orders', '42'],
    ])
    expect(manifest).toMatchObject({ rows: 6, totals: {}, absent: [{ shard: '3' }] })
  })

  it('lists slices with the same parts, for any absent location', () => {
    const one = buildManifest(KEY, [staged('1', 'A')], 1)
    expect(listsSlices(one, [staged('1', 'A'), aSlice({ shard: '2', state: 'missing' })])).toBe(true)
    expect(listsSlices(one, [staged('1', 'B')])).toBe(false)
  })
})

describe('sums of money', () => {
  const cents = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n })
  const toText = (value: bigint) => {
    const digits = String(value < 0n ? -value : value).padStart(3, '0')
    return `${value < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
  }

  it('are exact, however large', () => {
    fc.assert(
      fc.property(fc.array(cents, { minLength: 1 }), (values) => {
        const { a } = sumTotals(values.map((value) => ({ a: toText(value) })))
        expect(a).toBe(toText(values.reduce((sum, value) => sum + value, 0n)))
      }),
    )
  })

  it('add amounts of different scale, and columns that only some have', () => {
    expect(sumTotals([{ a: '0.1', b: '-1' }, { a: '0.000000001' }, { a: '-0.5' }])).toEqual({
      a: '-0.399999999',
      b: '-1',
    })
    expect(sumTotals([])).toEqual({})
  })
})

describe('reconciliation', () => {
  const listed = { rows: 2, totals: { a: '1.50', gone: '3.00' } }

  it('finds nothing where rows and money are equal, in any notation', () => {
    expect(reconcile(listed, { rows: 2, totals: { a: '1.5000', b: '0.00' } }, ['a', 'b'])).toBeNull()
    expect(reconcile({ rows: 0, totals: {} }, { rows: 0, totals: { a: '-0.00' } }, ['a'])).toBeNull()
  })

  it('names the numbers that differ', () => {
    expect(reconcile(listed, { rows: 3, totals: { a: '1.50' } }, ['a'])).toBe(
      'the warehouse holds 3 rows, the manifest lists 2',
    )
    expect(reconcile(listed, { rows: 2, totals: { a: '1.51' } }, ['a'])).toBe(
      'a sums to 1.51 in the warehouse, to 1.50 in the manifest',
    )
    expect(reconcile(listed, { rows: 2, totals: {} }, ['a'])).toContain('a sums to 0')
  })
})
