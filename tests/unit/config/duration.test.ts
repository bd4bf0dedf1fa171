import fc from 'fast-check'
import { expect, it } from 'vitest'

import { toMilliseconds } from '../../../functions/config/duration.ts'
import { Duration } from '../../../functions/config/scalars.ts'

it.each([
  ['500ms', 500],
  ['30s', 30_000],
  ['5m', 300_000],
  ['2h', 7_200_000],
  ['7d', 604_800_000],
  ['99999999d', 8_639_999_913_600_000],
])('%s is %i milliseconds', (text, expected) => {
  expect(toMilliseconds(text)).toBe(expected)
})

it('more digits than a number of milliseconds can hold are refused', () => {
  expect(Duration.safeParse('800000000d').success).toBe(false)
})

it('every duration the schema accepts has a number of milliseconds, and nothing else has', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^\d{1,10} ?(ms|s|m|h|d|w|min)?$/)), (text) => {
      if (Duration.safeParse(text).success) expect(Number.isSafeInteger(toMilliseconds(text))).toBe(true)
      else expect(() => Duration.parse(text)).toThrow()
    }),
  )
})
