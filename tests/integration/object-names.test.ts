import { createHash } from 'node:crypto'
import { afterAll, expect, it } from 'vitest'
import { generateNight } from '../../mock/night.ts'
import { at } from '../support/definition.ts'
import { createWorld } from '../support/world.ts'

const DATE = '2025-02-05'
const world = await createWorld({ now: at('2025-02-06T12:00:00Z'), profiles: true })
afterAll(() => world.close())

// Names say raw bytes, contract version and engine; the hash after each is that of its content. A change here is a change of every
// object that exists: only a new engine, a new DuckDB or zstd, or a changed contract may make one.
it('raw objects, parts, records and manifests of a night keep their names and bytes', async () => {
  const night = generateNight({
    ...{ seed: 7, date: DATE, profile: 'small', scale: 0.3, closed: false },
    location: { id: '185001', name: 'East', timeZone: 'America/New_York', closeoutHour: 4 },
  })
  for (const { name, bytes } of night) {
    const file = name === 'PaymentDetails.csv' ? spoiled(bytes) : bytes
    await world.write(`185001/20250205/${name}`, file)
  }
  const run = await world.run({ scope: { windows: [DATE] } })
  expect(run.counts).toMatchObject({ rejected: 1 })
  const daybreak = await world.open()
  const lines: string[] = []
  for (const prefix of ['raw/', 'parts/', 'manifests/'])
    for await (const { name } of daybreak.ports.objects.list(prefix)) {
      const hash = createHash('sha256').update(await daybreak.ports.objects.get(name))
      lines.push(`${name} ${hash.digest('hex')}`)
    }
  await daybreak.close()
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('../golden/objects/night.txt')
})

/** The file with a row that cannot be one. */
function spoiled(bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(bytes), Buffer.from('one,two\r\n')])
}
