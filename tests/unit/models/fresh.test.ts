import { expect, it } from 'vitest'
import { expectCompiledModels } from '../../../functions/compose/models.ts'

it('the models of this repository are as they were compiled: else run `daybreak model compile`', async () => {
  const { models } = await expectCompiledModels(process.cwd())
  expect(Object.keys(models).length).toBeGreaterThan(0)
})
