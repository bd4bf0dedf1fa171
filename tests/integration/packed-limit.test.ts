import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { at } from '../support/definition.ts'
import { createWorld } from '../support/world.ts'

it('a packed file is held when it unpacks to more than a disk should take', async () => {
  const world = await createWorld({ now: at('2025-02-06T12:00:00Z') })
  await world.write('185001/20250205/OrderDetails.csv.gz', gzipSync(Buffer.alloc(1_100_000_000)))
  await world.run({ scope: { windows: ['2025-02-05'] } })
  const daybreak = await world.open()
  const slices = await daybreak.ports.ledger.slices({ streams: ['order_details'] }).finally(() => daybreak.close())
  expect(slices).toMatchObject([{ state: 'quarantined', reason: { code: 'FILE_TOO_LARGE' } }])
  await world.close()
})
