import { posix } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isPlainName, quoteName } from '../../../functions/lib/plain-name.ts'

it.each(['OrderDetails.csv', '20260101', 'a b', '...', '.hidden', '小籠包.csv', '🥟', 'x'.repeat(255)])(
  '%j is plain',
  (name) => {
    expect(isPlainName(name)).toBe(true)
  },
)

it.each([
  '',
  '.',
  '..',
  'a/b',
  '../a',
  'a\\b',
  'a\0',
  '\n',
  '\u007f',
  '\u0085',
  '\ufffd',
  'x'.repeat(256),
  '餃'.repeat(86),
])('%j is not plain', (name) => {
  expect(isPlainName(name)).toBe(false)
})

it('a plain name never leaves its folder', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('.', '/', 'a', '\\', '\0') })), (name) => {
      if (isPlainName(name)) expect(posix.dirname(posix.join('/root', name))).toBe('/root')
    }),
  )
})

it('a quoted name is short and holds no control character', () => {
  expect(quoteName(`a\u001b[2J${'x'.repeat(5_000)}`)).toMatch(/^"a\\u001b\[2Jx+\.\.\."$/)
  expect(quoteName('invoice_\u202evsc.exe')).toBe('"invoice_\\u{202e}vsc.exe"')
  expect(quoteName('🥟'.repeat(100))).toBe(`"${'🥟'.repeat(60)}..."`)
  expect(quoteName('x'.repeat(5_000)).length).toBeLessThan(70)
})
