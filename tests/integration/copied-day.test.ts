import { afterAll, beforeAll, expect, it } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import { warehouseOf } from '../../functions/pipeline/destination.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import { generateNight } from '../../mock/night.ts'
import { at } from '../support/definition.ts'
import { createWorld, type World } from '../support/world.ts'

const FIRST = '2025-02-04'
const SECOND = '2025-02-05'
const REPORT = 'AllItemsReport.csv'

let transformer: Transformer
beforeAll(async () => {
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: '.' })
})
afterAll(() => transformer.close())

const report = () => {
  const location = { id: '185001', name: 'East', timeZone: 'America/New_York', closeoutHour: 4 }
  const files = generateNight({ seed: 1, date: FIRST, profile: 'small', scale: 0.4, closed: false, location })
  return files.find(({ name }) => name === REPORT)?.bytes ?? ''
}

/** Publishes one report on two days in an order, and tells what became of each. */
async function ending(order: readonly string[]) {
  const world: World = await createWorld({ now: at('2025-02-06T12:00:00Z'), transformer, minimumAge: 0 })
  for (const window of order) {
    await world.write(`185001/${window.replaceAll('-', '')}/${REPORT}`, report())
    await world.run({ scope: { windows: [window], streams: ['all_items_report'] } })
    await world.clock.advance(3_600_000)
  }
  const daybreak = await world.open()
  const { ledger } = daybreak.ports
  const warehouse = warehouseOf(daybreak.ports, 'toast')
  const slices = await ledger.slices({ streams: ['all_items_report'] })
  const table = (await warehouse.query('SELECT business_date FROM toast.all_items_report GROUP BY 1')).rows
  const incidents = await ledger.incidents({ states: ['open'], keyPrefix: 'refused/' })
  await daybreak.close()
  await world.close()
  return {
    slices: slices.map(({ window, state, delivery, reason }) => ({
      window,
      state,
      published: delivery !== null,
      reason,
    })),
    table,
    refused: incidents.map(({ key, subjects }) => [key, ...subjects.first]),
  }
}

it('holds a copy of another day, whether the copy or the right day was read first', async () => {
  const right = await ending([FIRST, SECOND])
  expect(right).toMatchObject({
    slices: [
      { window: FIRST, state: 'loaded', published: true },
      { window: SECOND, state: 'held', published: false, reason: { code: 'FILE_HELD' } },
    ],
    refused: [['refused/toast/185001/FILE_HELD', `${SECOND} all_items_report`]],
  })
  expect(await ending([SECOND, FIRST])).toEqual(right)
})
