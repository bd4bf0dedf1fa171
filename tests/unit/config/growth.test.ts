import { expect, it } from 'vitest'
import { LocationsConfig } from '../../../functions/config/config.ts'
import { readConfig } from '../../../functions/config/read.ts'
import { readYaml } from '../../../functions/config/yaml.ts'
import { ALMOST_LINEAR, growth } from '../../support/growth.ts'

it('20,000 keys take about ten times the processor time of 2,000', async () => {
  const read = (keys: number) => {
    const text = Array.from({ length: keys }, (_, at) => `key${at}: 1`).join('\n')
    expect(readYaml({ file: 'a.yaml', text, env: {} }).problems).toEqual([])
  }
  expect(await growth(read, 2_000)).toBeLessThan(ALMOST_LINEAR)
})

it('a file may hold 10,000 locations, which take about ten times the processor time of 1,000', async () => {
  const item = (at: number) =>
    `  - id: "${100_000 + at}"\n    name: Restaurant ${at}\n    time_zone: America/New_York\n    pipelines: [toast]\n`
  const read = (count: number) => {
    const text = `version: 1\nlocations:\n${Array.from({ length: count }, (_, at) => item(at)).join('')}`
    const { value, problems } = readConfig(LocationsConfig, { file: 'config/locations.yaml', text, env: {} })
    expect(problems).toEqual([])
    expect(value?.locations).toHaveLength(count)
  }
  expect(await growth(read, 1_000)).toBeLessThan(ALMOST_LINEAR)
})
