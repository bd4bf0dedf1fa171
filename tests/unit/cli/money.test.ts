import { expect, it } from 'vitest'
import { asMoney } from '../../../cli/money.ts'

it.each([
  ['12', '12.00'],
  ['12.3', '12.30'],
  ['12.3400', '12.34'],
  ['-0.0049', '0.00'],
  ['-0.005', '-0.01'],
  ['99999999999999999.995', '100000000000000000.00'],
  ['0', '0.00'],
  ['', ''],
  ['n/a', 'n/a'],
])('%s is shown as %s', (text, shown) => {
  expect(asMoney(text)).toBe(shown)
})
