import { tmpdir } from 'node:os'
import { expect, it, onTestFinished } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import { warehouseOf } from '../../functions/pipeline/destination.ts'
import { generateNight } from '../../mock/night.ts'
import { startCloudWarehouse } from '../support/cloud-warehouse.ts'
import { at } from '../support/definition.ts'
import { compileScripts, PARTY_SIZE } from '../support/script-models.ts'
import { createWorld, type World } from '../support/world.ts'

const DATE = '2025-02-05'

it('builds a script over the local Google Cloud with the rows that it has on one machine', async () => {
  const models = await compileScripts(PARTY_SIZE)
  const transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: tmpdir() })
  onTestFinished(() => transformer.close())
  const cloud = await startCloudWarehouse(models, { now: () => moved.clock.now() })
  onTestFinished(() => cloud.close())
  const options = { now: at('2025-02-06T14:00:00Z'), transformer, streams: ['order_details'], models }
  const laptop = await createWorld(options)
  const moved: World = await createWorld({ ...options, change: cloud.move })
  const night = generateNight({
    ...{ seed: 1, date: DATE, profile: 'small', scale: 0.5, closed: false },
    location: { id: '185001', name: 'East', timeZone: 'America/New_York', closeoutHour: 4 },
  })
  const answers: (readonly (readonly (string | null)[])[])[] = []
  for (const world of [laptop, moved]) {
    onTestFinished(() => world.close())
    for (const { name, bytes } of night) await world.write(`185001/20250205/${name}`, bytes)
    await world.run({ scope: { windows: [DATE] } })
    const daybreak = await world.open()
    const { rows } = await warehouseOf(daybreak.ports, 'toast').query(
      'SELECT * FROM models.party_size ORDER BY 1, 2, 3',
    )
    await daybreak.close()
    // BigQuery writes decimals without the zeros at their end.
    answers.push(rows.map((row) => row.map((text) => text?.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '') ?? null)))
  }
  expect(answers[0]?.length).toBeGreaterThan(0)
  expect(answers[1]).toEqual(answers[0])
})
