import { join } from 'node:path'
import { expect, it } from 'vitest'
import { daybreak } from '../../support/cli.ts'

const cwd = join(process.cwd(), 'examples/two-pipelines')

it('lists the pipelines of a project, and shows one', async () => {
  const list = JSON.parse((await daybreak(['pipelines', 'list', '-o', 'json'], { cwd })).stdout)
  expect(list.map(({ pipeline, streams }: Record<string, unknown>) => [pipeline, streams])).toEqual([
    ['kitchen', 1],
    ['shop', 1],
  ])
  const { stdout } = await daybreak(['pipelines', 'show', 'shop'], { cwd })
  expect(stdout).toMatch(/^pipeline +shop\n[\s\S]*file +config\/pipelines\/shop\.yaml\n[\s\S]*streams +sales/)
  expect(stdout).not.toContain('[object')
})

it('names the pipelines that there are', async () => {
  const { code, stderr } = await daybreak(['pipelines', 'show', 'shp'], { cwd })
  expect([code, stderr]).toEqual([2, expect.stringContaining('the project has kitchen, shop. Did you mean "shop"?')])
})
