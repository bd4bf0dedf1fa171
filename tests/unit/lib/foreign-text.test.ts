import { expect, it } from 'vitest'
import { cutText, quoteName, quoteNames } from '../../../functions/lib/foreign-text.ts'

it('keeps a short text, and cuts a long one with its length said', () => {
  expect(cutText('Order Id', 20)).toBe('Order Id')
  expect(cutText('x'.repeat(900_000), 5)).toBe('xxxxx... (900000 characters)')
})

it('never cuts inside of a character', () => {
  expect(cutText('ab😀cd', 3)).toBe('ab... (6 characters)')
})

it.each([
  ['Order\u200bId', '"Order\\u{200b}Id"'],
  ['a\u00a0b', '"a\\u{a0}b"'],
  ['a b', '"a b"'],
  ['say "hi"', '"say \\"hi\\""'],
])('shows what cannot be seen in %j', (name, shown) => {
  expect(quoteName(name)).toBe(shown)
})

it('names fifty of a list, and says how many more there are', () => {
  const shown = quoteNames(Array.from({ length: 40_000 }, (_, at) => `column ${at}`))
  expect(shown).toContain('"column 49" and 39950 more')
  expect(shown.length).toBeLessThan(1_000)
})
