import { readdirSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import type { PipelineDefinition } from '../../functions/pipeline/definition.ts'
import type { Ports, Transformer } from '../../functions/pipeline/ports.ts'
import { replayInShadow } from '../../functions/pipeline/views/shadow.ts'
import { generateNight } from '../../mock/night.ts'
import { at } from '../support/definition.ts'
import { ofTheSeven } from '../support/seven.ts'
import { createWorld, finalState, type World } from '../support/world.ts'

const DATE = '2025-02-05'

let transformer: Transformer
beforeAll(async () => {
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: '.' })
})
afterAll(() => transformer.close())

let world: World
beforeEach(async () => {
  world = await createWorld({ now: at('2025-02-06T12:00:00Z'), transformer })
  const location = { id: '185001', name: 'East', timeZone: 'America/New_York', closeoutHour: 4 }
  const night = ofTheSeven(
    generateNight({ seed: 1, date: DATE, profile: 'small', scale: 0.5, closed: false, location }),
  )
  for (const { name, bytes } of night) await world.write(`185001/20250205/${name}`, bytes)
  await world.run({ scope: { windows: [DATE] } })
})
afterEach(() => world.close())

async function shadow(change: (definition: PipelineDefinition, ports: Ports) => readonly [PipelineDefinition, Ports]) {
  const daybreak = await world.open()
  try {
    const [definition, ports] = change(daybreak.definitions.get('toast')!, daybreak.ports)
    return await replayInShadow(definition, [DATE], ports)
  } finally {
    await daybreak.close()
  }
}

it('finds a night the same to the byte while nothing has changed, and changes nothing itself', async () => {
  const files = () =>
    readdirSync(world.home, { recursive: true, encoding: 'utf8' })
      .filter((path) => !/sqlite|duckdb|tmp/.test(path))
      .toSorted()
  const [before, objects] = [await finalState(world), files()]
  const results = await shadow((definition, ports) => [definition, ports])
  expect(results).toHaveLength(7)
  for (const result of results) expect(result).toMatchObject({ outcome: 'same', sameVersion: true, message: '' })
  expect(await finalState(world)).toEqual(before)
  expect(files()).toEqual(objects)
})

it('sees a contract that sums another column, and says by how much', async () => {
  const results = await shadow((definition, ports) => {
    const orders = definition.contracts.get('order_details')!
    const columns = orders.columns.map((column) =>
      column.name === 'amount'
        ? { ...column, from: 'Tax' }
        : column.name === 'tax'
          ? { ...column, from: 'Amount' }
          : column,
    )
    const contracts = new Map([...definition.contracts, ['order_details', { ...orders, columns, checks: [] }]])
    return [{ ...definition, contracts }, ports]
  })
  const changed = results.filter(({ outcome }) => outcome !== 'same')
  expect(changed.map(({ stream }) => stream)).toEqual(['order_details'])
  expect(changed[0]).toMatchObject({ outcome: 'different', sameVersion: false })
  expect(changed[0]!.message).toMatch(/^sum of amount: \d+\.\d+ then, \d+\.\d+ now; sum of tax: /)
})

it('sees an engine that loses a row', async () => {
  const results = await shadow((definition, ports) => {
    const losing: Transformer = {
      ...ports.transformer,
      engine: 'losing',
      async transform(request) {
        const made = await ports.transformer.transform(request)
        return { ...made, counts: { ...made.counts, accepted: made.counts.accepted - 1 } }
      },
    }
    return [definition, { ...ports, transformer: losing }]
  })
  expect(
    results.every(
      ({ outcome, message }) => outcome === 'different' && /accepted rows: \d+ then, -?\d+ now/.test(message),
    ),
  ).toBe(true)
})

it('sees an engine that fails, and tells the code', async () => {
  const results = await shadow((definition, ports) => [
    definition,
    { ...ports, transformer: { ...ports.transformer, transform: () => Promise.reject(new Error('no such function')) } },
  ])
  expect(new Set(results.map(({ outcome, code }) => `${outcome} ${code}`))).toEqual(new Set(['failed INTERNAL']))
})
