import { expect, it } from 'vitest'
import { asSentence, titleOf } from '../../../dashboard/src/screens/incidents/title.ts'

it.each([
  ['cash_entries of 29 Oct is missing', 'cash_entries of 29 Oct is missing.'],
  ['PaymentDetails.csv lacks "Amount".', 'PaymentDetails.csv lacks "Amount".'],
  ['Is it late?', 'Is it late?'],
])('%s ends before the next sentence begins', (text, expected) => {
  expect(asSentence(text)).toBe(expected)
})

it('a title says no time that was left when it opened', () => {
  const title = '2 files are missing; the server deletes them in 3 d 2 h'
  expect(titleOf({ title: title.replace('them', 'the files'), goneAt: '2026-11-01T00:00:00Z' })).toBe(
    '2 files are missing',
  )
  expect(titleOf({ title, goneAt: null })).toBe(title)
})
