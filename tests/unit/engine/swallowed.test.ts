import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createScanner } from '../../../functions/engine/file/scanner.ts'
import { hiddenRows, swallowedLines } from '../../../functions/engine/file/swallowed.ts'

const row = (width: number, first: string) =>
  [first, ...Array.from({ length: width - 1 }, (_, at) => `v${at}`)].join(',')

it.each([2, 3, 8, 9, 40])('finds the rows that a quote swallowed in a file of %i columns', (width) => {
  const [first, ...rest] = row(width, 'Main Street').split(',')
  const field = [rest.join(','), row(width, 'Elsewhere'), [first, ...rest.slice(0, -1)].join(',')].join('\n')
  expect(swallowedLines(field, { width, first: 'Main Street' })).toBe(2)
})

it.each([
  'Serves 4, with 2 sides\nand salad',
  'one\ntwo\n\nthree',
  'no onions, no nuts, no salt,\nplease, and 2, or 3, forks',
  '12 Main Street, Springfield\n600000, and more',
])('takes %j for a note', (field) => {
  expect(swallowedLines(field, { width: 24, first: 'Main Street' })).toBe(0)
})

it.each(['note\nMain Street,1', 'note\n600000034357000001,7', 'note\n-600000034357000001,7'])(
  'takes %j for rows, because a line begins as rows do',
  (field) => {
    expect(swallowedLines(field, { width: 24, first: 'Main Street' })).toBe(1)
  },
)

it('is looked for in every field where it may be found, however the bytes are cut into blocks', () => {
  const parts = fc.array(fc.constantFrom('a', ',', ', ', '\n', '600000,x', 'Main,', 'Main St', '""', 'é'), {
    maxLength: 30,
  })
  const blocks = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 })
  fc.assert(
    fc.property(
      parts,
      fc.constantFrom('Main', '"Main"', '"Ma,in"', 'x'),
      fc.integer({ min: 2, max: 12 }),
      blocks,
      (inner, first, width, sizes) => {
        const bytes = Buffer.from(`${first},"${inner.join('')}"\n`)
        const scanner = createScanner({ pieceBytes: 1e9, width })
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1
          scanner.push(bytes.subarray(at, at + size))
          at += size
        }
        const field = inner.join('').replaceAll('""', '"')
        const found = swallowedLines(field, { width, first: first.replaceAll('"', '') })
        if (found > 0) expect(scanner.finish().oddities).toBeGreaterThan(0)
      },
    ),
    { numRuns: 2_000 },
  )
})

describe('rows inside a record that is no row', () => {
  const row = 'Main Street,1,2,3'
  const hidden = (text: string) => hiddenRows(Buffer.from(text), 4)

  it('are as many as its separators make, less its own', () => {
    expect(hidden(row)).toBe(0)
    expect(hidden(`Main Street,"1,2,3\n${row}\n${row}\nMain Street,1",2,3`)).toBe(3)
  })

  it('are none in prose of several lines', () => {
    expect(hidden('Main Street,"one\ntwo, and\nthree",2')).toBe(0)
  })
})
