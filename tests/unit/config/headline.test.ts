import { expect, it } from 'vitest'
import { toDaybreakError } from '../../../functions/errors.ts'
import { loadFiles, projectFiles } from '../../support/project.ts'

const PIPELINE = 'config/pipelines/toast.yaml'
const load = (headline: string) =>
  loadFiles(projectFiles({ [PIPELINE]: `${projectFiles()[PIPELINE]}headline: ${headline}\n` }))

it('a pipeline names the amount that stands for a day', async () => {
  const { pipelines } = await load('{ stream: orders, sum: amount, label: net sales }')
  expect(pipelines.get('toast')?.headline).toEqual({ stream: 'orders', sum: 'amount', label: 'net sales' })
})

it.each([
  ['{ stream: order, sum: amount, label: x }', 'there is no stream "order". Did you mean "orders"?'],
  ['{ stream: orders, sum: amont, label: x }', 'orders has no numeric column "amont". Did you mean "amount"?'],
  ['{ stream: orders, sum: order_id, label: x }', 'orders has no numeric column "order_id".'],
])('refuses a headline that does not exist: %s', async (headline, message) => {
  const error = await load(headline).catch((thrown: unknown) => thrown)
  expect(toDaybreakError(error).message).toContain(message)
})
