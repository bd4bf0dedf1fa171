import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ApiClient } from '../../functions/api/contract/client.ts'
import { createInProcessClient } from '../../functions/api/in-process.ts'
import type { Daybreak } from '../../functions/compose.ts'
import { createTestContext } from '../support/api-world.ts'
import { at } from '../support/definition.ts'
import { createWorld, type World } from '../support/world.ts'

let world: World
let daybreak: Daybreak
let call: ApiClient
beforeAll(async () => {
  world = await createWorld({ now: at('2026-10-30T18:00:00Z') })
  daybreak = await world.open()
  const terms = { dollarsPerTib: 6.25, loadsPerTableAndDay: 1_500 }
  const destination = (name: string) => ({ ...daybreak.ports.destination(name), terms })
  const { context } = createTestContext({ ...daybreak, ports: { ...daybreak.ports, destination } }, world.project)
  call = createInProcessClient(context, { name: 'ana', role: 'operator', shards: null, csrf: null })
})
afterAll(async () => {
  await daybreak.close()
  await world.close()
})

const request = { from: '2026-10-28', to: '2026-10-29' }
const begin = (maxCost: string) => call('POST /api/backfill', { body: { ...request, maxCost, reason: 'r' } })

it('begins no backfill that is estimated above its limit, and one at the limit', async () => {
  const { estimate } = await call('POST /api/backfill:plan', { body: request })
  const cost = estimate.cost ?? ''
  expect([estimate.loads > 0, Number(cost) > 0]).toEqual([true, true])
  await expect(begin('0.000001')).rejects.toMatchObject({
    code: 'COST_LIMIT',
    message: expect.stringContaining(`estimated at $${cost} for ${estimate.loads} loads; at most $0.000001`),
  })
  await expect(begin('-1')).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
  expect((await call('GET /api/backfill')).backfills).toEqual([])
  expect((await call('GET /api/audit')).entries.map(({ action }) => action)).toEqual(['backfill.plan'])
  expect((await begin(cost)).state).toMatch(/queued|running/)
})
