import { expect, it } from 'vitest'
import { spliceYaml } from '../../../functions/config/splice-yaml.ts'

const text = `# top
columns:
  - { name: a, from: A, required: true }  # first
  - name: b   # second
    from: B
    required: true
`

it('changes values, pairs and lists in place, and leaves every other byte', () => {
  const after = spliceYaml(text, [
    { at: ['columns', 0, 'from'], value: '[A, "A 2"]' },
    { at: ['columns', 0, 'required'], pair: 'optional: true' },
    { at: ['columns', 1, 'required'], pair: 'optional: true' },
    { at: ['columns', 1, 'privacy'], pair: 'privacy: drop' },
    { at: ['columns'], entry: '{ name: c }' },
  ])
  expect(after).toBe(`# top
columns:
  - { name: a, from: [A, "A 2"], optional: true }  # first
  - name: b   # second
    from: B
    optional: true
    privacy: drop
  - { name: c }
`)
})

it('refuses a place that the text does not have', () => {
  expect(() => spliceYaml(text, [{ at: ['columns', 7, 'from'], value: 'x' }])).toThrow('columns.7.from')
})
