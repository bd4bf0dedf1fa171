import { expect, it } from 'vitest'
import { patternProblem, wholeText } from '../../../functions/contract/pattern.ts'

it.each(['-?[0-9]{1,20}', '[A-Z]{2}-\\d+', '(?:a|b)[0-9a-f_]*', 'x{2,}', '\\.\\w'])('takes %s', (pattern) => {
  expect(patternProblem(pattern)).toBeNull()
})

it.each(['(?=x)', '(?<n>x)', '\\b', '\\1', '.', '^x', 'x$', '[^a]', '\\p{L}', 'é', '(', '*', '[b-a]', 'x{9999}'])(
  'refuses %s, which the engines may read in different ways or not at all',
  (pattern) => {
    expect(patternProblem(pattern)).toContain('`')
  },
)

it.each(['1', '-1', '-600000000187953222', '900000004019184325'])('of ids takes %s', (id) => {
  expect(wholeText('-?[0-9]{1,20}').test(id)).toBe(true)
})
