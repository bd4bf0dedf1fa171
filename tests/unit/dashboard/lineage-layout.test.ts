import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { layout } from '../../../dashboard/src/screens/lineage/layout.ts'
import { rangesOf } from '../../../dashboard/src/screens/lineage/ranges.ts'
import { columnsOnPath, nearOf, pathOf } from '../../../dashboard/src/screens/lineage/trace.ts'

type Edges = readonly (readonly [from: string, to: string])[]

const edgesOf = (edges: Edges) => edges.map(([from, to]) => ({ from, to }))
const laidOut = (ids: readonly string[], edges: Edges, height = 28) => {
  const { placed, ...rest } = layout(
    ids.map((id) => ({ id, height })),
    edgesOf(edges),
  )
  return { ...rest, at: new Map(placed.map((each) => [each.id, each])) }
}

describe('layout of the lineage', () => {
  it('places each node right of everything that it is made of', () => {
    const { at, layers } = laidOut(
      ['sheet', 'file', 'sales', 'stream'],
      [
        ['file', 'stream'],
        ['stream', 'sales'],
        ['sales', 'sheet'],
        ['stream', 'sheet'],
      ],
    )
    expect(['file', 'stream', 'sales', 'sheet'].map((id) => at.get(id)?.layer)).toEqual([0, 1, 2, 3])
    expect(layers).toBe(4)
  })

  it('sorts a layer so that lines do not cross where they need not', () => {
    const { at } = laidOut(
      ['a', 'b', 'c', 'x', 'y', 'z'],
      [
        ['a', 'z'],
        ['b', 'y'],
        ['c', 'x'],
      ],
    )
    const order = (ids: readonly string[]) =>
      ids.toSorted((one, other) => (at.get(one)?.top ?? 0) - (at.get(other)?.top ?? 0))
    const partner: Readonly<Record<string, string>> = { a: 'z', b: 'y', c: 'x' }
    expect(order(['x', 'y', 'z'])).toEqual(order(['a', 'b', 'c']).map((id) => partner[id]))
  })

  it('gives a line over several layers a place of its own in each of them', () => {
    const { at, ways } = laidOut(
      ['a', 'b', 'c'],
      [
        ['a', 'b'],
        ['b', 'c'],
        ['a', 'c'],
      ],
    )
    const [way] = ways.get('a>c') ?? []
    const { top = 0, height = 0 } = at.get('b') ?? {}
    expect(way === undefined || (way > top && way < top + height)).toBe(false)
    expect(ways.get('a>b')).toEqual([])
  })

  it('ends for what reads itself on a detour, and for no node at all', () => {
    const circle = laidOut(
      ['a', 'b'],
      [
        ['a', 'b'],
        ['b', 'a'],
        ['a', 'a'],
      ],
    )
    expect(circle.at.size).toBe(2)
    expect(laidOut([], [])).toMatchObject({ layers: 0, height: 0 })
  })

  it('never places one node over another, and the same graph always alike', () => {
    const pairs = fc.array(fc.tuple(fc.nat(23), fc.nat(23)), { maxLength: 40 })
    fc.assert(
      fc.property(pairs, (drawn) => {
        const ids = Array.from({ length: 24 }, (_, at) => `n${at}`)
        const edges = drawn.map(([a, b]) => [`n${Math.min(a, b)}`, `n${Math.max(a, b)}`] as const)
        const { at, height } = laidOut(ids, edges)
        expect(laidOut(ids, edges).at).toEqual(at)
        for (const column of Map.groupBy(at.values(), ({ layer }) => layer).values()) {
          const tops = column.map(({ top }) => top).toSorted((a, b) => a - b)
          expect(tops[0]).toBeGreaterThanOrEqual(0)
          expect((tops.at(-1) ?? 0) + 28).toBeLessThanOrEqual(height)
          for (const [place, top] of tops.slice(1).entries())
            expect(top - (tops[place] ?? 0)).toBeGreaterThanOrEqual(28)
        }
      }),
    )
  })
})

describe('path of a line and of a column', () => {
  it('is what a node is made of and what depends on it, and nothing next to it', () => {
    const edges = edgesOf([
      ['file', 'stream'],
      ['stream', 'sales'],
      ['stream', 'mix'],
      ['sales', 'sheet'],
    ])
    expect([...nearOf('sales', edges)].toSorted()).toEqual(['file', 'sales', 'sheet', 'stream'])
  })

  it('passes the layers in between from edge to edge', () => {
    const line = { from: { x: 100, y: 10 }, to: { x: 420, y: 50 }, ways: [30], step: 160 }
    const ends = [...pathOf(line).matchAll(/ (\d+) (\d+)(?=C|$)/g)].map(([, x, y]) => [Number(x), Number(y)])
    expect(ends).toEqual([
      [260, 30],
      [260, 30],
      [420, 50],
    ])
  })

  it('shows of each node the columns that edges name, in the order of the node', () => {
    const nodes = [
      { id: 'a', columns: [{ name: 'x' }, { name: 'y' }, { name: 'z' }] },
      { id: 'b', columns: [{ name: 'sum' }] },
    ]
    const columns = [
      { from: 'z', to: 'sum' },
      { from: 'x', to: 'sum' },
    ]
    expect([...columnsOnPath(nodes, [{ from: 'a', to: 'b', columns }])]).toEqual([
      ['a', ['x', 'z']],
      ['b', ['sum']],
    ])
  })
})

it('lines of a file are told as ranges', () => {
  expect(rangesOf([5, 2, 3, 4, 9, 11, 12])).toEqual(['2–5', '9', '11–12'])
  expect(rangesOf([])).toEqual([])
})
