import { expect, it } from 'vitest'
import { shortOf, shown } from '../../../dashboard/src/data/shown.ts'

it('shows hidden characters by their number, wherever they are in an answer', () => {
  const answer = {
    file: 'a\u202efdp.csv',
    rows: [['\u0000', null, 1, 'zero\u200bwidth']],
    more: { note: 'line\nline\tend' },
  }
  expect(shown(answer)).toEqual({
    file: 'a\\u{202e}fdp.csv',
    rows: [['\\u{0}', null, 1, 'zero\\u{200b}width']],
    more: { note: 'line\nline\tend' },
  })
})

it('leaves letters of all scripts as they are', () => {
  const names = ['Café São João', 'דוכן שלוש', 'متجر', '東京', '🍕 family 👨‍👩‍👧']
  expect(shown(names)).toEqual(names)
})

it('cuts a long value, and says how long it is', () => {
  expect(shortOf('a'.repeat(500))).toBe('a'.repeat(500))
  expect(shortOf('a'.repeat(1_048_576))).toBe(`${'a'.repeat(500)}… (1,048,576 characters)`)
})
