import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { NotifyConfig } from '../../../functions/config/notify-config.ts'

const blocks = [...readFileSync('docs/notifications.md', 'utf8').matchAll(/^```yaml\n(.*?)^```$/gms)]

it.each(blocks.map(([, text = '']) => ({ text, keys: Object.keys(parse(text)).join(', ') })))(
  'the guide shows $keys as config/notify.yaml takes them',
  ({ text }) => {
    expect(NotifyConfig.safeParse({ version: 1, ...parse(text) }).error?.issues ?? []).toEqual([])
  },
)

it('the guide shows people, policies and rules', () => {
  const keys = blocks.flatMap(([, text = '']) => Object.keys(parse(text)))
  expect(keys).toEqual(expect.arrayContaining(['people', 'policies', 'incidents', 'rules']))
})
