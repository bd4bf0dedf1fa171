import { expect, it } from 'vitest'
import { loadFiles, projectFiles } from '../../support/project.ts'

const FILE = 'config/environments/anna.yaml'
const ask = { environment: 'anna', isForModels: true }
const withAnna = (text: string) => projectFiles({ [FILE]: text })
const own = (more = '') => withAnna(`version: 1\nenvironment: anna\nmodels_of: local\n${more}`)

it('has the places of the environment that it shares, and views of its own', async () => {
  const [anna, local] = [await loadFiles(own(), ask), await loadFiles(own())]
  expect(anna.environment).toEqual(local.environment)
  expect([anna.modelViews, local.modelViews]).toEqual(['models_anna', 'models'])
  expect([anna.modelEnvironments, local.modelEnvironments]).toEqual([['anna'], ['anna']])
})

it('is refused for what is not about models, with the environment to use', async () => {
  await expect(loadFiles(own(), { environment: 'anna' })).rejects.toThrow(
    /anna is an environment of models alone.*`-e local`/,
  )
})

it.each([
  [
    'another name than its file',
    `version: 1\nenvironment: ben\nmodels_of: local\n`,
    /anna\.yaml:2:\d+ environment: "ben" is not "anna"/,
  ],
  [
    'an environment that is none',
    `version: 1\nenvironment: anna\nmodels_of: dev\n`,
    /models_of: there is no config\/environments\/dev\.yaml/,
  ],
  ['a place of its own', own('warehouse: { kind: duckdb, path: /x }\n')[FILE] ?? '', /anna\.yaml:4:1/],
  ['the name of a dataset', `version: 1\nenvironment: data\nmodels_of: local\n`, /name of a dataset of models/],
])('is refused with %s', async (_, text, message) => {
  await expect(loadFiles(withAnna(text), ask)).rejects.toThrow(message)
})
