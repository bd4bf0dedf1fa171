import { describe, expect, it } from 'vitest'
import { headerHistory, type SeenType, seenType } from '../../../functions/contract/header-history.ts'

/** A header as `name:type` texts; no type where all values are empty. */
function seen(window: string, columns: string, shard = '1001') {
  const parsed = columns.split(' ').map((text) => {
    const [name = '', type] = text.split(':')
    return { name, type: (type as SeenType | undefined) ?? null }
  })
  return { window, shard, columns: parsed }
}

describe('the headers of a stream over time', () => {
  it('are one as long as names and order stay, with the first and last day', () => {
    const [only, ...more] = headerHistory([seen('2025-01-02', 'id total', '1002'), seen('2025-01-01', 'id total')])
    expect(more).toEqual([])
    expect(only).toMatchObject({
      first: '2025-01-01',
      last: '2025-01-02',
      files: 2,
      shards: ['1001', '1002'],
      changes: [],
    })
  })

  it('say on which day a column came, went and moved', () => {
    const history = headerHistory([
      seen('2025-01-01', 'id guests total tax'),
      seen('2025-01-02', 'id tip tax total'),
      seen('2025-01-03', 'id tip tax total'),
    ])
    expect(history.map(({ first }) => first)).toEqual(['2025-01-01', '2025-01-02'])
    expect(history[1]?.changes).toEqual([
      { kind: 'went', column: 'guests', position: 2 },
      { kind: 'came', column: 'tip', position: 2 },
      { kind: 'moved', column: 'tax', from: 4, to: 3 },
      { kind: 'moved', column: 'total', from: 3, to: 4 },
    ])
  })

  it('move no column that only made room for another', () => {
    const [, second] = headerHistory([seen('2025-01-01', 'id total'), seen('2025-01-02', 'id tip total')])
    expect(second?.changes).toEqual([{ kind: 'came', column: 'tip', position: 2 }])
  })

  it('say when the values of a column are of another kind, and not when they were empty or whole numbers', () => {
    const history = headerHistory([
      seen('2025-01-01', 'id:int64 note'),
      seen('2025-01-02', 'id:numeric note:string'),
      seen('2025-01-03', 'id:string note'),
    ])
    expect(history).toHaveLength(2)
    expect(history[1]?.changes).toEqual([{ kind: 'type', column: 'id', from: 'numeric', to: 'string' }])
  })

  it('know a header that comes back', () => {
    const history = headerHistory([seen('2025-01-01', 'a b'), seen('2025-01-02', 'a'), seen('2025-01-03', 'a b')])
    expect(history.map(({ first, last, files }) => [first, last, files])).toEqual([
      ['2025-01-01', '2025-01-03', 2],
      ['2025-01-02', '2025-01-02', 1],
    ])
  })
})

it.each([
  [['1', '-20', ''], 'int64'],
  [['1', '2.50'], 'numeric'],
  [['true', 'FALSE'], 'bool'],
  [['2/5/25 11:58 AM', '2/6/25 1:00 PM'], 'date or time'],
  [['11:58 PM'], 'date or time'],
  [['tea', '1'], 'string'],
  [['', ' '], null],
  // An id of 20 digits is no number of 64 bits.
  [['40000000000000000001'], 'numeric'],
])('the values %j look like %s', (values, type) => {
  expect(seenType(values)).toBe(type)
})
